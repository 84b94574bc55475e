"""Trees that Python code sets off in a trial belong to the trial: they are shown, and nothing of them is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail
from django.db import transaction

from meanwhile import (
    ActionFailed,
    Background,
    Called,
    CallTree,
    Created,
    CreateRecord,
    Delay,
    EventTree,
    If,
    Is,
    Now,
    Saved,
    Submitted,
    Updated,
    UpdateField,
    UserError,
    action,
    before,
    call_tree,
    fire_events,
)
from meanwhile.signals import run_failed
from meanwhile.testing import clock_at, use_trees
from meanwhile.trees.models import Run
from meanwhile.trees.runner import submitted
from tests.integration.studio.trying import changes, tried
from tests.shop.models import Booking, Customer, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@action(name="inner.calls")
def calls(record: Booking) -> None:
    call_tree("sub", record, {"text": "from Python"})


@action(name="inner.submits")
def submits(record: Booking) -> None:
    submitted(record, created=False)


@action(name="inner.fires")
def fires(record: Booking) -> None:
    for number in range(3):
        Ticket.objects.create(booking=record, passenger=f"{number}")
    fire_events(Ticket.objects.filter(booking=record), "updated")


@action(name="inner.saves")
def saves(record: Booking) -> None:
    Customer.objects.create(name="New")


@action(name="inner.forgives")
def forgives(record: Booking) -> str:
    try:
        call_tree("sub", record, {"text": "x"})
    except ActionFailed:
        return "forgiven"
    return "nothing to forgive"


@action(name="inner.takes_back")
def takes_back(record: Booking) -> None:
    try:
        with transaction.atomic():
            call_tree("sub", record, {"text": "x"})
            raise LookupError
    except LookupError:
        pass


@action(name="inner.refuses")
def refuses() -> None:
    raise UserError("Not inside.")


def later(status: str) -> Background:
    return Background(UpdateField(notes=status), label="later")


SUB = EventTree("Sub", on=Called(Booking, parameters={"text": str}), do=[UpdateField(reference="sub"), later("x")])


@pytest.mark.parametrize("way", [calls(), CallTree("sub", params={"text": "x"})])
def test_a_tree_that_is_called_is_shown_with_its_jobs(booking: Booking, way: Any) -> None:
    with use_trees(SUB):
        result = tried(EventTree("T", on=Created(Booking), do=[way]), booking)
    (step,) = result.foreground
    (run,) = step.runs
    assert (run.name, [one.state for one in run.steps]) == ("Sub", ["done", "queued"])
    assert changes(run.steps[0]) == [("reference", "", "sub")]
    (branch,) = result.branches
    assert (branch.tree, changes(branch.steps[0])) == ("sub", [("notes", "", "x")])


@pytest.mark.parametrize("way", [CallTree("inner"), Background(CallTree("inner"))])
def test_the_steps_of_trees_that_are_called_are_named_as_the_rows_of_their_trees_are(
    booking: Booking, way: Any
) -> None:
    delay = Delay(before("starts", days=2), UpdateField(of="seat", price=5))
    inner = EventTree("Inner", on=Called(Booking), do=[UpdateField(of="seat", number="1B"), delay])
    with use_trees(inner):
        result = tried(EventTree("T", on=Created(Booking), do=[way]), booking)
    (run,) = (result.foreground or result.branches[0].steps)[0].runs or result.branches[0].steps[0].runs
    assert [one.title for one in run.steps] == ["Update Number", "Delay"]
    assert run.steps[1].message == "Queued: 2 days before “Starts”."
    later = result.branches[-1]
    assert (later.when, [one.title for one in later.steps]) == ("2 days before “Starts”", ["Update Price"])


def test_a_tree_that_a_job_calls_from_python_is_shown_there(booking: Booking) -> None:
    with use_trees(SUB):
        result = tried(EventTree("T", on=Created(Booking), do=[Background(calls())]), booking)
    first, second = result.branches
    assert [run.name for run in first.steps[0].runs] == ["Sub"]
    assert second.tree == "sub"


@pytest.mark.parametrize(
    ("way", "on", "times"),
    [(submits(), Submitted(Booking), 1), (fires(), Updated(Ticket), 3), (saves(), Created(Customer), 1)],
)
def test_trees_that_python_sets_off_are_shown(booking: Booking, way: Any, on: Any, times: int) -> None:
    inner = EventTree("Inner", on=on, do=[Background(refuses()), If(Is("pk", 0), refuses())])
    told: list[Any] = []
    receiver: Any = lambda **facts: told.append(facts)  # noqa: E731
    run_failed.connect(receiver, weak=False)
    try:
        with use_trees(inner):
            result = tried(EventTree("T", on=Saved(Booking), do=[way]), booking)
    finally:
        run_failed.disconnect(receiver)
    (step,) = result.foreground
    assert [run.name for run in step.runs] == ["Inner"] * times
    assert [one.ended for one in result.branches] == ["Not inside."] * times
    assert told == []


def test_a_failure_inside_fails_the_step_and_is_in_no_history(booking: Booking) -> None:
    inner = EventTree("Sub", on=Called(Booking, parameters={"text": str}), do=[later("x"), refuses()])
    with use_trees(inner):
        result = tried(EventTree("T", on=Created(Booking), do=[calls(), UpdateField(notes="never")]), booking)
        forgiven = tried(EventTree("T", on=Created(Booking), do=[forgives(), UpdateField(notes="on")]), booking)
    (step,) = result.foreground
    assert (step.state, step.message, step.runs[0].steps[-1].state) == ("failed", "Not inside.", "failed")
    assert "Not inside." in result.error
    assert [one.state for one in forgiven.foreground] == ["done", "done"]
    assert (forgiven.error, forgiven.branches) == ("", [])
    transaction.on_commit(lambda: None)  # an occasion on which failed runs are written
    assert not Run.objects.exists()


def test_jobs_of_what_code_takes_back_are_not_tried(booking: Booking) -> None:
    with use_trees(SUB):
        result = tried(EventTree("T", on=Created(Booking), do=[takes_back(), later("mine")]), booking)
    assert [one.tree for one in result.branches] == ["t"]


def test_a_draft_that_sets_itself_off_is_seen_to_though_it_was_never_published(booking: Booking) -> None:
    tree = EventTree("Copies", on=Created(Customer), do=[CreateRecord(Customer, set={"name": "again"}, name="made")])
    customer = Customer.objects.create(name="first")
    with use_trees():
        assert "Copies → Copies" in tried(tree, customer).error.replace("copies", "Copies")
        assert Customer.objects.create(name="after the trial").pk
        assert Customer.objects.count() == 2


def test_the_draft_calls_itself_as_it_is_and_not_as_it_was_published(booking: Booking) -> None:
    draft = EventTree("Main", on=Called(Booking, parameters={"text": str}), do=[UpdateField(notes="draft")])
    caller = EventTree("Caller", on=Updated(Booking, "status"), do=[CallTree("main", params={"text": "x"})])
    draft = draft.model_copy(update={"do": (If(Is("status", "draft"), UpdateField(status="b")), *draft.do)})
    with use_trees(EventTree("Main", on=Created(Booking), do=[UpdateField(notes="published")]), caller):
        result = tried(draft, booking, params={"text": "x"})
    assert not result.error
    (called,) = result.foreground[1].runs
    assert [one.title for one in called.steps] == ["Call “Main”"]
    assert [run.name for run in called.steps[0].runs] == ["Main"]


def test_in_a_delayed_job_it_is_the_time_of_the_job_also_for_the_trees_that_it_sets_off(booking: Booking) -> None:
    stamped = EventTree("Stamp", on=Updated(Booking, "status"), do=[UpdateField(day=Now())])
    tree = EventTree("T", on=Created(Booking), do=[Delay(before("starts", days=2), UpdateField(status="soon"))])
    with use_trees(stamped), clock_at(datetime(2026, 3, 1, 12, tzinfo=UTC)):
        (branch,) = tried(tree, booking).branches
    assert changes(branch.steps[0].runs[0].steps[0]) == [("day", "–", "April 29, 2026")]


def test_the_background_of_real_life_goes_on_after_a_trial(booking: Booking) -> None:
    """The hand-over ends with the trial."""
    with use_trees(SUB):
        tried(EventTree("T", on=Created(Booking), do=[calls()]), booking)
        call_tree("sub", booking, {"text": "for good"})
    assert Run.objects.get().open_jobs == 1
    assert mail.outbox == []
