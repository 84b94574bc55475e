"""Give up what takes longer than a person at a page would wait."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

from meanwhile.queue import sql
from meanwhile.studio.errors import TimeIsUp

AGAIN = 0.05
"""Seconds after which whoever went on all the same is told once more."""


class Expired(BaseException):
    """What the code that takes too long is interrupted by; it becomes `TimeIsUp`."""


@contextmanager
def limited(seconds: float, *, using: str) -> Iterator[None]:
    """Let the body run so many seconds in this thread, inside a transaction which is rolled back afterwards.

    Python code is interrupted, a statement of the database too; a call that sleeps outside Python is noticed when it
    returns. Raises `TimeIsUp`.
    """
    limit = _Limit(seconds, using)
    limit.begin()
    try:
        yield
    except BaseException as error:
        if limit.end() and not isinstance(error, KeyboardInterrupt | SystemExit):
            raise TimeIsUp(seconds) from None
        raise
    if limit.end():
        raise TimeIsUp(seconds)


class _Limit:
    """A thread that waits, and interrupts the one that began it."""

    def __init__(self, seconds: float, using: str) -> None:
        self._seconds, self._connection = seconds, connections[using]
        self._thread = threading.get_ident()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._expired = False

    def begin(self) -> None:
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
            pause = AGAIN

    def _interrupt_database(self) -> None:
        raw = self._connection.connection
        if raw is not None:
            raw.cancel() if sql.is_postgresql(self._connection) else raw.interrupt()


def _interrupt(thread: int, error: type[BaseException] | None) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), None if error is None else ctypes.py_object(error)
    )
