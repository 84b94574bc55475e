"""Let a test say what time it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.apps import apps

from meanwhile.clock import Clock, FixedClock
from meanwhile.queue import handlers
from meanwhile.trees.background import TreeHandler


@contextmanager
def clock_at(moment: datetime) -> Iterator[FixedClock]:
    """Let trees believe that it is ``moment`` (aware) in the body: delays count from it, steps and runs are stamped
    with it.

    Yields the clock, which stands still until it is told to go on (`FixedClock.advance`, `advance_to`).

        with clock_at(datetime(2026, 3, 1, 12, tzinfo=UTC)) as clock:
            booking.save()
            clock.advance(days=2)
            run_background()
    """
    clock = FixedClock(moment)
    with using_clock(clock):
        yield clock


@contextmanager
def using_clock(clock: Clock) -> Iterator[None]:
    """Let everything that trees do in the body go by a clock."""
    config: Any = apps.get_app_config("meanwhile")
    before, handler = config.clock, handlers.handler_for("tree")
    config.clock = clock
    handlers.register("tree", TreeHandler(clock))
    try:
        yield
    finally:
        config.clock = before
        handlers.register("tree", handler)


def current_clock() -> Clock:
    """Return the clock that trees go by now."""
    clock: Clock = apps.get_app_config("meanwhile").clock  # type: ignore[attr-defined]
    return clock
