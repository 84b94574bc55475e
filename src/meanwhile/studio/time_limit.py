"""Give up what takes longer than a person at a page would wait."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.queue import sql
from meanwhile.studio.errors import TimeIsUp

AGAIN = 0.05
"""Seconds after which whoever went on all the same is told once more."""

RELEASED_AFTER = 0.5
"""Seconds after the end of the time in which the body may come to its end, before its transactions are ended for it."""


class Expired(BaseException):
    """What the code that takes too long is interrupted by; it becomes `TimeIsUp`."""


@contextmanager
def limited(seconds: float, *, using: str, held: Sequence[BaseDatabaseWrapper] = ()) -> Iterator[Limit]:
    """Let the body run so many seconds in this thread, inside a transaction which is rolled back afterwards.

    Python code is interrupted, a statement of the database too; a call that sleeps outside Python is noticed when it
    returns. When the time is up, the connections that are ``held`` do nothing any more; so that nobody has to wait for
    them, their transactions are ended `RELEASED_AFTER` it if they began here, whatever the body is at. Raises
    `TimeIsUp`.
    """
    limit = Limit(seconds, using, [one for one in held if len(one.atomic_blocks) == 1])
    limit.begin()
    try:
        with ExitStack() as stack:
            for connection in held:
                stack.enter_context(connection.execute_wrapper(limit.guard))
            yield limit
    except BaseException as error:
        if limit.end() and not isinstance(error, KeyboardInterrupt | SystemExit):
            raise TimeIsUp(seconds) from None
        raise
    if limit.end():
        raise TimeIsUp(seconds)


class Limit:
    """A thread that waits, and interrupts the one that began it."""

    def __init__(self, seconds: float, using: str, held: Sequence[BaseDatabaseWrapper]) -> None:
        self._seconds, self._connection, self._held = seconds, connections[using], held
        self._thread = threading.get_ident()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._expired = False
        self._ends = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return max(0.0, self._ends - time.monotonic())

    def check(self) -> None:
        """Raise what interrupts the body, for code that is called by some which catches everything."""
        if self._expired:
            raise Expired

    def guard(self, execute: Callable[..., Any], *statement: Any) -> Any:
        """Refuse statements when the time is up (an execute wrapper of Django's).

        SQLite takes the whole transaction back when it is interrupted in a write: what followed would be kept.
        """
        self.check()
        return execute(*statement)

    def begin(self) -> None:
        """Start the clock."""
        for connection in self._held:
            if sql.is_postgresql(connection):
                milliseconds = round((self._seconds + RELEASED_AFTER) * 1000)
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = {milliseconds}")
        threading.Thread(target=self._wait, name="meanwhile-studio-limit", daemon=True).start()

    def end(self) -> bool:
        """Stop waiting, and say whether the time was up."""
        while True:
            try:
                self._over.set()
                with self._lock:
                    _interrupt(self._thread, None)
                return self._expired
            except Expired:  # it came in the very moment in which the body ended
                continue

    def _wait(self) -> None:
        pause = self._seconds
        while not self._over.wait(pause):
            with self._lock:
                if self._over.is_set():
                    return
                if self._expired:
                    _interrupt(self._thread, Expired)
                # At first the database alone: its driver is better told by a failed statement than by an exception.
                self._expired = True
                self._interrupt_database()
                if time.monotonic() >= self._ends + RELEASED_AFTER:
                    self._release()
            pause = AGAIN

    def _release(self) -> None:
        """End the transactions of SQLite, whose one writer all others wait for; PostgreSQL does it by itself.

        Django goes on to believe that they are open; `guard` sees to it that nothing is written outside them.
        """
        for connection in self._held:
            if connection.connection is not None and not sql.is_postgresql(connection):
                with suppress(Exception):  # such as in the middle of a statement: it is tried again soon
                    connection.connection.rollback()

    def _interrupt_database(self) -> None:
        raw = self._connection.connection
        if raw is not None:
            raw.cancel() if sql.is_postgresql(self._connection) else raw.interrupt()


def _interrupt(thread: int, error: type[BaseException] | None) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), None if error is None else ctypes.py_object(error)
    )
