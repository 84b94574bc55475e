from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from meanwhile.exceptions import LeaseLost
from meanwhile.queue import acknowledge, control
from meanwhile.queue.claim import claim
from meanwhile.queue.drain import drain
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.execution import Execution
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from tests.integration.queue.conftest import NOON
from tests.integration.queue.toys import ToyPlan, effects, job
from tests.shop.models import Customer

pytestmark = pytest.mark.django_db


class Flaky:
    """Fails so many times, then appends its effect. Its effect before the failure must never be seen."""

    def __init__(self, failures, error=None):
        self.failures, self.error, self.calls = failures, error or RuntimeError("no luck"), 0

    def __call__(self, run):
        self.calls += 1
        Customer.objects.create(name=f"try {self.calls}")
        if self.calls <= self.failures:
            raise self.error


def test_steps_run_in_order_and_the_last_one_ends_the_job(toy, clock):
    handler = toy()
    [number] = enqueue([job("a", "b", "c", group="run")], clock=clock)
    assert drain(clock=clock) == 1
    assert effects() == ["a", "b", "c"]
    assert Job.objects.get(pk=number).state == State.SUCCEEDED
    assert handler.told == [("run", State.SUCCEEDED)]


def test_a_retry_begins_at_the_failed_step_and_nothing_of_the_failed_try_is_kept(toy, clock):
    toy(b=Flaky(2))
    enqueue([job("a", {"name": "b", "tries": 5}, "c")], clock=clock)
    for _ in range(4):
        drain(clock=clock)
        clock.advance(hours=1)
    assert effects() == ["a", "try 3", "c"]


def test_tries_run_out_and_the_job_is_kept_as_failed_with_its_error(toy, clock):
    handler = toy(b=Flaky(99))
    [number] = enqueue([job("a", {"name": "b", "tries": 3}, "c", group="run")], clock=clock)
    for _ in range(5):
        drain(clock=clock)
        clock.advance(hours=2)
    failed = Job.objects.get(pk=number)
    assert (failed.state, failed.error) == (State.FAILED, "RuntimeError: no luck")
    assert failed.steps["failed"]["label"] == "b"
    assert effects() == ["a"]
    assert handler.told == [("run", State.FAILED)]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_no_exception_ends_the_worker(toy, clock, error):
    toy(b=Flaky(99, error))
    [number] = enqueue([job({"name": "b", "tries": 1})], clock=clock)
    drain(clock=clock)
    assert Job.objects.get(pk=number).state == State.FAILED


def test_a_result_that_can_not_be_stored_fails_the_job_at_once_and_keeps_nothing(toy, clock):
    def returns_an_object(run):
        Customer.objects.create(name="effect")
        return object()

    toy(b=returns_an_object)
    [number] = enqueue([job("b")], clock=clock)
    drain(clock=clock)
    failed = Job.objects.get(pk=number)
    assert failed.state == State.FAILED
    assert "cannot be stored as JSON" in failed.error
    assert effects() == []


def test_a_step_that_may_fail_lets_the_job_go_on(toy, clock):
    toy(b=Flaky(99))
    [number] = enqueue([job("a", {"name": "b", "tries": 1, "goes_on": True}, "c")], clock=clock)
    drain(clock=clock)
    done = Job.objects.get(pk=number)
    assert done.state == State.SUCCEEDED
    assert done.steps["done"]["1"]["error"] == "RuntimeError: no luck"
    assert effects() == ["a", "c"]


def test_a_job_whose_record_is_gone_is_skipped_with_the_reason(toy, clock):
    [number] = enqueue([job("a")], clock=clock)
    Job.objects.update(payload={"gone": True})
    drain(clock=clock)
    skipped = Job.objects.get(pk=number)
    assert (skipped.state, skipped.error) == (State.SKIPPED, "its record is gone")


def test_a_step_outside_a_transaction_commits_its_effect_with_its_mark(toy, clock):
    def slow(run):
        with run.commit():
            Customer.objects.create(name="slow")

    toy(slow=slow)
    [number] = enqueue([job({"name": "slow", "atomic": False}, "b")], clock=clock)
    drain(clock=clock)
    assert effects() == ["slow", "b"]
    assert list(Job.objects.get(pk=number).steps["done"]) == ["0", "1"]


def test_a_step_may_give_its_result_to_its_commit(toy, clock):
    def pay(run):
        with run.commit() as mark:
            Customer.objects.create(name="paid")
            mark(7)

    toy(pay=pay)
    enqueue([job({"name": "pay", "atomic": False})], clock=clock)
    drain(clock=clock)
    assert Job.objects.get().steps["done"]["0"]["result"] == 7


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["atomic", "outside", "commit"])
def test_a_database_error_in_looking_ahead_does_not_undo_the_step_before_it(toy, clock, monkeypatch, kind):
    def send(run):
        sent.append(1)
        if kind == "commit":
            with run.commit():
                Customer.objects.create(name="sent")
        else:
            Customer.objects.create(name="sent")

    def broken(plan):
        if plan._job.steps.get("done"):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM no_such_table")
        return planned(plan)

    sent = []
    planned = ToyPlan.next
    toy(send=send)
    monkeypatch.setattr(ToyPlan, "next", broken)
    enqueue([job({"name": "send", "atomic": kind == "atomic"}, "b")], clock=clock)
    drain(clock=clock)
    failing = Job.objects.get()
    assert (failing.state, failing.attempts, list(failing.steps["done"])) == (State.READY, 1, ["0"])
    monkeypatch.undo()
    clock.advance(minutes=1)
    drain(clock=clock)
    assert (sent, effects()) == ([1], ["sent", "b"])


def test_looking_ahead_costs_no_savepoint_where_it_asks_no_database(toy, clock, django_assert_num_queries):
    toy(nothing=lambda run: None)
    enqueue([job("nothing", "nothing")], clock=clock)
    claimed = claim(1, "me", now=clock.now(), lease=30, using="default")[0]
    with django_assert_num_queries(6) as asked:
        Execution(claimed, using="default", clock=clock).run()
    # Of each step: its transaction (a savepoint inside a test) and its mark.
    assert sum(query["sql"].startswith("UPDATE") for query in asked) == 2


def test_an_error_after_the_commit_of_a_step_does_not_repeat_its_effect(toy, clock):
    def commits_then_fails(run):
        with run.commit():
            Customer.objects.create(name="once")
        raise RuntimeError

    toy(slow=commits_then_fails)
    enqueue([job({"name": "slow", "atomic": False}, "b")], clock=clock)
    drain(clock=clock)
    clock.advance(hours=1)
    drain(clock=clock)
    assert effects() == ["once", "b"]


def test_a_worker_that_lost_its_lease_commits_nothing(toy, clock):
    enqueue([job("a", "b")], clock=clock)
    [stalled] = claim(1, "stalled", now=NOON, lease=1, using="default")
    Job.objects.update(state=State.READY)
    [taken_over] = claim(1, "other", now=NOON, lease=30, using="default")
    assert Execution(stalled, using="default", clock=clock).run() is None
    assert effects() == []
    Execution(taken_over, using="default", clock=clock).run()
    assert effects() == ["a", "b"]


def test_a_cancelled_job_commits_nothing_of_the_step_it_is_at(toy, clock):
    handler = toy()
    [number] = enqueue([job("a", group="run")], clock=clock)
    [mine] = claim(1, "me", now=NOON, lease=30, using="default")
    control.cancel(number, clock=clock)
    assert Execution(mine, using="default", clock=clock).run() is None
    assert effects() == []
    assert Job.objects.get(pk=number).state == State.CANCELLED
    assert handler.told == [("run", State.CANCELLED)]


def test_handing_back_counts_nothing_against_the_job(toy, clock):
    enqueue([job("a")], clock=clock)
    [mine] = claim(1, "me", now=NOON, lease=30, using="default")
    acknowledge.hand_back(mine, using="default")
    with pytest.raises(LeaseLost):
        acknowledge.hand_back(mine, using="default")
    waiting = Job.objects.get()
    assert (waiting.state, waiting.attempts, waiting.takeovers) == (State.READY, 0, 0)


def test_retry_from_a_step_does_that_step_and_those_behind_it_again(toy, clock):
    toy(c=Flaky(1))
    [number] = enqueue([job("a", "b", {"name": "c", "tries": 1})], clock=clock)
    drain(clock=clock)
    control.retry_from(number, "1", clock=clock)
    drain(clock=clock)
    assert effects() == ["a", "b", "b", "try 2"]


def test_a_job_that_is_due_keeps_its_place_in_the_line_when_it_is_run_now(toy, clock):
    toy()
    first, _second = enqueue([job("a"), job("b")], clock=clock)
    clock.advance(minutes=1)
    control.run_now(first, clock=clock)
    drain(clock=clock)
    assert effects() == ["a", "b"]


def test_a_delayed_job_can_be_run_now_or_moved(toy, clock):
    toy()
    first, second = enqueue(
        [job("a", due=NOON + timedelta(days=9)), job("b", due=NOON + timedelta(days=9))], clock=clock
    )
    control.run_now(first, clock=clock)
    control.move(second, NOON + timedelta(hours=1))
    drain(clock=clock)
    assert effects() == ["a"]
    clock.advance(hours=1)
    drain(clock=clock)
    assert effects() == ["a", "b"]
