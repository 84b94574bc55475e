"""Who is told when a job that was taken comes back to the queue: a worker that sleeps until the next due moment it knew
of would sleep past this one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, transaction

from meanwhile.queue.acknowledge import bear_loss, end, hand_back, try_again
from meanwhile.queue.claim import claim
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.queue.wake import Wake
from meanwhile.queue.worker.watch import PostgresListener
from tests.integration.queue.conftest import NOON
from tests.integration.queue.toys import job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("toy")]

SOON = NOON + timedelta(seconds=2)
LONG = 10.0

RETURNS: dict[str, Callable[[ClaimedJob], None]] = {
    "the one before it ends": lambda one: end(one, State.SUCCEEDED, now=NOON, using="default"),
    "its next try": lambda one: try_again(one, SOON, "no", using="default"),
    "its connection was lost": lambda one: bear_loss(one, SOON, "no", using="default"),
    "its worker stops": lambda one: hand_back(one, using="default"),
}


class Sleeper:
    """A worker of this process as far as a wake-up is concerned."""

    using = "default"

    def __init__(self) -> None:
        self.wake = Wake()


@pytest.fixture
def sleeper() -> Iterator[Sleeper]:
    found = Sleeper()
    workers = apps.get_app_config("meanwhile").workers
    workers.add(found)
    yield found
    workers.discard(found)


def claimed(clock) -> ClaimedJob:
    """The first of a line of two; the second is held back."""
    enqueue([job(serial_key="k"), job(serial_key="k")], clock=clock)
    [found] = claim(2, "me", now=NOON, lease=300, using="default")
    assert Job.objects.filter(held=1).count() == 1
    return found


@pytest.mark.parametrize("why", RETURNS)
def test_the_workers_of_this_process_are_told_when_it_is_committed(clock, sleeper: Sleeper, why: str) -> None:
    first = claimed(clock)
    sleeper.wake.wait(0)
    with transaction.atomic():
        RETURNS[why](first)
        assert not sleeper.wake.wait(0)
    assert sleeper.wake.wait(0)


def test_nobody_is_told_of_an_end_that_nothing_waited_for(clock, sleeper: Sleeper) -> None:
    enqueue([job(serial_key="k")], clock=clock)
    [only] = claim(2, "me", now=NOON, lease=300, using="default")
    sleeper.wake.wait(0)
    end(only, State.SUCCEEDED, now=NOON, using="default")
    assert not sleeper.wake.wait(0)


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite's watcher sees each commit")
@pytest.mark.parametrize("why", RETURNS)
def test_the_workers_of_other_processes_are_told_too(clock, why: str) -> None:
    first = claimed(clock)
    far = Wake()
    listening = threading.Event()

    def listen() -> None:
        listener = PostgresListener("default", wake=far)
        try:
            with connection.cursor() as cursor:
                cursor.execute("LISTEN meanwhile")
            listener._listening = True
            listening.set()
            while not heard.is_set():
                listener.turn()
        finally:
            connection.close()

    heard = threading.Event()
    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert listening.wait(LONG)
    RETURNS[why](first)
    told = far.wait(LONG)
    heard.set()
    thread.join(LONG)
    assert told
