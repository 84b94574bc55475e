"""Try it: everything is shown, nothing is kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import transaction

from meanwhile import (
    Background,
    Called,
    CallTree,
    Created,
    CreateRecord,
    Delay,
    Deleted,
    EventTree,
    Field,
    If,
    Is,
    SendEmail,
    Step,
    Submitted,
    Template,
    Updated,
    UpdateField,
    UserError,
    Was,
    action,
    before,
)
from meanwhile.signals import run_failed
from meanwhile.studio import drafts, preview
from meanwhile.studio.errors import EditProblem, Refused
from meanwhile.studio.models import StudioTree
from meanwhile.studio.tried import FieldChange
from meanwhile.studio.tryout import try_out
from meanwhile.testing import clock_at, use_trees
from tests.integration.studio.trying import DONE, changes, tried
from tests.shop.models import Booking, Customer, Seat

pytestmark = pytest.mark.django_db(transaction=True)


@action(name="studio.outside", outside=True)
def ring_a_bell(record: Booking) -> str:
    DONE.append("rung")
    return "rung"


@action(name="studio.writes")
def writes_much(record: Booking, step: Step) -> str:
    transaction.on_commit(lambda: DONE.append("committed"))
    mail.send_mail("From a function", "text", None, ["x@example.com"])
    Seat.objects.create(number="9Z")
    Booking.objects.filter(pk=record.pk).update(notes="by a query")
    return "seat 9Z"


@action(name="studio.refuses")
def refuses(record: Booking) -> None:
    raise UserError("Not today.")


@action(name="studio.slow", atomic=False)
def slow(record: Booking, step: Step) -> None:
    with step.commit():
        while True:
            time.sleep(0.001)


def test_each_step_shows_the_fields_it_changes_before_and_after(booking: Booking) -> None:
    tree = EventTree(
        "Received",
        on=Created(Booking),
        do=[
            UpdateField(status="received", price=Field("seat.price")),
            UpdateField(reference=Template("R{{ record.pk }}")),
            UpdateField(price=120, of="seat"),
        ],
    )
    result = tried(tree, booking)
    assert not result.error
    first, second, third = result.foreground
    assert changes(first) == [("status", "draft", "received"), ("price", "–", "99.50")]
    assert second.changes == [FieldChange("Booking “Ada”", "reference", "Reference", "", f"R{booking.pk}")]
    assert (third.changes[0].record, *changes(third)) == ("Seat “12A”", ("price", "99.50", "120.00"))
    booking.refresh_from_db()
    assert booking.status == "draft"


def test_background_branches_run_too_each_at_its_time(booking: Booking) -> None:
    tree = EventTree(
        "Received",
        on=Created(Booking),
        do=[
            Delay(before("starts", days=2), UpdateField(notes=Template("{{ now|date:'Y-m-d' }}"))),
            Background(UpdateField(status="b"), Background(UpdateField(reference="inner"))),
            UpdateField(status="a"),
        ],
    )
    with clock_at(datetime(2026, 3, 1, tzinfo=UTC)):
        result = tried(tree, booking)
    assert [step.state for step in result.foreground] == ["queued", "queued", "done"]
    assert [(one.path, one.when) for one in result.branches] == [
        ("1", "as soon as possible"),
        ("1.1", "as soon as possible"),
        ("0", "2 days before “Starts”"),
    ]
    assert changes(result.branches[0].steps[0]) == [("status", "a", "b")]
    assert changes(result.branches[2].steps[0]) == [("notes", "", "2026-04-29")]
    assert result.branches[2].due == datetime(2026, 4, 29, 10, tzinfo=UTC)


def test_mails_are_shown_and_not_sent(booking: Booking) -> None:
    tree = EventTree(
        "Mail",
        on=Created(Booking),
        do=[Background(SendEmail(to="{{ record.email }}", subject="Hi {{ record.name }}", body="b", html="<b>h</b>"))],
    )
    (step,) = tried(tree, booking).branches[0].steps
    assert step.state == "would"
    (message,) = step.mails
    assert (message.to, message.subject, message.body, message.html) == (["ada@example.com"], "Hi Ada", "b", "<b>h</b>")


def test_effects_outside_the_database_are_not_made(booking: Booking) -> None:
    tree = EventTree("Bell", on=Created(Booking), do=[ring_a_bell(), Background(ring_a_bell())])
    result = tried(tree, booking)
    assert [result.foreground[0].state, result.branches[0].steps[0].state] == ["would", "would"]


def test_what_a_function_writes_mails_and_leaves_for_the_commit_comes_to_nothing(booking: Booking) -> None:
    (step,) = tried(EventTree("F", on=Created(Booking), do=[writes_much()]), booking).foreground
    assert step.message == "“seat 9Z”"
    assert changes(step) == [("notes", "", "by a query")]
    assert [message.subject for message in step.mails] == ["From a function"]
    assert step.also == ["Seat"]


def test_an_error_is_shown_at_its_step_and_no_failed_run_is_kept_or_announced(booking: Booking) -> None:
    told: list[Any] = []
    receiver: Any = lambda **facts: told.append(facts)  # noqa: E731
    run_failed.connect(receiver, weak=False)
    try:
        tree = EventTree("F", on=Created(Booking), do=[UpdateField(status="x"), refuses(), Background(refuses())])
        result = tried(tree, booking)
    finally:
        run_failed.disconnect(receiver)
    assert [(step.state, step.message) for step in result.foreground] == [("done", ""), ("failed", "Not today.")]
    assert "Not today." in result.error
    assert result.branches == []
    assert told == []


def test_a_job_that_fails_does_not_hinder_the_others(booking: Booking) -> None:
    tree = EventTree(
        "F",
        on=Created(Booking),
        do=[
            Background(UpdateField(status="x"), refuses(), UpdateField(notes="never")),
            Background(refuses().options(on_error="continue"), UpdateField(notes="after")),
        ],
    )
    first, second = tried(tree, booking).branches
    assert (first.failed, first.ended, len(first.steps)) == (True, "Not today.", 2)
    assert [step.state for step in second.steps] == ["failed", "done"]


def test_conditions_say_which_way_they_went(booking: Booking) -> None:
    decide = If(Is("name", "Ada"), UpdateField(status="yes"), otherwise=[UpdateField(status="no")])
    result = tried(EventTree("If", on=Created(Booking), do=[decide, Background(decide)]), booking)
    assert [(step.state, step.path) for step in result.foreground] == [
        ("decided", "0"), ("done", "0.then.0"), ("queued", "1"),
    ]  # fmt: skip
    assert [step.path for step in result.branches[0].steps] == ["1.0", "1.0.then.0"]


def test_trees_that_are_set_off_or_called_are_tried_within_the_step(booking: Booking) -> None:
    on_customer = EventTree("Greeting", on=Created(Customer), do=[ring_a_bell(), UpdateField(email="c@example.com")])
    called = EventTree(
        "Sub", on=Called(Booking, parameters={"text": str}), do=[ring_a_bell(), Background(ring_a_bell())]
    )
    tree = EventTree(
        "Main",
        on=Created(Booking),
        do=[CreateRecord(Customer, set={"name": "New"}, name="customer"), CallTree("sub", params={"text": "x"})],
    )
    with use_trees(on_customer, called):
        result = tried(tree, booking)
    made, call = result.foreground
    assert [step.state for step in made.runs[0].steps] == ["would", "done"]
    assert made.runs[0].record == "Customer “New”"
    assert [step.state for step in call.runs[0].steps] == ["would", "queued"]
    assert [one.tree for one in result.branches] == ["sub"]


def test_the_published_version_of_the_tree_itself_does_not_run_besides(booking: Booking) -> None:
    with use_trees(EventTree("Mine", on=Updated(Booking), do=[UpdateField(notes="published")])):
        draft = EventTree("Mine", on=Updated(Booking, "status"), do=[UpdateField(reference="draft")])
        result = tried(draft, booking, changes={"status": "paid"})
    assert [(change.field, change.after) for change in result.typed] == [("status", "paid")]
    (step,) = result.foreground
    assert changes(step) == [("reference", "", "draft")]
    assert step.runs == []


def test_typed_changes_are_old_and_new_values_of_the_event(booking: Booking) -> None:
    decide = If(Was("status", "draft") & Is("status", "paid"), UpdateField(notes="yes"))
    result = tried(EventTree("S", on=Submitted(Booking), do=[decide]), booking, changes={"status": "paid"})
    assert changes(result.foreground[-1]) == [("notes", "", "yes")]


def test_a_deletion_is_tried_with_the_last_values(booking: Booking) -> None:
    tree = EventTree("D", on=Deleted(Booking), do=[CreateRecord(Customer, set={"name": Field("name")}, name="kept")])
    (step,) = tried(tree, booking).foreground
    assert ("name", "", "Ada") in changes(step)


def test_a_trial_that_takes_too_long_is_given_up_and_shows_what_was_done(booking: Booking, settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_TRY_SECONDS": 0.2}
    started = time.monotonic()
    result = tried(EventTree("Slow", on=Created(Booking), do=[UpdateField(status="x"), slow()]), booking)
    assert time.monotonic() - started < 5
    assert result.timed_out
    assert [step.state for step in result.foreground] == ["done", "failed"]
    assert Booking.objects.count() == 1


def test_trees_that_set_off_one_another_for_ever_end_with_the_chain(booking: Booking) -> None:
    with use_trees(
        EventTree("Customers", on=Created(Customer), do=[CreateRecord(Booking, set={"name": "again"}, name="made")]),
        EventTree("Bookings", on=Created(Booking), do=[CreateRecord(Customer, set={"name": "again"}, name="made")]),
    ):
        tree = EventTree("Start", on=Updated(Booking), do=[CreateRecord(Customer, set={"name": "go"}, name="made")])
        result = tried(tree, booking)
    assert "Customers → " in result.error or "chain" in result.error


def test_a_draft_that_reaches_for_what_is_closed_is_not_tried(booking: Booking, settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_EXCLUDED_FIELDS": ["shop.Booking.notes"]}
    for node in (
        UpdateField(notes="x"),
        UpdateField(status=Field("notes")),
        UpdateField(status=Template("{{ record.notes }}")),
    ):
        with pytest.raises(Refused):
            tried(EventTree("X", on=Created(Booking), do=[node]), booking)
    with pytest.raises(EditProblem):
        tried(EventTree("X", on=Updated(Booking)), booking, changes={"notes": "x"})


def test_closed_fields_are_in_no_step_also_when_code_changes_them(booking: Booking, settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_EXCLUDED_FIELDS": ["shop.Booking.notes"]}
    (step,) = tried(EventTree("F", on=Created(Booking), do=[writes_much()]), booking).foreground
    assert step.changes == []


def test_it_needs_a_fitting_record_and_the_permission_to_edit(
    booking: Booking, tree: StudioTree, person: Callable[..., Any]
) -> None:
    document = drafts.draft_of(tree).document
    for record in (None, booking.seat):
        with pytest.raises(EditProblem, match="Choose a booking"):
            try_out(document, record, by=None)
    with pytest.raises(PermissionDenied):
        try_out(document, booking, by=person("view", "publish"), tree=tree)


def test_a_half_done_draft_is_refused_with_what_is_missing(booking: Booking, tree: StudioTree) -> None:
    document = {**drafts.draft_of(tree).document, "do": [{"kind": "delay", "do": []}]}
    with pytest.raises(Refused) as caught:
        try_out(document, booking, by=None)
    assert [found.path for found in caught.value.problems] == ["0"]


def test_an_email_is_previewed_while_the_rest_of_the_draft_is_half_done(booking: Booking, tree: StudioTree) -> None:
    node = SendEmail(to="{{ record.email }}", subject="Seat {{ record.seat.number }}", body="for {{ c.name }}!")
    made = {"kind": "create_record", "model": "shop.Customer", "name": "c"}
    broken: dict[str, Any] = {"kind": "if"}
    draft = {**drafts.draft_of(tree).document, "do": [broken, made, {"kind": "background", "do": [node.as_json()]}]}
    message = preview.preview_mail(draft, "2.0", booking, by=None)
    assert (message.to, message.subject, message.body) == (["ada@example.com"], "Seat 12A", "for !")
    assert mail.outbox == []


@pytest.mark.parametrize(
    "text", ["{{ record.password }}", "{{ actor.password }}", "{% load static %}", "{{ record.nope }}"]
)
def test_a_mail_that_is_not_right_yet_is_not_previewed(booking: Booking, tree: StudioTree, text: str) -> None:
    node = {"kind": "send_email", "to": [{"recipients": "addresses", "addresses": "a@example.com"}], "body": text}
    with pytest.raises(Refused):
        preview.preview_mail({**drafts.draft_of(tree).document, "do": [node]}, "0", booking, by=None)
