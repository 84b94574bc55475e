"""The worker's role that queues what is due: when it looks, what it asks, and how several get on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from meanwhile import EventTree, FixedClock, Scheduled, Span
from meanwhile.queue import schedule
from meanwhile.queue.models import Job
from meanwhile.queue.schedule_models import Schedule
from meanwhile.queue.worker.scheduler import SETTLE_EVERY, Scheduler
from meanwhile.queue.worker.supervisor import Worker
from meanwhile.studio import drafts, publish
from meanwhile.testing import use_trees
from tests.integration.queue.test_worker import eventually
from tests.shop.models import Booking

SIX = datetime(2026, 3, 2, 6, tzinfo=ZoneInfo("Europe/Berlin"))
SWEEP = 5.0
DAILY = EventTree("Daily", on=Scheduled(Booking, cron="0 7 * * *"), do=[])
HOURLY = EventTree("Hourly", on=Scheduled(every=Span(hours=1)), do=[])


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(SIX)


@pytest.fixture
def scheduler(clock: FixedClock) -> Scheduler:
    return Scheduler("default", sweep=SWEEP, clock=clock)


def keys() -> list[str]:
    return list(Schedule.objects.order_by("key").values_list("key", flat=True))


@pytest.mark.django_db
class TestLooking:
    def test_where_nothing_is_scheduled_no_row_is_asked_for(self, scheduler):
        with use_trees(), CaptureQueriesContext(connection) as asked:
            assert scheduler.look() == SWEEP
        assert [query["sql"] for query in asked if "schedule" in query["sql"]] == []

    def test_it_sleeps_until_the_nearest_time_and_a_sweep_at_most(self, scheduler, clock):
        with use_trees(DAILY, HOURLY):
            assert scheduler.look() == SWEEP
            clock.advance(minutes=59, seconds=58)
            assert scheduler.look() == 2.0
            assert not Job.objects.exists()
            clock.advance(seconds=2)
            scheduler.look()
            assert sorted(Job.objects.values_list("name", flat=True)) == ["Daily", "Hourly"]
            assert Schedule.objects.get(key="tree:hourly").next_at == SIX + timedelta(hours=2)

    def test_a_row_goes_at_once_with_the_tree_that_this_process_knew(self, scheduler):
        with use_trees(DAILY, HOURLY):
            scheduler.look()
        with use_trees(HOURLY):
            scheduler.look()
            assert keys() == ["tree:hourly"]

    def test_a_switched_off_tree_fires_nothing(self, scheduler, clock):
        off = EventTree("Daily", on=Scheduled(Booking, cron="0 7 * * *"), do=[], enabled=False)
        with use_trees(DAILY):
            scheduler.look()
        with use_trees(off):
            clock.advance(hours=2)
            scheduler.look()
        assert (keys(), Job.objects.count()) == ([], 0)

    def test_a_row_that_nobody_knows_goes_when_its_time_is_long_over(self, scheduler, clock):
        with use_trees(DAILY):
            schedule.ensure(schedule.periodics(), now=SIX, using="default")
        with use_trees():
            clock.advance(seconds=SETTLE_EVERY + 1)
            scheduler.look()
            assert keys() == ["tree:daily"]  # another process may know it
            clock.advance(hours=1, seconds=SETTLE_EVERY + 1)
            scheduler.look()
        assert keys() == []

    def test_a_row_with_the_times_of_other_code_is_put_right_in_a_while_and_fires_nothing_till_then(
        self, scheduler, clock
    ):
        with use_trees(DAILY):
            scheduler.look()
            Schedule.objects.update(fingerprint="of other code", next_at=SIX)
            scheduler.look()
            assert not Job.objects.exists()
            clock.advance(seconds=SETTLE_EVERY)
            scheduler.look()
        assert Schedule.objects.get().next_at == SIX + timedelta(hours=1)
        assert not Job.objects.exists()

    def test_one_that_can_not_be_queued_holds_up_no_other(self, scheduler, clock, settings, caplog):
        settings.MEANWHILE = {"MAX_PAYLOAD": 1000}

        class Broken:
            key = name = fingerprint = "a broken one"

            def next_after(self, moment, anchor):
                return moment + timedelta(hours=1)

            def job(self, occurrence, serial_key):
                return schedule.NewJob(kind="schedule", payload={"much": "x" * 2000}, serial_key=serial_key)

        with use_trees(HOURLY):
            wanted = [Broken(), *schedule.periodics()]
            schedule.ensure(wanted, now=SIX, using="default")
            clock.advance(hours=1)
            assert schedule.take_due(wanted, clock=clock, using="default") == 1
        assert [job.name for job in Job.objects.all()] == ["Hourly"]
        assert "could not be served" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_of_several_that_look_at_once_one_takes_the_time(clock: FixedClock) -> None:
    with use_trees(DAILY):
        schedule.ensure(schedule.periodics(), now=SIX, using="default")
        clock.advance(hours=1)
        barrier, taken = threading.Barrier(4), []

        def take() -> None:
            barrier.wait()
            taken.append(schedule.take_due(schedule.periodics(), clock=clock, using="default"))
            connections.close_all()

        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(taken) == [0, 0, 0, 1]
    assert Job.objects.count() == 1


@pytest.fixture
def worker(settings) -> Iterator[Worker]:
    """A worker whose sweeps are too far apart for the test."""
    settings.MEANWHILE = {"SWEEP": 600.0, "STUDIO_RELOAD": 0}
    made = Worker(threads=1)
    made.start()
    yield made
    made.stop()


@pytest.mark.django_db(transaction=True)
def test_a_worker_runs_what_is_due_and_looks_at_once_at_what_is_published_in_its_process(worker: Worker) -> None:
    with use_trees():
        tree = drafts.create_tree("Mine", {"event": "scheduled", "cron": "0 0 29 2 *"}, by=None)
        publish.publish(tree, revision=1, by=None)
        Schedule.objects.update(next_at=SIX - timedelta(days=800))
        worker.look_at_schedules()
        eventually(lambda: Job.objects.filter(state="succeeded").exists())
        publish.retire(tree, by=None)
    [job] = Job.objects.all()
    assert (job.kind, job.state, job.name) == ("schedule", "succeeded", "Mine")
    assert Schedule.objects.count() == 0
