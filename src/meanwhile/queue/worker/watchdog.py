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
import threading
from collections.abc import Callable
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.clock import Clock
from meanwhile.exceptions import StepTimeout
from meanwhile.queue import sql
from meanwhile.queue.execution import Execution
from meanwhile.queue.worker.gate import Gate
from meanwhile.queue.worker.pool import Pool
from meanwhile.queue.worker.role import Role
from meanwhile.queue.worker.slots import Holdings, Slot

logger = logging.getLogger("meanwhile.worker")

LOOK_EVERY = 0.2
CANCEL_WITHIN = 2.0
INTERRUPT_EVERY = 0.02
ROLLBACKS = 100
"""How often a rollback is tried, as an interruption may end that as well."""


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
                self._give_up(slot, deadline)
        self.stopping.wait(LOOK_EVERY)

    def _give_up(self, slot: Slot, deadline: float) -> None:
        execution, step = slot.execution, slot.step
        if execution is None or step is None:
            return
        lost = execution.stand_in()
        if slot.deadline != deadline:
            return  # it has come to its end while this was read
        execution.given_up = True
        error = StepTimeout(execution.step_seconds(step))
        logger.error("A step ran over its time and is given up.", extra={"job": execution.job.id, "step": step.key})
        replaced = self._pool.replace(slot)
        if slot.connection is not None:
            cut(slot.connection)
        self._gate.revoke(slot.thread)
        _raise_in(slot.thread, StepTimeout)
        exhausted = not replaced and not self._pool.size()
        # In a thread of its own: it may have to wait for another step that hangs, which only the watchdog can end.
        threading.Thread(
            target=self._record,
            args=(lost, error),
            kwargs={"exhausted": exhausted},
            name="meanwhile-give-up",
            daemon=True,
        ).start()

    def _record(self, execution: Execution, error: StepTimeout, *, exhausted: bool) -> None:
        settled = False
        try:
            execution.give_up(error)
            settled = True
        except Exception:
            logger.exception(
                "A timeout could not be recorded; the job is handed back.", extra={"job": execution.job.id}
            )
        finally:
            self._holdings.done(execution.job, settled=settled)
            connections.close_all()
            if exhausted:
                self._on_exhausted()


def cut(connection: BaseDatabaseWrapper) -> None:
    """Cut another thread's database connection, so that the server rolls its transaction back and frees its locks."""
    raw = connection.connection
    if raw is None:
        return
    with contextlib.suppress(Exception):
        if sql.is_postgresql(connection):
            # The client library must not be touched by two threads, but for this; the socket may. A server that runs a
            # statement would not notice the end of the connection before the end of the statement.
            with contextlib.suppress(Exception):
                raw.cancel_safe(timeout=CANCEL_WITHIN) if hasattr(raw, "cancel_safe") else raw.cancel()
            with socket.socket(fileno=os.dup(raw.fileno())) as wire:
                wire.shutdown(socket.SHUT_RDWR)
        else:
            # Closing alone would leave the transaction open as long as any cursor of that thread is alive. Until it is
            # closed, Django refuses what the thread may try outside the transaction that is rolled back here.
            connection.needs_rollback = True
            _roll_back(raw)


def _roll_back(raw: Any) -> None:
    """Roll back and close a SQLite connection whose thread may be in the middle of a statement, or about to begin one.

    An interruption ends what runs at that moment and nothing else; a statement that begins a moment later would keep
    the connection to itself. So there is one after the other until it is closed.
    """
    closed = threading.Event()

    def interrupt() -> None:
        while not closed.is_set():
            with contextlib.suppress(Exception):
                raw.interrupt()
            closed.wait(INTERRUPT_EVERY)

    threading.Thread(target=interrupt, name="meanwhile-interrupt", daemon=True).start()
    try:
        for _try in range(ROLLBACKS):
            with contextlib.suppress(Exception):
                raw.rollback()
            if not raw.in_transaction:
                break
        raw.close()
    finally:
        closed.set()


def _raise_in(thread: int | None, exception: type[BaseException]) -> None:
    if thread is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(exception))
