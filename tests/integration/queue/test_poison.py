"""A job that kills every worker that runs it, among jobs that do nothing wrong but were claimed with it."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from meanwhile.queue import owner as owners
from meanwhile.queue.acknowledge import end
from meanwhile.queue.claim import claim
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.lease import take_back
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from tests.integration.queue.toys import job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toy")]

MOST = 10
RESTART = timedelta(seconds=2)


@pytest.fixture
def dead_owner() -> str:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    start = owners._start_of(process.pid)
    process.communicate()
    return f"{owners.machine()}/{process.pid}/{start}/gone"


def test_only_the_job_that_kills_its_workers_is_failed(clock, dead_owner):
    """One thread runs what a worker claimed, in order; the killer stands at the front."""
    [killer, *others] = enqueue([job(str(number)) for number in range(30)], clock=clock)
    while Job.objects.filter(state__in=[State.READY, State.RUNNING]).exists():
        clock.advance(seconds=RESTART.total_seconds())
        for claimed in claim(64, dead_owner, now=clock.now(), lease=3600, using="default"):
            if claimed.id == killer:
                break
            end(claimed, State.SUCCEEDED, now=clock.now(), using="default")
        take_back(now=clock.now(), max_takeovers=MOST, using="default")
    assert Job.objects.get(pk=killer).state == State.FAILED
    assert set(Job.objects.filter(pk__in=others).values_list("state", flat=True)) == {State.SUCCEEDED}
