from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from meanwhile.queue.claim import claim
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.models import Job
from meanwhile.queue.overview import Count, overview
from meanwhile.queue.pause import pause
from meanwhile.queue.rates import SAMPLE, rates
from tests.integration.queue.conftest import NOON
from tests.integration.queue.toys import job
from tests.plans import plan_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toy")]
MINUTE = timedelta(minutes=1)


def ended(state="succeeded", *, finished, due=NOON - timedelta(hours=1), started=None, number=1):
    for _ in range(number):
        Job.objects.create(
            kind="toy", state=state, created=due, due=due, started=started or due, finished=finished, payload={}
        )


class TestOverview:
    def test_each_kind_of_job_is_counted_for_itself(self, clock):
        enqueue(
            [
                job(name="due", due=NOON - 3 * MINUTE),
                job(name="urgent", due=NOON - 5 * MINUTE, priority=3),
                job(name="later", due=NOON + MINUTE),
                job(name="first of a line", serial_key="a", due=NOON - 9 * MINUTE, priority=9),
                job(name="behind it", serial_key="a", due=NOON - 8 * MINUTE, priority=9),
            ],
            clock=clock,
        )
        assert [one.name for one in claim(2, "me", now=NOON, lease=30, using="default")] == [
            "first of a line",
            "urgent",
        ]
        ended("failed", finished=NOON)
        found = overview(NOON, using="default")
        counts = (found.due, found.later, found.held, found.running, found.failed)
        assert counts == (Count(1), Count(1), Count(1), Count(2), Count(1))
        assert found.oldest == NOON - 8 * MINUTE

    def test_an_empty_queue_has_no_oldest_wait(self):
        found = overview(NOON, using="default")
        assert (found.due, found.oldest) == (Count(0), None)

    def test_a_pause_hides_nothing(self, clock):
        enqueue([job()], clock=clock)
        pause(clock=clock)
        assert overview(NOON, using="default").due == Count(1)

    def test_numbers_are_counted_up_to_a_limit_over_all_priorities(self, clock):
        enqueue([job(priority=number % 3, due=NOON) for number in range(9)], clock=clock)
        assert overview(NOON, using="default", limit=9).due == Count(9)
        assert overview(NOON, using="default", limit=8).due == Count(8, more=True)

    def test_every_count_reads_an_index_that_has_its_rows_alone(self, clock):
        enqueue([job(priority=number % 2, due=NOON + number * MINUTE) for number in range(-50, 50)], clock=clock)
        ended("failed", finished=NOON, number=20)
        with CaptureQueriesContext(connection) as queries:
            overview(NOON, using="default")
        plans = [plan_of(query["sql"]) for query in queries if "meanwhile_job" in query["sql"]]
        used = [
            name for plan in plans for name in ("claim", "held", "lease", "ended") if f"meanwhile_job_{name}" in plan
        ]
        assert len(plans) == len(used), "\n\n".join(plans)
        assert set(used) == {"claim", "held", "lease", "ended"}


class TestRates:
    def test_what_ended_is_counted_by_slot_and_state(self):
        ended(finished=NOON - 3 * MINUTE, number=2)
        ended("failed", finished=NOON - 3 * MINUTE)
        ended(finished=NOON)
        ended(finished=NOON - 10 * MINUTE)
        slots = rates(NOON + timedelta(seconds=30), slot=MINUTE, number=5, using="default")
        assert [(slot.succeeded, slot.failed) for slot in slots] == [(0, 0), (2, 1), (0, 0), (0, 0), (1, 0)]
        assert slots[-1].start == NOON

    def test_waits_are_from_due_to_start_and_leave_out_further_tries(self):
        due = NOON - 5 * MINUTE
        ended(finished=NOON, due=due, started=due + timedelta(seconds=2))
        ended(finished=NOON, due=due, started=due + timedelta(seconds=6))
        ended(finished=NOON, due=due, started=due - timedelta(seconds=60))
        [slot] = rates(NOON, slot=MINUTE, number=1, using="default")
        assert slot.wait == pytest.approx(4, abs=0.01)
        assert slot.longest == pytest.approx(6, abs=0.01)

    def test_a_full_slot_is_estimated_from_how_soon_its_first_jobs_ended(self):
        Job.objects.bulk_create(
            Job(kind="toy", state="succeeded", created=NOON, due=NOON, started=NOON, payload={},
                finished=NOON + timedelta(seconds=number * 60 / (SAMPLE * 4)))
            for number in range(SAMPLE * 4)
        )  # fmt: skip
        [slot] = rates(NOON + timedelta(seconds=59.999), slot=MINUTE, number=1, using="default")
        assert slot.about
        assert slot.succeeded == pytest.approx(SAMPLE * 4, rel=0.05)

    def test_the_statement_reads_the_index_of_ended_jobs(self):
        ended(finished=NOON, number=30)
        with CaptureQueriesContext(connection) as queries:
            rates(NOON, slot=MINUTE, number=3, using="default")
        [query] = [one for one in queries if "meanwhile_job" in one["sql"]]
        assert plan_of(query["sql"]).count("meanwhile_job_ended") == 6
