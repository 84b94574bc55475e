"""What the editor tells of a scheduled tree, and what publishing does to its row."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from meanwhile.queue.schedule_models import Schedule
from meanwhile.studio import drafts, edit, publish
from meanwhile.studio.errors import EditProblem
from meanwhile.studio.models import StudioTree
from meanwhile.studio.problems import problems_of
from meanwhile.studio.rebase import _keys_of
from meanwhile.studio.scheduling import coming, would_fire
from meanwhile.studio.tryout import try_out
from tests.integration.studio.calling import call, may_see_records
from tests.shop.models import Booking

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.studio.urls")]

NOW = datetime(2026, 3, 28, 12, tzinfo=UTC)
ON = {"event": "scheduled", "model": "shop.Booking", "cron": "0 7 * * *"}
LITERAL_OPEN = {"value": "literal", "literal": "open"}
SEEN = {"kind": "update_field", "set": {"status": {"value": "literal", "literal": "seen"}}}


@pytest.fixture
def scheduled(db: None) -> StudioTree:
    return drafts.create_tree("Every morning", ON, by=None)


def fill(tree: StudioTree, **on: Any) -> int:
    document = {**drafts.draft_of(tree).document, "on": {**ON, **on}, "do": [SEEN]}
    drafts.save_document(tree, document, revision=drafts.draft_of(tree).revision, by=None, label="")
    return drafts.draft_of(tree).revision


def test_the_next_five_times_are_told_over_the_change_of_the_clock() -> None:
    told = coming({"cron": "30 2 * * *"}, now=NOW)
    assert (told.complete, told.text) == (True, "every day at 2:30 a.m.")
    assert [one.rpartition("2026, ")[2] for one in told.times] == ["3 a.m.", *["2:30 a.m."] * 4]


@pytest.mark.parametrize(
    ("times", "told"),
    [
        ({"cron": "0 25 * * *"}, "“25” can't be the hour"),
        ({"cron": ""}, "takes one of"),
        ({"every": {}}, "needs a span"),
        ({"every": {"hours": "x"}}, ""),
        ({"every": {"hours": 1}, "starting": "soon"}, ""),
        ({"cron": ["x"]}, ""),
    ],
)
def test_what_is_no_time_yet_is_told_and_has_no_times(times: dict[str, Any], told: str) -> None:
    answer = coming(times, now=NOW)
    assert (answer.complete, answer.times) == (False, [])
    assert told in answer.text
    assert answer.text


def test_it_is_told_for_how_many_records_it_would_fire(booking: Booking) -> None:
    Booking.objects.bulk_create(Booking(name=str(number), status="open") for number in range(3))
    assert would_fire("shop.Booking", {"status": LITERAL_OPEN}, by=None) == "would fire for 3 records now"
    assert would_fire("shop.Booking", {}, by=None) == "would fire for 4 records now"
    within = {"starts__lt": {"value": "now", "days": 2}}
    assert would_fire("shop.Booking", within, by=None).startswith("would fire for ")


@pytest.mark.parametrize(
    "where",
    [
        {"no_such_field": LITERAL_OPEN},
        {"starts": LITERAL_OPEN},
        {"status": {"value": "field", "field": "name"}},
        {"status__regex": LITERAL_OPEN},
        {"customer__name__x": LITERAL_OPEN},
        {"starts__lt": {"value": "now", "days": -1_000_000}},
        {"starts__year": {"value": "literal", "literal": 10**12}},
    ],
)
def test_rules_that_are_not_right_are_told_and_not_asked(booking: Booking, where: dict[str, Any]) -> None:
    with pytest.raises(EditProblem):
        would_fire("shop.Booking", where, by=None)


def test_closed_fields_and_records_are_not_counted(
    person: Callable[..., Any], booking: Booking, settings: Any, scheduled: StudioTree
) -> None:
    settings.MEANWHILE = {"STUDIO_EXCLUDED_FIELDS": ["shop.Booking.notes"]}
    with pytest.raises(EditProblem, match="not open"):
        would_fire("shop.Booking", {"notes__contains": LITERAL_OPEN}, by=None)
    found = problems_of({**drafts.draft_of(scheduled).document, "on": {**ON, "where": {"notes": LITERAL_OPEN}}})
    assert [(one.place, one.level) for one in found if one.id != "meanwhile.W102"] == [("on.where.notes", "error")]
    with pytest.raises(PermissionDenied):
        would_fire("shop.Booking", {}, by=person("view", "edit"))


def test_the_editor_asks_over_the_wire(person: Callable[..., Any], booking: Booking, scheduled: StudioTree) -> None:
    client = Client()
    client.force_login(may_see_records(person("view", "edit")))
    told = call(client, "coming", tree=scheduled.key, times=json.dumps({"every": {"hours": 2}}))
    assert (told["text"], len(told["times"]), told["complete"]) == ("every 2 hours", 5, True)
    count = call(client, "would_fire", tree=scheduled.key, where="{}")
    assert count == {"text": "would fire for 1 record now", "complete": True}


def test_a_wrong_lookup_is_a_problem_of_the_tree(scheduled: StudioTree) -> None:
    document = {**drafts.draft_of(scheduled).document, "on": {**ON, "where": {"colour": LITERAL_OPEN}}, "do": [SEEN]}
    assert [(one.id, one.place) for one in problems_of(document)] == [("meanwhile.E102", "on.where.colour")]


def test_other_times_take_the_place_of_those_before_and_leave_the_rest_alone() -> None:
    on = {**ON, "where": {"status": LITERAL_OPEN}}
    times = {"op": "set_value", "path": "", "key": "on.times", "value": {"every": {"hours": 2}}}
    after = edit.apply({"name": "x", "on": on, "do": []}, times)
    assert after["on"] == {
        "event": "scheduled",
        "model": "shop.Booking",
        "where": {"status": LITERAL_OPEN},
        "every": {"hours": 2},
    }
    assert _keys_of(times) == ("on.cron", "on.every", "on.starting")
    with pytest.raises(EditProblem):
        edit.apply(after, {**times, "value": {"model": "shop.Seat"}})


def test_an_event_that_becomes_scheduled_has_a_time_and_one_that_ceases_to_be_has_none() -> None:
    document = {"name": "x", "on": {"event": "saved", "model": "shop.Booking"}, "do": []}
    choose = {"op": "set_value", "path": "", "key": "on.event"}
    scheduled = edit.apply(document, {**choose, "value": "scheduled"})
    assert scheduled["on"] == ON
    assert edit.apply(scheduled, {**choose, "value": "saved"}) == document


def test_publishing_makes_the_row_and_switching_off_or_retiring_takes_it_away(scheduled: StudioTree) -> None:
    publish.publish(scheduled, revision=fill(scheduled), by=None)
    row = Schedule.objects.get(key="tree:every-morning")
    publish.publish(scheduled, revision=fill(scheduled, where={"status": LITERAL_OPEN}), by=None)
    assert Schedule.objects.get().anchor == row.anchor
    publish.set_enabled(scheduled, False, by=None)
    assert not Schedule.objects.exists()
    publish.set_enabled(scheduled, True, by=None)
    assert Schedule.objects.exists()
    publish.retire(scheduled, by=None)
    assert not Schedule.objects.exists()


def test_publishing_another_event_takes_the_row_away(scheduled: StudioTree) -> None:
    publish.publish(scheduled, revision=fill(scheduled), by=None)
    document = {**drafts.draft_of(scheduled).document, "on": {"event": "saved", "model": "shop.Booking"}}
    revision = drafts.draft_of(scheduled).revision
    drafts.save_document(scheduled, document, revision=revision, by=None, label="")
    publish.publish(scheduled, revision=drafts.draft_of(scheduled).revision, by=None)
    assert not Schedule.objects.exists()


def test_a_trial_knows_a_moment(scheduled: StudioTree, booking: Booking) -> None:
    note = {"kind": "update_field", "set": {"notes": {"value": "template", "template": "at {{ params.occurrence }}"}}}
    document = {**drafts.draft_of(scheduled).document, "on": ON, "do": [note]}
    [step] = try_out(document, booking, by=None).run.steps
    [change] = step.changes
    assert change.after.startswith("at ")
    assert str(timezone.localdate().year) in change.after
