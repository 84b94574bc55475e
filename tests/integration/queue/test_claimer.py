"""The claimer's turns one by one, with threads that are played by the test."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from meanwhile.clock import SystemClock
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.models import Job
from meanwhile.queue.pause import pause
from meanwhile.queue.states import State
from meanwhile.queue.wake import Wake
from meanwhile.queue.worker import claimer as claimers
from meanwhile.queue.worker import slots
from meanwhile.queue.worker.claimer import Claimer
from meanwhile.queue.worker.gate import Gate
from meanwhile.queue.worker.pool import Pool
from meanwhile.queue.worker.slots import Holdings, Slot
from tests.integration.queue.test_worker import eventually
from tests.integration.queue.toys import job

pytestmark = pytest.mark.django_db(transaction=True)

LONG = 10.0  # seconds that no test waits for
QUICK = 0.001


def claimer_for(holdings: Holdings, *, threads: int, take_turns: bool = False) -> Claimer:
    """A claimer for threads that don't run; their jobs have been quick so far."""
    clock, gate = SystemClock(), Gate()
    pool = Pool(
        "default",
        threads=threads,
        clock=clock,
        holdings=holdings,
        gate=gate,
        default_timeout=LONG,
        take_turns=take_turns,
    )
    pool.slots = [Slot() for _ in range(threads)]
    pool._typical = QUICK
    return Claimer(
        "default", owner="me", lease=LONG, sweep=LONG, clock=clock, wake=Wake(), holdings=holdings, pool=pool, gate=gate
    )  # fmt: skip


def taken(holdings: Holdings) -> ClaimedJob:
    found = holdings.take(0.0)
    assert found is not None
    return found


@pytest.mark.parametrize(("threads", "take_turns"), [(1, False), (3, True), (8, False)])
def test_jobs_handed_back_for_long_ones_are_not_claimed_again_before_those_end(
    toy, monkeypatch: pytest.MonkeyPatch, threads: int, take_turns: bool
) -> None:
    toy()
    enqueue([job("long") for _ in range(threads)] + [job("after") for _ in range(5)])
    holdings = Holdings()
    claimer = claimer_for(holdings, threads=threads, take_turns=take_turns)
    while holdings.waiting() < threads + 5:
        claimer.turn()
    for _ in range(threads):
        taken(holdings)
    monkeypatch.setattr(claimers, "LONGEST_STAND", 0.0)
    monkeypatch.setattr(slots, "IDLE_LOOK", 0.001)

    for _ in range(5):
        claimer.turn()

    assert holdings.waiting() == 0
    assert set(Job.objects.filter(state=State.READY).values_list("lease_token", flat=True)) == {1}


def test_a_thread_that_becomes_free_right_before_the_claimer_waits_is_noticed(
    toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    class LastMoment(Holdings):
        def nudge(self, *arguments, **options) -> None:
            self.done(running, settled=True)
            super().nudge(*arguments, **options)

    toy()
    enqueue([job("a")])
    holdings = LastMoment()
    claimer = claimer_for(holdings, threads=1)
    claimer.turn()
    running = taken(holdings)
    claimer._pool.expect_slow(LONG)  # nothing is claimed ahead
    monkeypatch.setattr(slots, "IDLE_LOOK", LONG)
    turn = threading.Thread(target=claimer.turn, daemon=True)

    turn.start()
    turn.join(LONG / 2)

    assert not turn.is_alive()


@pytest.mark.usefixtures("toy")
def test_nothing_is_claimed_when_the_queue_was_paused_while_another_had_the_gate() -> None:
    enqueue([job("a")])
    holdings = Holdings()
    claimer = claimer_for(holdings, threads=1)

    def run() -> None:
        try:
            claimer.turn()
        finally:
            connection.close()

    turn = threading.Thread(target=run, daemon=True)
    with claimer._gate():
        turn.start()
        eventually(lambda: claimer._gate._condition._waiters)  # type: ignore[attr-defined]
        pause()
    turn.join(LONG)
    assert not turn.is_alive()
    assert holdings.waiting() == 0
