"""The worker with all its roles, in threads of this process; what real processes do is tested under tests/crash."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.models import Job, WorkerProcess
from meanwhile.queue.reasons import any_worker_alive, why_waiting
from meanwhile.queue.states import State
from meanwhile.queue.worker.supervisor import Worker
from tests.integration.queue.toys import effects, job
from tests.shop.models import Customer

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20.0


def eventually(condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"waited {PATIENCE} s in vain"
        time.sleep(0.01)


def all_in(state):
    return not Job.objects.exclude(state=state).exists()


@pytest.fixture
def worker():
    running = Worker(threads=2)
    running.start()
    yield running
    running.stop(grace=5)
    connection.close()


def test_a_worker_runs_what_is_queued_and_signs_off_when_it_stops(toy):
    toy()
    running = Worker(threads=2)
    running.start()
    try:
        enqueue([job("a", "b") for _ in range(50)])
        eventually(lambda: all_in(State.SUCCEEDED))
        assert sorted(effects()) == ["a"] * 50 + ["b"] * 50
        eventually(WorkerProcess.objects.exists)
        assert any_worker_alive(now=datetime.now(UTC), using="default")
    finally:
        assert running.stop()
    assert not WorkerProcess.objects.exists()


@pytest.mark.usefixtures("worker")
def test_a_delayed_job_is_started_when_it_is_due_without_being_told(toy):
    toy()
    due = datetime.now(UTC) + timedelta(seconds=0.5)
    enqueue([job("a", due=due)])
    eventually(lambda: all_in(State.SUCCEEDED))
    assert Job.objects.get().started >= due


@pytest.mark.usefixtures("worker")
def test_jobs_run_side_by_side_up_to_the_number_of_threads(toy):
    together = threading.Barrier(2, timeout=PATIENCE)
    toy(meet=lambda run: together.wait() and None)
    enqueue([job({"name": "meet", "atomic": False}) for _ in range(4)])
    eventually(lambda: all_in(State.SUCCEEDED))


@pytest.mark.usefixtures("worker")
def test_a_step_over_its_time_is_given_up_and_nothing_it_does_later_is_kept(toy):
    release = threading.Event()

    def hangs(run):
        release.wait(PATIENCE)
        with run.commit():
            Customer.objects.create(name="late")

    toy(hangs=hangs)
    hanging, other = enqueue([job({"name": "hangs", "atomic": False, "timeout": 0.3, "tries": 1}), job("quick")])
    eventually(lambda: Job.objects.get(pk=hanging).state == State.FAILED)
    assert "longer than 0.3 seconds" in Job.objects.get(pk=hanging).error
    release.set()
    eventually(lambda: Job.objects.get(pk=other).state == State.SUCCEEDED)
    enqueue([job("after") for _ in range(4)])
    eventually(lambda: effects().count("after") == 4)
    assert "late" not in effects()


@pytest.mark.usefixtures("worker")
def test_a_step_that_hangs_inside_its_transaction_does_not_keep_the_database_from_others(toy):
    release = threading.Event()

    def hangs(run):
        Customer.objects.create(name="never kept")
        release.wait(PATIENCE)

    toy(hangs=hangs)
    [hanging] = enqueue([job({"name": "hangs", "timeout": 0.3, "tries": 1})])
    eventually(lambda: Job.objects.get(pk=hanging).state == State.FAILED)
    enqueue([job("after")])
    eventually(lambda: effects() == ["after"])
    release.set()


def test_a_worker_told_to_stop_finishes_its_step_and_hands_back_the_rest(toy):
    begun, release = threading.Event(), threading.Event()

    def slow(run):
        begun.set()
        release.wait(PATIENCE)
        with run.commit():
            Customer.objects.create(name="slow")

    toy(slow=slow)
    running = Worker(threads=1)
    running.start()
    enqueue([job({"name": "slow", "atomic": False}, "b"), job("c")])
    assert begun.wait(PATIENCE)
    stopper = threading.Thread(target=running.stop)
    stopper.start()
    eventually(running._pool._stopping.is_set)
    release.set()
    stopper.join(PATIENCE)
    assert effects() == ["slow"]
    assert {(one.state, one.attempts, one.takeovers) for one in Job.objects.all()} == {(State.READY, 0, 0)}


def test_jobs_claimed_ahead_are_handed_to_others_when_a_long_one_is_before_them(toy):
    end = threading.Event()
    began = threading.Event()

    def hang(run):
        began.set()
        end.wait(PATIENCE * 3)

    toy(long=hang)
    busy, idle = Worker(threads=1), Worker(threads=1)
    busy.start()
    try:
        enqueue([job("a") for _ in range(40)])
        eventually(lambda: all_in(State.SUCCEEDED))  # from here on it claims ahead
        enqueue([job({"name": "long", "atomic": False}), *[job("b") for _ in range(20)]])
        assert began.wait(PATIENCE)
        idle.start()
        eventually(lambda: effects().count("b") == 20)
        assert not end.is_set()
    finally:
        end.set()
        busy.stop(grace=5)
        idle.stop(grace=5)
        connection.close()
    assert all_in(State.SUCCEEDED)


def test_a_worker_that_starts_lets_jobs_go_that_are_held_back_in_vain(toy):
    toy()
    enqueue([job("a", serial_key="k")])
    Job.objects.update(held=1)
    running = Worker(threads=1)
    running.start()
    try:
        eventually(lambda: all_in(State.SUCCEEDED))
    finally:
        running.stop(grace=5)
        connection.close()


def test_without_a_worker_a_waiting_job_says_so(toy):
    toy()
    enqueue([job("a")])
    reason = why_waiting(Job.objects.get(), now=datetime.now(UTC), using="default")
    assert reason.code == "no_worker"
    assert "meanwhile_worker" in reason.text
