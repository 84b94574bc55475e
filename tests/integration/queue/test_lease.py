from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from meanwhile.queue import lease
from meanwhile.queue import owner as owners
from meanwhile.queue.claim import claim
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.lease import renew, take_back
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from tests.integration.queue.conftest import NOON
from tests.integration.queue.toys import job

pytestmark = pytest.mark.django_db


@pytest.fixture
def dead_owner():
    """The name of a worker whose process has ended."""
    code = "from meanwhile.queue.owner import new_owner; print(new_owner())"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def claimed_by(owner, clock, **options):
    enqueue([job("a", **options)], clock=clock)
    return claim(1, owner, now=NOON, lease=30, using="default")[0]


def sweep(now, most=10):
    return take_back(now=now, max_takeovers=most, using="default")


@pytest.mark.usefixtures("toy")
def test_a_lease_that_is_renewed_is_not_taken(clock):
    mine = claimed_by(owners.new_owner(), clock)
    renew([mine.id], Job.objects.get().lease_owner, now=NOON + timedelta(seconds=25), lease=30, using="default")
    assert sweep(NOON + timedelta(seconds=50)) == 0
    assert sweep(NOON + timedelta(seconds=56)) == 1


@pytest.mark.usefixtures("toy")
def test_a_lease_that_is_renewed_while_the_sweep_waits_for_its_turn_is_not_taken(clock, monkeypatch):
    [number] = enqueue([job("a")], clock=clock)
    claim(1, "elsewhere", now=NOON, lease=30, using="default")
    later, look = NOON + timedelta(seconds=31), lease._lost

    def look_then_renew(now, using):
        found = look(now, using)
        renew([number], "elsewhere", now=later, lease=30, using="default")
        return found

    monkeypatch.setattr(lease, "_lost", look_then_renew)
    sweep(later)
    assert (Job.objects.get().state, Job.objects.get().takeovers) == (State.RUNNING, 0)


@pytest.mark.usefixtures("toy")
def test_a_renewal_by_somebody_else_does_nothing(clock):
    mine = claimed_by("me", clock)
    renew([mine.id], "you", now=NOON + timedelta(hours=1), lease=30, using="default")
    assert sweep(NOON + timedelta(seconds=31)) == 1


@pytest.mark.usefixtures("toy")
def test_jobs_of_a_dead_process_of_this_machine_are_taken_back_at_once(clock, dead_owner):
    claimed_by(dead_owner, clock)
    assert sweep(NOON) == 1
    waiting = Job.objects.get()
    assert (waiting.state, waiting.takeovers, waiting.due) == (State.READY, 1, NOON)


@pytest.mark.usefixtures("toy")
def test_jobs_of_a_live_process_are_left_alone(clock):
    claimed_by(owners.new_owner(), clock)
    assert sweep(NOON) == 0


@pytest.mark.usefixtures("toy")
def test_a_process_of_another_machine_is_dead_only_when_its_lease_ran_out(clock):
    claimed_by("another-kernel/4026531836/1/1/abc", clock)
    assert sweep(NOON) == 0
    assert sweep(NOON + timedelta(seconds=31)) == 1


def test_a_reused_process_id_is_not_taken_for_the_worker():
    mine = owners.new_owner()
    kernel, namespace, pid, start, serial = mine.split("/")
    assert not owners.is_dead(mine)
    assert owners.is_dead("/".join([kernel, namespace, pid, str(int(start) - 1), serial]))
    assert int(pid) == os.getpid()


def test_a_job_that_kills_worker_after_worker_is_failed_and_says_so(toy, clock, dead_owner):
    handler = toy()
    enqueue([job("a", group="run")], clock=clock)
    now = NOON
    for _ in range(3):
        now += timedelta(minutes=1)
        claim(1, dead_owner, now=now, lease=30, using="default")
        sweep(now, most=3)
    failed = Job.objects.get()
    assert failed.state == State.FAILED
    assert "3 workers in a row died" in failed.error
    assert handler.told == [("run", State.FAILED)]


@pytest.mark.usefixtures("toy")
def test_a_job_that_cost_two_workers_comes_back_a_little_later_so_that_others_are_safe(clock, dead_owner):
    enqueue([job("a")], clock=clock)
    for _ in range(2):
        claim(1, dead_owner, now=NOON + timedelta(minutes=1), lease=30, using="default")
        sweep(NOON + timedelta(minutes=1))
    assert Job.objects.get().due > NOON + timedelta(minutes=1)
