"""Scheduled trees where something goes wrong: nothing is left out, nothing spins, nothing fires that should not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.db.models import Model

from meanwhile import EventTree, FixedClock, Scheduled, UpdateField, action
from meanwhile.exceptions import PayloadTooLarge
from meanwhile.queue import control, schedule
from meanwhile.queue.models import Job
from meanwhile.queue.reasons import why_waiting
from meanwhile.queue.schedule_models import Schedule
from meanwhile.queue.worker.scheduler import Scheduler
from meanwhile.testing import advance_to, clock_at, run_background, run_schedules, use_trees
from meanwhile.trees.models import Run
from meanwhile.trees.scheduled import run_tree_now
from tests.shop.models import Booking, Seat
from tests.shop.models_capture import Country, Leg, Permit, Token

SIX = datetime(2026, 3, 2, 6, tzinfo=ZoneInfo("Europe/Berlin"))
SEVEN = SIX + timedelta(hours=1)
DAILY = Scheduled(Booking, cron="0 7 * * *")


@action
def note_done(record: Booking) -> None:
    record.notes += "done;"
    record.save(update_fields=["notes"])


@action
def refuse_bobs_commit(record: Booking) -> None:
    """As a constraint does that is looked at when the transaction ends."""
    if record.name != "Bob":
        return
    wrapper: Any = connection

    def commit() -> None:
        del wrapper._commit
        raise IntegrityError("too late")

    wrapper._commit = commit


def book(*names: str) -> None:
    for name in names:
        Booking.objects.create(name=name)


def done() -> list[str]:
    return sorted(Booking.objects.filter(notes="done;").values_list("name", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_record_whose_commit_fails_for_good_costs_no_other_one_its_run() -> None:
    book("Ada", "Bob", "Cy", "Dee")
    tree = EventTree("Frail", on=DAILY, do=[note_done(), refuse_bobs_commit()])
    with use_trees(tree), clock_at(SIX):
        run_schedules(until=SIX + timedelta(hours=20))
    assert done() == ["Ada", "Cy", "Dee"]
    assert Job.objects.get().steps["done"]["all"]["result"] == {"records": 4, "failed": 1}


def countries() -> list[Country]:
    return [Country.objects.create(iso=iso) for iso in ("aa", "Ab", "B1", "Zz", "_x", "a-", "é", "ä1")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "make",
    [
        countries,
        lambda: [Permit.objects.create(country=country) for country in countries()],
        lambda: [Token.objects.create() for _ in range(8)],
        lambda: [Leg.objects.create(flight=number % 3, number=number) for number in range(8)],
    ],
    ids=["set by hand", "a relation", "made in Python", "of two fields"],
)
def test_records_with_any_key_are_run_for_once_each(make: Callable[[], list[Model]], monkeypatch: Any) -> None:
    monkeypatch.setattr("meanwhile.trees.scheduled_job.CHUNK", 3)
    made = make()
    tree = EventTree("Any", on=Scheduled(type(made[0]), cron="0 7 * * *"), do=[])
    with use_trees(tree), clock_at(SIX):
        run_schedules(until=SEVEN)
    assert sorted(Run.objects.values_list("record_pk", flat=True)) == sorted(str(one.pk) for one in made)
    assert Job.objects.get().steps["done"]["all"]["result"] == {"records": 8, "failed": 0}


@pytest.mark.django_db
class TestJob:
    def test_another_try_is_made_where_the_database_was_in_the_way(self):
        tries = []

        @action(name="busy_at_first")
        def busy_at_first() -> None:
            tries.append(1)
            if len(tries) == 1:
                raise OperationalError("database is locked")

        with use_trees(EventTree("Once", on=Scheduled(cron="0 7 * * *"), do=[busy_at_first()])), clock_at(SIX):
            run_schedules(until=SEVEN)
            advance_to(SEVEN + timedelta(hours=3))
        assert (Job.objects.get().state, len(tries)) == ("succeeded", 2)

    def test_what_fails_by_itself_is_not_tried_again_unasked(self):
        tries = []

        @action(name="always_wrong")
        def always_wrong() -> None:
            tries.append(1)
            raise RuntimeError("wrong")

        with use_trees(EventTree("Once", on=Scheduled(cron="0 7 * * *"), do=[always_wrong()])), clock_at(SIX):
            run_schedules(until=SEVEN)
            advance_to(SEVEN + timedelta(hours=3))
        assert (Job.objects.get().state, len(tries)) == ("failed", 1)

    def test_a_retry_from_the_last_record_does_that_one_again_and_ends(self):
        book("Ada", "Bob", "Cy")
        with use_trees(EventTree("Daily", on=DAILY, do=[note_done()])), clock_at(SIX) as clock:
            run_schedules(until=SEVEN)
            job = Job.objects.get()
            job.steps["done"].pop("all")
            Job.objects.update(state="failed", steps=job.steps)
            control.retry_from(job.pk, str(Booking.objects.get(name="Cy").pk), clock=clock)
            run_background(clock, limit=3)
        assert Job.objects.get().state == "succeeded"
        assert done() == ["Ada", "Bob"]
        assert Booking.objects.get(name="Cy").notes == "done;done;"

    def test_records_that_the_runs_make_are_not_run_for(self):
        @action(name="make_another")
        def make_another(record: Booking) -> None:
            assert Booking.objects.count() < 10, "it never ends"
            Booking.objects.create(name=f"after {record.name}")

        book("Ada", "Bob")
        with use_trees(EventTree("Daily", on=DAILY, do=[make_another()])), clock_at(SIX):
            run_schedules(until=SEVEN)
        assert Booking.objects.count() == 4
        assert Job.objects.get().steps["done"]["all"]["result"] == {"records": 2, "failed": 0}

    def test_in_the_middle_of_a_walk_no_other_type_is_gone_on_with(self):
        book("Ada", "Bob")
        Seat.objects.create(number="1A")
        with use_trees(EventTree("Daily", on=DAILY, do=[note_done()])), clock_at(SIX):
            run_schedules(until=SEVEN)
        job = Job.objects.get()
        job.steps["done"].pop("all")
        Job.objects.update(state="ready", steps=job.steps, finished=None)
        others = EventTree("Daily", on=Scheduled(Seat, cron="0 7 * * *"), do=[])
        with use_trees(others), clock_at(SEVEN) as clock:
            run_background(clock)
        assert Job.objects.get().state == "skipped"
        assert set(Run.objects.values_list("model", flat=True)) == {"shop.Booking"}

    def test_a_name_is_no_key(self):
        """A tree that is gone is not stood in for by one that is called like its key."""
        with use_trees(EventTree("daily", key="other", on=DAILY, do=[note_done()])), clock_at(SIX) as clock:
            Booking.objects.create(name="Ada")
            run_tree_now("other", clock=clock, using="default")
            Job.objects.update(payload={"tree": "daily", "occurrence": SEVEN.isoformat()})
            run_background(clock)
        assert (Job.objects.get().state, done()) == ("skipped", [])

    def test_one_that_waits_for_another_says_so(self):
        with use_trees(EventTree("Daily", on=DAILY, do=[])), clock_at(SIX) as clock:
            first, second = (run_tree_now("daily", clock=clock, using="default") for _ in range(2))
            reason = why_waiting(Job.objects.get(pk=second), now=clock.now(), using="default", alive=True)
        assert reason.text == f"It waits for job #{first} of an earlier time."


@pytest.mark.django_db
class TestTimes:
    def test_what_can_not_be_served_is_not_looked_at_without_a_pause(self):
        clock = FixedClock(SIX)
        scheduler = Scheduler("default", sweep=5.0, clock=clock)
        with use_trees(EventTree("Daily", on=DAILY, do=[])):
            scheduler.look()
            Schedule.objects.update(fingerprint="of other code")
            clock.advance(hours=1, seconds=1)
            assert scheduler.look() == 5.0
            assert not Job.objects.exists()

    def test_without_a_worker_a_tree_that_comes_back_begins_with_its_next_time(self):
        tree = EventTree("Daily", on=DAILY, do=[])
        with use_trees(tree):
            schedule.look(clock=FixedClock(SIX), using="default")
        with use_trees():
            schedule.look(clock=FixedClock(SIX + timedelta(days=3)), using="default")
        with use_trees(tree):
            assert schedule.look(clock=FixedClock(SIX + timedelta(days=30)), using="default") == 0
        assert not Job.objects.exists()

    def test_a_tree_that_can_not_be_served_stops_no_test(self, monkeypatch):
        def too_large(*_args: Any, **_options: Any) -> list[int]:
            raise PayloadTooLarge("Daily", 2, 1)

        monkeypatch.setattr(schedule, "enqueue", too_large)
        with use_trees(EventTree("Daily", on=DAILY, do=[UpdateField(ready=True)])), clock_at(SIX):
            assert run_schedules(until=SEVEN + timedelta(minutes=1)) == 0
