"""The worker's threads that run jobs: a fixed number, with replacements for those whose step never returned."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress

from django import db
from django.db import connections

from meanwhile.clock import Clock
from meanwhile.queue.execution import Execution
from meanwhile.queue.handlers import PlannedStep
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.worker.gate import Gate
from meanwhile.queue.worker.role import keep_open
from meanwhile.queue.worker.slots import Few, Holdings, Slot

logger = logging.getLogger("meanwhile.worker")

REPLACEMENTS = 2
"""Lost threads that are replaced, as a multiple of the worker's threads; after that it shrinks, so that threads stay
bounded."""

IDLE_LOOK = 1.0
SMOOTHING = 0.2
SHORT = 0.005
NOT_SHORT = 0.01
"""Seconds after which a job that was expected to be short no longer keeps the other threads waiting."""

ENOUGH_FOR_SHORT = 3
"""Threads for short jobs, or half of the worker's if those are more: while some wait for the database, another works.
They share one interpreter lock, and what further ones add they take from these."""


class Pool:
    """Threads that take jobs from the holdings and run them."""

    def __init__(
        self,
        using: str,
        *,
        threads: int,
        clock: Clock,
        holdings: Holdings,
        gate: Gate,
        default_timeout: float,
        take_turns: bool,
    ) -> None:
        self.using = using
        self.slots: list[Slot] = []
        self._wanted, self._lost = threads, 0
        self._clock, self._holdings, self._gate = clock, holdings, gate
        self._default_timeout, self._take_turns = default_timeout, take_turns
        self._stopping = threading.Event()
        self._threads: list[tuple[threading.Thread, Slot]] = []
        self._typical = 0.05

    def start(self) -> None:
        """Start all threads."""
        for _ in range(self._wanted):
            self._add()

    def stop(self) -> None:
        """Ask the threads to hand back their jobs after the step that they are at."""
        self._stopping.set()
        self._holdings.wake_all()

    def join(self, seconds: float) -> bool:
        """Wait up to so many seconds for the threads to end; say whether all did."""
        until = self._clock.monotonic() + seconds
        for thread, slot in list(self._threads):
            if not slot.abandoned:
                thread.join(max(0.0, until - self._clock.monotonic()))
        return not any(thread.is_alive() for thread, slot in list(self._threads) if not slot.abandoned)

    def size(self) -> int:
        """Return how many threads take jobs."""
        return sum(not slot.abandoned for slot in self.slots)

    def at_a_time(self) -> int:
        """Return how many jobs can be expected to run at a time."""
        return 1 if self._take_turns else max(1, self.size())

    def has_lost(self) -> bool:
        """Say whether threads live on that were left to themselves."""
        return any(slot.abandoned and thread.is_alive() for thread, slot in list(self._threads))

    def typical_seconds(self) -> float:
        """Return how long a job takes these days, in seconds."""
        return self._typical

    def expect_slow(self, seconds: float) -> None:
        """Take jobs for this long at least, until some have been quicker."""
        self._typical = max(self._typical, seconds)

    def few(self) -> Few | None:
        """Return how many threads are enough for the jobs of these days; None if each job may have its own.

        One, where the database has one writer: to take turns after each of many short jobs costs more than the jobs.
        """
        if self._typical > SHORT:
            return None
        return Few(1 if self._take_turns else max(ENOUGH_FOR_SHORT, self._wanted // 2), NOT_SHORT)

    def replace(self, slot: Slot) -> bool:
        """Leave a thread to itself whose step never returned, and start another; False when too many are lost
        already."""
        slot.abandoned = True
        self._lost += 1
        if self._lost > self._wanted * REPLACEMENTS:
            logger.critical(
                "Too many steps never returned; this worker goes on with fewer threads.", extra={"lost": self._lost}
            )
            return False
        self._add()
        return True

    def _add(self) -> None:
        slot = Slot()
        thread = threading.Thread(
            target=self._loop, args=(slot,), name=f"meanwhile-run-{len(self.slots) + 1}", daemon=True
        )
        thread.start()
        self.slots.append(slot)
        self._threads.append((thread, slot))

    def _loop(self, slot: Slot) -> None:
        slot.thread = threading.get_ident()
        while not self._stopping.is_set() and not slot.abandoned:
            job = self._holdings.take(IDLE_LOOK, few=self.few())
            if job is not None:
                self._run(job, slot)
        # The connection of a lost thread was cut, and it may still have a StepTimeout coming.
        with suppress(Exception):
            connections.close_all()

    def _run(self, job: ClaimedJob, slot: Slot) -> None:
        began = self._clock.monotonic()
        settled = False
        try:
            keep_open(self.using)
            slot.connection = connections[self.using]
            execution = Execution(
                job,
                using=self.using,
                clock=self._clock,
                stopping=self._stopping.is_set,
                watch=lambda step: self._watch(slot, step),
                **({"gate": self._gate} if self._take_turns else {}),
            )
            slot.execution = execution
            execution.run()
            settled = True
        except BaseException:
            if not slot.abandoned:
                logger.exception(
                    "The outcome of a job could not be written; it is handed back as soon as possible.",
                    extra={"job": job.id},
                )
        finally:
            if not slot.abandoned:
                slot.execution = slot.step = slot.deadline = None
                self._holdings.done(job, settled=settled)
                # Without the wait for the others: short jobs that stand in each other's way are not long ones.
                self._typical += SMOOTHING * (self._clock.monotonic() - began - self._gate.waited() - self._typical)
                self._tidy(settled=settled)

    def _watch(self, slot: Slot, step: PlannedStep | None) -> None:
        slot.step = step
        if step is None:
            slot.deadline = None
        else:
            slot.deadline = self._clock.monotonic() + (step.timeout or self._default_timeout)

    def _tidy(self, *, settled: bool) -> None:
        """Leave no trace of one job in this thread for the next: broken or old connections, collected queries."""
        db.reset_queries()
        for connection in connections.all(initialized_only=True):
            if connection.alias != self.using or not settled or connection.errors_occurred:
                connection.close_if_unusable_or_obsolete()
