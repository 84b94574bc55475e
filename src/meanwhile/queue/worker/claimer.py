"""Keep the worker's threads supplied: claim what is due, and wait for the next wake-up or the next due time
otherwise."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.db import connections, transaction

from meanwhile.clock import Clock
from meanwhile.queue import acknowledge, sql, wake
from meanwhile.queue.claim import claim, claim_at_once, first_look
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.wake import Wake
from meanwhile.queue.worker.gate import Gate
from meanwhile.queue.worker.pool import Pool
from meanwhile.queue.worker.role import Role
from meanwhile.queue.worker.slots import Few, Holdings

SUPPLY = 0.1
"""Seconds of work to claim ahead: short jobs come in batches, long ones one for each thread."""

LARGEST_BATCH = 64
ALL_HELD_PAUSE = 0.02
NUDGE_AFTER = 0.01
LONGEST_STAND = 2 * SUPPLY
"""Seconds after which jobs claimed ahead are handed back, because a long one is before them and others may be idle."""

ROUNDS = 8
"""Looks of one claim that may meet held back jobs alone."""


class Claimant(TypedDict):
    """Who claims, when, for how many seconds, and where."""

    owner: str
    now: datetime
    lease: float
    using: str


class Claimer(Role):
    """Claims jobs when threads have room."""

    name = "claimer"

    def __init__(
        self,
        using: str,
        *,
        owner: str,
        lease: float,
        sweep: float,
        clock: Clock,
        wake: Wake,
        holdings: Holdings,
        pool: Pool,
        gate: Gate,
    ) -> None:
        super().__init__(using)
        self._owner, self._lease, self._sweep, self._clock = owner, lease, sweep, clock
        self._wake, self._holdings, self._pool, self._gate = wake, holdings, pool, gate
        self._idle = False

    def turn(self) -> None:
        """Claim a batch, or wait until there may be something to claim."""
        self._settle()
        room = self._room()
        if room <= 0:
            self._hold_on()
            return
        if self._idle:
            self._idle = False
            # The one writer of SQLite is not bothered before there is something to write.
            if sql.is_postgresql(connections[self.using]) and (jobs := claim_at_once(room, **self._claimant())):
                self._hand_on(jobs)
                return
        waiting = first_look(self._clock.now(), using=self.using)
        if not waiting.due_now and self._holdings.waiting():
            self._hold_on()
            return
        if not waiting.due_now:
            self._wake.wait(self._until(waiting.next_due))
            self._idle = True
            return
        with self._gate():
            # While others had the gate the queue may have been paused, or something more urgent become due.
            looked = None if self._gate.waited() else waiting
            jobs = claim(room, **self._claimant(), waiting=looked, rounds=ROUNDS)
        if jobs:
            self._hand_on(jobs)
        elif self._holdings.waiting():
            self._hold_on()
        else:
            self._wake.wait(ALL_HELD_PAUSE)

    def interrupt(self) -> None:
        """End the wait."""
        self._wake.set()
        self._holdings.wake_all()

    def _claimant(self) -> Claimant:
        return {"owner": self._owner, "now": self._clock.now(), "lease": self._lease, "using": self.using}

    def _hand_on(self, jobs: list[ClaimedJob]) -> None:
        few = self._pool.few()
        self._holdings.add(jobs, low=self._enough(len(jobs), few), few=few)

    def _room(self) -> int:
        """Return how many more jobs to claim: what keeps the threads busy for a moment, not more, so that others get
        some too."""
        threads = self._pool.size()
        at_a_time = self._pool.at_a_time()
        ahead = min(int(at_a_time * SUPPLY / max(self._pool.typical_seconds(), 1e-6)), LARGEST_BATCH) if threads else 0
        free = threads - self._holdings.busy()
        wanted = max(free, 0) + (ahead - 1 if ahead > 1 else 0)
        held = self._holdings.waiting()
        return wanted - held if held <= self._enough(wanted, self._pool.few()) else 0

    def _enough(self, jobs: int, few: Few | None) -> int:
        """Return how many of so many jobs may be left when more are claimed: none, if that would only slow the one
        thread that works alone."""
        return 0 if few is not None and few.threads == 1 else jobs // 2

    def _hold_on(self) -> None:
        """Wait for the line to move; if it stands, hand it back, for another worker or a later moment."""
        self._holdings.nudge(NUDGE_AFTER, has_room=lambda: self._room() > 0)
        if not self._holdings.is_slow(LONGEST_STAND):
            return
        with self._gate():
            jobs = self._holdings.withdraw(LONGEST_STAND)
            if not jobs:
                return
            # As long as it takes that nothing is claimed ahead: it would only be handed back again.
            self._pool.expect_slow(SUPPLY * self._pool.at_a_time())
            with transaction.atomic(using=self.using):
                acknowledge.hand_back_all(jobs, using=self.using)
                wake.on_commit(self.using)
        self._holdings.forget(jobs)

    def _until(self, next_due: datetime | None) -> float:
        if next_due is None:
            return self._sweep
        return max(0.0, min(self._sweep, (next_due - self._clock.now()).total_seconds()))

    def _settle(self) -> None:
        """Hand back jobs whose outcome could not be written while the database was away."""
        while self._holdings.unsettled:
            _, job = next(iter(self._holdings.unsettled.items()))
            acknowledge.hand_back_if_ours(job, using=self.using)
            self._holdings.unsettled.pop(job.id, None)
