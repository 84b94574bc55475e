"""The one source of time, passed in wherever time matters so that a test can hold it still."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the queue, the worker and the runner ask for the time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds of a clock that never jumps."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds of a clock that never jumps."""
        return time.monotonic()


class FixedClock:
    """A clock that stands still until it is told to go on; for tests.

    >>> clock = FixedClock(datetime(2026, 3, 1, tzinfo=UTC))
    >>> clock.advance(hours=2)
    """

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            msg = "FixedClock needs an aware datetime, for example datetime(2026, 3, 1, tzinfo=UTC)."
            raise ValueError(msg)
        self._now = now
        self._monotonic = 0.0

    def now(self) -> datetime:
        """Return the moment the clock stands at."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds by which the clock was advanced."""
        return self._monotonic

    def advance(self, **span: float) -> None:
        """Move the clock on by a span, given as keywords of `timedelta` (``hours=2``)."""
        step = timedelta(**span)
        self._now += step
        self._monotonic += step.total_seconds()
