"""Give up steps that run over their time: free what they hold, record the failure, and put another thread in their
place.

Python can't end a thread. What can be done is done: its database connection is cut, so that its transaction is rolled
back and its locks are free; its job's next write is fenced; and an exception is raised in it as soon as it runs
Python code again.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import socket
from collections.abc import Callable

from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.clock import Clock
from meanwhile.exceptions import StepTimeout
from meanwhile.queue import sql
from meanwhile.queue.worker.gate import Gate
from meanwhile.queue.worker.pool import Pool
from meanwhile.queue.worker.role import Role
from meanwhile.queue.worker.slots import Holdings, Slot

logger = logging.getLogger("meanwhile.worker")

LOOK_EVERY = 0.2


class Watchdog(Role):
    """Looks at the running steps a few times a second."""

    name = "watchdog"

    def __init__(
        self, using: str, *, clock: Clock, pool: Pool, holdings: Holdings, gate: Gate, on_exhausted: Callable[[], None]
    ) -> None:
        super().__init__(using)
        self._clock, self._pool, self._holdings, self._gate = clock, pool, holdings, gate
        self._on_exhausted = on_exhausted

    def turn(self) -> None:
        """Give up what is over its time, and wait a little."""
        for slot in list(self._pool.slots):
            deadline = slot.deadline
            if not slot.abandoned and deadline is not None and self._clock.monotonic() > deadline:
                self._give_up(slot)
        self.stopping.wait(LOOK_EVERY)

    def _give_up(self, slot: Slot) -> None:
        execution, step = slot.execution, slot.step
        if execution is None or step is None:
            return
        error = StepTimeout(execution.step_seconds(step))
        logger.error("A step ran over its time and is given up.", extra={"job": execution.job.id, "step": step.key})
        replaced = self._pool.replace(slot)
        if slot.connection is not None:
            cut(slot.connection)
        self._gate.revoke(slot.thread)
        _raise_in(slot.thread, StepTimeout)
        try:
            execution.give_up(error)
            self._holdings.done(execution.job, settled=True)
        except Exception:
            self._holdings.done(execution.job, settled=False)
            raise
        if not replaced and not self._pool.size():
            self._on_exhausted()


def cut(connection: BaseDatabaseWrapper) -> None:
    """Cut another thread's database connection, so that the server rolls its transaction back and frees its locks."""
    raw = connection.connection
    if raw is None:
        return
    with contextlib.suppress(Exception):
        if sql.is_postgresql(connection):
            # The client library must not be touched by two threads; the socket may.
            with socket.socket(fileno=os.dup(raw.fileno())) as wire:
                wire.shutdown(socket.SHUT_RDWR)
        else:
            raw.interrupt()
            raw.close()


def _raise_in(thread: int | None, exception: type[BaseException]) -> None:
    if thread is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(exception))
