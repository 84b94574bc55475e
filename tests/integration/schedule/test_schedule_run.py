"""Scheduled trees from the time that comes to the runs that it starts."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from meanwhile import Background, EventTree, FixedClock, Now, Scheduled, Span, Step, UpdateField, action
from meanwhile.queue import schedule
from meanwhile.queue.drain import drain
from meanwhile.queue.models import Job
from meanwhile.queue.schedule_models import Schedule
from meanwhile.testing import clock_at, run_background, run_schedules, use_trees
from meanwhile.trees.models import Run, RunState
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
"""The project's time zone here."""

SIX = datetime(2026, 3, 2, 6, tzinfo=BERLIN)
"""A Monday."""


@action
def fail_for_bob(record: Booking) -> None:
    if record.name == "Bob":
        raise RuntimeError("Bob again")
    record.notes += "done;"
    record.save(update_fields=["notes"])


@action
def note_occurrence(step: Step) -> None:
    Booking.objects.create(name=f"{step.params['occurrence'].astimezone(BERLIN):%d. %H:%M}")


DAILY = EventTree(
    "Daily", on=Scheduled(Booking, cron="0 7 * * *", where={"status": "open"}), do=[UpdateField(status="seen")]
)
ONCE = EventTree("Once", on=Scheduled(cron="0 7 * * *"), do=[note_occurrence()])


def names(status: str) -> list[str]:
    return sorted(Booking.objects.filter(status=status).values_list("name", flat=True))


def test_a_tree_runs_once_for_each_record_of_its_query() -> None:
    for name, status in (("Ada", "open"), ("Bob", "closed"), ("Cy", "open")):
        Booking.objects.create(name=name, status=status)
    with use_trees(DAILY), clock_at(SIX):
        assert run_schedules(until=SIX + timedelta(hours=1)) == 1
    assert names("seen") == ["Ada", "Cy"]
    runs = list(Run.objects.order_by("record_pk"))
    assert [(run.event, run.actor_pk, run.state, run.model) for run in runs] == [
        ("scheduled", "", RunState.SUCCEEDED, "shop.Booking")
    ] * 2
    [job] = Job.objects.all()
    assert (job.state, job.steps["done"]["all"]["result"]) == ("succeeded", {"records": 2, "failed": 0})


def test_without_a_model_it_runs_once_and_knows_the_moment_it_was_for() -> None:
    with use_trees(ONCE), clock_at(SIX):
        assert run_schedules(until=SIX + timedelta(days=2)) == 2
    assert names("draft") == ["02. 07:00", "03. 07:00"]
    assert [run.record_pk for run in Run.objects.all()] == ["", ""]


def test_now_in_the_query_is_the_moment_it_was_for() -> None:
    within = Scheduled(Booking, cron="0 7 * * *", where={"starts__gte": Now(), "starts__lt": Now(days=2)})
    seven = SIX + timedelta(hours=1)
    for name, starts in (("gone", seven - timedelta(minutes=1)), ("soon", seven), ("later", seven + timedelta(days=2))):
        Booking.objects.create(name=name, starts=starts)
    with use_trees(EventTree("Soon", on=within, do=[UpdateField(status="seen")])), clock_at(SIX) as clock:
        schedule.ensure(schedule.periodics(), now=SIX, using="default")
        clock.advance(hours=5)  # no worker ran at seven
        schedule.take_due(schedule.periodics(), clock=clock, using="default")
        run_background(clock)
    assert names("seen") == ["soon"]


def test_what_fails_for_one_record_is_in_the_history_and_the_others_go_on() -> None:
    for name in ("Ada", "Bob", "Cy"):
        Booking.objects.create(name=name)
    tree = EventTree("Frail", on=Scheduled(Booking, cron="0 7 * * *"), do=[UpdateField(ready=True), fail_for_bob()])
    with use_trees(tree), clock_at(SIX):
        run_schedules(until=SIX + timedelta(hours=1))
    assert sorted(Booking.objects.filter(ready=True, notes="done;").values_list("name", flat=True)) == ["Ada", "Cy"]
    [failed] = Run.objects.filter(state=RunState.FAILED)
    assert failed.record_pk == str(Booking.objects.get(name="Bob").pk)
    assert "Bob again" in failed.error
    [job] = Job.objects.all()
    assert (job.state, job.steps["done"]["all"]["result"]) == ("succeeded", {"records": 3, "failed": 1})


def test_the_failed_run_is_kept_in_the_very_transaction_of_its_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no crash can leave the one without the other: nothing is left for later."""
    Booking.objects.create(name="Bob")
    tree = EventTree("Frail", on=Scheduled(Booking, cron="0 7 * * *"), do=[fail_for_bob()])
    monkeypatch.setattr("meanwhile.trees.failed_runs.FailedRuns.write", lambda self, **_: None)
    with use_trees(tree), clock_at(SIX):
        run_schedules(until=SIX + timedelta(hours=1))
    assert Run.objects.get().state == RunState.FAILED


def test_a_record_that_an_earlier_run_took_out_of_the_query_is_left_out() -> None:
    first, second = Booking.objects.create(name="Ada"), Booking.objects.create(name="Bob")

    @action(name="close_others")
    def close_others(record: Booking) -> None:
        Booking.objects.exclude(pk=record.pk).update(status="closed")

    on = Scheduled(Booking, cron="0 7 * * *", where={"status": "draft"})
    with use_trees(EventTree("Only one", on=on, do=[close_others()])), clock_at(SIX):
        run_schedules(until=SIX + timedelta(hours=1))
    assert [run.record_pk for run in Run.objects.all()] == [str(first.pk)]
    assert Booking.objects.get(pk=second.pk).status == "closed"
    assert Job.objects.get().steps["done"]["all"]["result"] == {"records": 1, "failed": 0}


def test_many_records_leave_few_marks() -> None:
    Booking.objects.bulk_create(Booking(name=f"{number}") for number in range(450))
    tree = EventTree("All", on=Scheduled(Booking, cron="0 7 * * *"), do=[UpdateField(ready=True)])
    with use_trees(tree), clock_at(SIX):
        run_schedules(until=SIX + timedelta(hours=1))
    assert Booking.objects.filter(ready=True).count() == Run.objects.count() == 450
    [job] = Job.objects.all()
    assert set(job.steps["done"]) == {"all", str(Booking.objects.latest("pk").pk)}
    assert job.steps["walk"]["runs"] == 450


def test_a_background_of_a_scheduled_tree_is_queued_like_any_other() -> None:
    Booking.objects.create(name="Ada")
    tree = EventTree("Later", on=Scheduled(Booking, cron="0 7 * * *"), do=[Background(UpdateField(ready=True))])
    with use_trees(tree), clock_at(SIX):
        run_schedules(until=SIX + timedelta(hours=1))
    assert Booking.objects.get().ready
    assert [run.state for run in Run.objects.all()] == [RunState.SUCCEEDED]


def test_saves_do_not_fire_it() -> None:
    with use_trees(DAILY):
        Booking.objects.create(name="Ada", status="open").save()
    assert not Run.objects.exists()


def test_the_latest_of_the_times_that_were_missed_is_made_up_for(caplog: pytest.LogCaptureFixture) -> None:
    with use_trees(ONCE), clock_at(SIX) as clock, caplog.at_level(logging.WARNING, "meanwhile.queue"):
        schedule.ensure(schedule.periodics(), now=clock.now(), using="default")
        clock.advance(days=5, hours=4)
        assert schedule.take_due(schedule.periodics(), clock=clock, using="default") == 1
        run_background(clock)
        assert schedule.take_due(schedule.periodics(), clock=clock, using="default") == 0
    assert names("draft") == ["07. 07:00"]
    assert Schedule.objects.get().next_at == datetime(2026, 3, 8, 7, tzinfo=BERLIN)
    assert "the latest is made up for" in caplog.text


def test_a_time_falls_out_while_the_job_of_an_earlier_one_still_waits(caplog: pytest.LogCaptureFixture) -> None:
    with use_trees(ONCE), clock_at(SIX) as clock, caplog.at_level(logging.WARNING, "meanwhile.queue"):
        schedule.ensure(schedule.periodics(), now=clock.now(), using="default")
        for _day in range(3):
            clock.advance(days=1)
            schedule.take_due(schedule.periodics(), clock=clock, using="default")
        assert Job.objects.count() == 1
        assert Schedule.objects.get().skipped_at == datetime(2026, 3, 4, 7, tzinfo=BERLIN)
        run_background(clock)
    assert names("draft") == ["02. 07:00"]
    assert "fell out" in caplog.text


def test_a_clock_that_is_put_back_fires_nothing_again() -> None:
    with use_trees(ONCE):
        schedule.ensure(schedule.periodics(), now=SIX, using="default")
        after, before = SIX + timedelta(hours=2), SIX + timedelta(minutes=30)
        assert schedule.take_due(schedule.periodics(), clock=FixedClock(after), using="default") == 1
        schedule.ensure(schedule.periodics(), now=before, using="default")
        drain(clock=FixedClock(after))
        for now in (before, after, SIX + timedelta(hours=10)):
            assert schedule.take_due(schedule.periodics(), clock=FixedClock(now), using="default") == 0


def test_a_changed_schedule_begins_with_its_next_time_and_a_changed_query_changes_nothing() -> None:
    with use_trees(DAILY):
        schedule.ensure(schedule.periodics(), now=SIX, using="default")
    before = Schedule.objects.get()
    other_query = EventTree("Daily", on=Scheduled(Booking, cron="0 7 * * *"), do=[])
    with use_trees(other_query):
        schedule.ensure(schedule.periodics(), now=SIX + timedelta(minutes=9), using="default")
    assert Schedule.objects.get().anchor == before.anchor
    with use_trees(EventTree("Daily", on=Scheduled(Booking, cron="0 5 * * *"), do=[])):
        schedule.ensure(schedule.periodics(), now=SIX, using="default")
    assert Schedule.objects.get().next_at == SIX + timedelta(hours=23)


def test_a_span_is_counted_from_when_the_tree_was_first_seen() -> None:
    tree = EventTree("Often", on=Scheduled(every=Span(hours=2)), do=[note_occurrence()])
    with use_trees(tree), clock_at(SIX + timedelta(minutes=7, seconds=31)):
        assert run_schedules(until=SIX + timedelta(hours=7)) == 3
    assert names("draft") == ["02. 08:07", "02. 10:07", "02. 12:07"]


def test_the_job_of_a_tree_that_is_not_scheduled_any_more_is_skipped() -> None:
    with use_trees(ONCE), clock_at(SIX) as clock:
        schedule.ensure(schedule.periodics(), now=SIX, using="default")
        clock.advance(hours=2)
        schedule.take_due(schedule.periodics(), clock=clock, using="default")
    with use_trees(), clock_at(SIX + timedelta(hours=2)) as clock:
        run_background(clock)
    [job] = Job.objects.all()
    assert job.state == "skipped"
    assert "Once" in job.error
