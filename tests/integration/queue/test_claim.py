from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from meanwhile.queue import control, pause
from meanwhile.queue.acknowledge import end, try_again
from meanwhile.queue.claim import claim, claim_at_once, first_look, look_out
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.hold import release_stuck
from meanwhile.queue.models import Job
from meanwhile.queue.reasons import why_waiting
from meanwhile.queue.states import State
from tests.integration.queue.conftest import NOON
from tests.integration.queue.toys import job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toy")]


def take(number, now=NOON, owner="me"):
    return [claimed.name for claimed in claim(number, owner, now=now, lease=30, using="default")]


def queue(clock, *jobs):
    return enqueue(jobs, clock=clock)


def test_jobs_start_by_priority_then_due_time_then_arrival(clock):
    queue(
        clock,
        job(name="late", due=NOON - timedelta(minutes=1)),
        job(name="first of a pair", due=NOON - timedelta(minutes=5)),
        job(name="second of a pair", due=NOON - timedelta(minutes=5)),
        job(name="urgent", due=NOON, priority=5),
    )
    assert take(10) == ["urgent", "first of a pair", "second of a pair", "late"]


def test_a_claim_takes_no_more_than_its_limit_and_nothing_twice(clock):
    queue(clock, *[job(name=str(n)) for n in range(5)])
    assert [take(2), take(2), take(2), take(2)] == [["0", "1"], ["2", "3"], ["4"], []]


def test_jobs_that_are_not_due_stay(clock):
    queue(clock, job(name="tomorrow", due=NOON + timedelta(days=1), priority=9), job(name="now"))
    assert take(10) == ["now"]
    assert take(10, now=NOON + timedelta(days=1)) == ["tomorrow"]


def test_the_lookout_names_the_next_due_moment(clock):
    queue(clock, job(due=NOON + timedelta(hours=3)), job(due=NOON + timedelta(hours=2), priority=-1))
    waiting = look_out(NOON, using="default")
    assert (waiting.due_now, waiting.next_due) == ((), NOON + timedelta(hours=2))


def test_the_first_look_names_the_highest_priority_alone_and_looks_behind_what_is_not_due(clock):
    assert first_look(NOON, using="default") == look_out(NOON, using="default")
    queue(clock, job(name="low"), job(name="high", priority=3))
    assert first_look(NOON, using="default").due_now == (3,)
    queue(clock, job(name="later", due=NOON + timedelta(hours=1), priority=9))
    assert first_look(NOON, using="default") == look_out(NOON, using="default")
    assert first_look(NOON, using="default").due_now == (3, 0)


def at_once(limit):
    return [one.name for one in claim_at_once(limit, "me", now=NOON, lease=30, using="default")]


@pytest.mark.postgres
def test_what_is_claimed_at_once_is_of_the_highest_priority_and_waits_for_no_other(clock):
    queue(
        clock,
        job(name="low"),
        job(name="late", priority=5, due=NOON),
        job(name="early", priority=5, due=NOON - timedelta(minutes=1)),
        job(name="one of a line", priority=5, serial_key="a"),
        job(name="tomorrow", priority=5, due=NOON + timedelta(days=1)),
    )
    assert at_once(1) == ["early"]
    assert at_once(10) == ["late"]
    assert at_once(10) == []
    assert take(10) == ["one of a line", "low"]
    running = Job.objects.filter(state=State.RUNNING, started=NOON, lease_owner="me", lease_token=1)
    assert running.count() == 4


@pytest.mark.postgres
def test_nothing_is_claimed_at_once_while_the_queue_is_paused(clock):
    queue(clock, job(name="now"))
    pause.pause(clock=clock)
    assert at_once(10) == []
    pause.resume()
    assert at_once(10) == ["now"]


def test_a_claimed_job_carries_a_new_token_each_time(clock):
    queue(clock, job(name="a"))
    first = claim(1, "me", now=NOON, lease=30, using="default")[0]
    Job.objects.update(state=State.READY)
    second = claim(1, "you", now=NOON, lease=30, using="default")[0]
    assert second.token > first.token


def test_jobs_of_one_serial_key_run_one_after_the_other_in_arrival_order(clock):
    queue(clock, *[job(name=f"{key}{n}", serial_key=key) for n in range(3) for key in "ab"])
    order = []
    for _ in range(3):
        claimed = claim(10, "me", now=NOON, lease=30, using="default")
        order.append([one.name for one in claimed])
        for one in claimed:
            end(one, State.SUCCEEDED, now=NOON, using="default")
    assert order == [["a0", "b0"], ["a1", "b1"], ["a2", "b2"]]


def test_a_long_line_behind_one_key_does_not_hide_other_jobs(clock):
    queue(clock, *[job(name=f"a{n}", serial_key="a") for n in range(20)], job(name="other"))
    assert take(2) == ["a0"]
    assert take(2) == ["other"]


def test_a_serial_job_that_waits_for_its_next_try_holds_back_those_behind_it(clock):
    queue(clock, job(name="retrying", serial_key="a"), job(name="behind", serial_key="a"))
    failed = claim(1, "me", now=NOON, lease=30, using="default")[0]
    try_again(failed, NOON + timedelta(minutes=1), "no", using="default")
    assert take(10) == []
    assert take(10, now=NOON + timedelta(minutes=1)) == ["retrying"]


def test_a_serial_job_that_waits_for_its_next_try_holds_back_an_earlier_one_too(clock):
    soon = NOON + timedelta(minutes=1)
    queue(clock, job(name="delayed", serial_key="a", due=soon), job(name="later", serial_key="a"))
    failed = claim(1, "me", now=NOON, lease=30, using="default")[0]
    try_again(failed, NOON + timedelta(minutes=2), "no", using="default")
    assert take(10, now=NOON + timedelta(minutes=1)) == []
    again = claim(10, "me", now=NOON + timedelta(minutes=2), lease=30, using="default")
    assert [one.name for one in again] == ["later"]
    end(again[0], State.SUCCEEDED, now=NOON, using="default")
    assert take(10, now=NOON + timedelta(minutes=2)) == ["delayed"]


def test_a_serial_delay_of_months_does_not_hold_back_later_jobs_of_its_record(clock):
    later = NOON + timedelta(days=90)
    dues = {"delayed": later, "1": NOON, "2": NOON}
    _, first, second = queue(clock, *[job(name=name, serial_key="a", due=due) for name, due in dues.items()])
    assert why_waiting(Job.objects.get(pk=first), now=NOON, using="default", alive=True).code == "in_line"
    running = claim(10, "me", now=NOON, lease=30, using="default")
    assert [one.name for one in running] == ["1"]
    behind = why_waiting(Job.objects.get(pk=second), now=NOON, using="default", alive=True)
    assert (behind.code, str(first) in behind.text) == ("serial", True)
    end(running[0], State.SUCCEEDED, now=NOON, using="default")
    # When both are due the earlier arrival is first, and never both at once.
    assert take(10, now=later) == ["delayed"]
    assert why_waiting(Job.objects.get(pk=second), now=later, using="default", alive=True).code == "serial"


def test_a_held_job_that_is_moved_to_another_day_holds_up_nothing(clock):
    *_, moved, _ = queue(clock, *[job(name=str(n), serial_key="a") for n in range(4)])
    order = []
    while claimed := claim(1, "me", now=NOON, lease=30, using="default"):
        assert take(10) == []
        if not order:
            control.move(moved, NOON + timedelta(days=1))
            assert take(10) == []
        order.append(claimed[0].name)
        end(claimed[0], State.SUCCEEDED, now=NOON, using="default")
    assert order == ["0", "1", "3"]


def test_those_behind_a_job_that_is_moved_to_another_day_go_on(clock):
    first, _ = queue(clock, *[job(name=str(n), serial_key="a") for n in range(2)])
    Job.objects.exclude(pk=first).update(held=1)
    control.move(first, NOON + timedelta(days=1))
    assert take(10) == ["1"]


def test_a_held_back_job_has_not_begun(clock):
    queue(clock, job(serial_key="a"), job(serial_key="a"))
    take(10)
    assert list(Job.objects.order_by("id").values_list("held", "started")) == [(0, NOON), (1, None)]


def test_the_sweep_releases_a_job_that_nothing_holds_back_any_more(clock):
    queue(clock, *[job(name=f"forgotten {n}", serial_key="a") for n in range(3)])
    Job.objects.filter(name__in=["forgotten 0", "forgotten 1"]).update(held=1)
    assert take(2) == []
    assert release_stuck(now=NOON, using="default") == 1
    assert take(2) == ["forgotten 0"]
    assert release_stuck(now=NOON, using="default") == 0


def test_a_long_line_of_one_key_is_held_back_at_once(clock, django_assert_max_num_queries):
    queue(clock, *[job(name=f"a{n}", serial_key="a") for n in range(300)], job(name="other"))
    assert take(1) == ["a0"]
    with django_assert_max_num_queries(16):
        assert take(1) == ["other"]
    assert Job.objects.filter(held=1).count() == 299


def test_a_line_that_is_held_back_moves_on_in_arrival_order_one_by_one(clock):
    queue(clock, *[job(name=str(n), serial_key="a", due=NOON - timedelta(seconds=n)) for n in range(5)])
    order = []
    while claimed := claim(10, "me", now=NOON, lease=30, using="default"):
        order.append([one.name for one in claimed])
        take(10)
        for one in claimed:
            end(one, State.SUCCEEDED, now=NOON, using="default")
    assert order == [["0"], ["1"], ["2"], ["3"], ["4"]]


def test_every_statement_of_a_claim_is_served_by_the_claim_index(clock, django_assert_max_num_queries):
    queue(clock, *[job(name=str(n), priority=n % 3, due=NOON + timedelta(minutes=n)) for n in range(300)])
    from django.test.utils import CaptureQueriesContext

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        claim(5, "me", now=NOON, lease=30, using="default")
    with connection.cursor() as cursor:
        for query in queries:
            if "meanwhile_job" not in query["sql"]:
                continue
            prefix = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
            cursor.execute(prefix + query["sql"])
            plan = "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())
            assert "meanwhile_job_claim" in plan
            assert "SCAN meanwhile_job\n" not in plan
            assert "Seq Scan" not in plan
