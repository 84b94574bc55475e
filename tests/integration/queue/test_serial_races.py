"""What two PostgreSQL connections can do to one serial key; SQLite has one writer, who sees everything."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from meanwhile.queue import claim as claiming
from meanwhile.queue.acknowledge import end
from meanwhile.queue.claim import claim
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from tests.integration.queue.conftest import NOON
from tests.integration.queue.toys import job

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("toy"),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a race of PostgreSQL"),
]


def take(owner, number=10):
    return claim(number, owner, now=NOON, lease=300, using="default")


def elsewhere(action):
    """Run in another thread, with a connection of its own, and wait for the end."""

    def run():
        try:
            action()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_job_is_not_held_back_by_one_that_ends_at_that_very_moment(clock, monkeypatch):
    enqueue([job(name=str(n), serial_key="k") for n in range(3)], clock=clock)
    running = take("me", 1)[0]
    hold = claiming.hold_back

    def ended_just_before(*arguments):
        monkeypatch.undo()
        elsewhere(lambda: end(running, State.SUCCEEDED, now=NOON, using="default")).join()
        Job.objects.filter(name="1").update(held=1)  # the end looked for it before it was held back
        hold(*arguments)

    monkeypatch.setattr(claiming, "hold_back", ended_just_before)
    assert [one.name for one in [*take("me", 1), *take("me")]] == ["1"]


@pytest.mark.parametrize("committed", [True, False])
def test_a_job_that_becomes_visible_late_does_not_run_beside_another_of_its_key(clock, committed):
    queued, committing, claimed, commit = (threading.Event() for _ in range(4))

    def early():
        with transaction.atomic():
            enqueue([job(name="early", serial_key="k")], clock=clock)
            queued.set()
            committing.wait(20)

    taken = []

    def claim_late():
        with transaction.atomic():
            taken.extend(take("other"))
            claimed.set()
            if not committed:
                commit.wait(20)

    first = elsewhere(early)
    assert queued.wait(20)
    enqueue([job(name="late", serial_key="k")], clock=clock)
    second = elsewhere(claim_late)
    assert claimed.wait(20)
    if committed:
        second.join()
    committing.set()
    first.join()
    mine = take("me")
    commit.set()
    second.join()
    assert [one.name for one in [*taken, *mine]] == ["late"]
    assert Job.objects.filter(state=State.RUNNING).count() == 1
    end(taken[0], State.SUCCEEDED, now=NOON, using="default")
    assert [one.name for one in take("me")] == ["early"]
