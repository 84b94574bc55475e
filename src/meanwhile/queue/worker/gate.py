"""Let the threads of one worker take turns at writing, where the database has one writer.

SQLite lets waiting writers sleep and try again, which is slow and unfair; inside one process a lock does it better. A
step that is given up while it holds the gate has it taken away (`Gate.revoke`), so that the others go on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """A lock with a known holder that can be taken away from it."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._holder: int | None = None
        self._depth = 0
        self._waited: dict[int, float] = {}

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold the gate while the context lasts; the same thread may enter again."""
        me = threading.get_ident()
        with self._condition:
            if self._holder not in (None, me):
                self._wait(me)
            self._holder = me
            self._depth += 1
        try:
            yield
        finally:
            with self._condition:
                if self._holder == me:
                    self._depth -= 1
                    if not self._depth:
                        self._release()

    def waited(self) -> float:
        """Return for how many seconds this thread has waited to enter since it last asked."""
        return self._waited.pop(threading.get_ident(), 0.0)

    def revoke(self, thread: int | None) -> None:
        """Take the gate from a thread (by its identifier) that will not give it back."""
        with self._condition:
            if self._holder is not None and self._holder == thread:
                self._release()

    def _wait(self, me: int) -> None:
        since = time.monotonic()
        while self._holder not in (None, me):
            self._condition.wait()
        self._waited[me] = self._waited.get(me, 0.0) + time.monotonic() - since

    def _release(self) -> None:
        self._holder, self._depth = None, 0
        self._condition.notify()
