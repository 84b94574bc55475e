"""Plots as numbers that a template writes into SVG: bars of what ended, and a line of how long jobs waited. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from meanwhile.queue.rates import Slot

WIDTH, HEIGHT = 600.0, 120.0
SHARE = 0.72
"""Of a slot's width that its bar takes."""

STEPS = (1, 2, 5)
TIMES = (10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18_000, 36_000, 86_400)
"""Scales of seconds, minutes and hours, up to a day."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar from the bottom up: ``failed`` stands on ``succeeded``."""

    x: float
    width: float
    good: float
    bad: float
    slot: Slot

    @property
    def good_y(self) -> float:
        """The top of the lower part."""
        return round(HEIGHT - self.good, 1)

    @property
    def bad_y(self) -> float:
        """The top of the upper part."""
        return round(HEIGHT - self.good - self.bad, 1)


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot of `WIDTH` by `HEIGHT`: its scale goes up to ``top``; ``marks`` are moments on the axis as (x, moment)."""

    top: float
    marks: list[tuple[float, datetime]]
    bars: list[Bar]
    lines: list[str]
    dots: list[tuple[float, float, Slot]]
    is_empty: bool


def throughput(slots: Sequence[Slot]) -> Plot:
    """Return what ended, as bars."""
    top = _round_up(max((slot.succeeded + slot.failed for slot in slots), default=0))
    step = WIDTH / max(len(slots), 1)
    bars = [
        Bar(
            round(index * step + step * (1 - SHARE) / 2, 1),
            round(step * SHARE, 1),
            _height(slot.succeeded, top),
            _height(slot.failed, top),
            slot,
        )
        for index, slot in enumerate(slots)
    ]
    empty = not any(slot.succeeded or slot.failed for slot in slots)
    return Plot(top, _marks(slots), bars, [], [], empty)


def waits(slots: Sequence[Slot]) -> Plot:
    """Return the mean wait as a line, broken where nothing ended, and the longest waits as dots."""
    top = _round_up_time(max((slot.longest or 0 for slot in slots), default=0))
    step = WIDTH / max(len(slots), 1)
    lines, points, dots = list[str](), list[str](), list[tuple[float, float, Slot]]()
    for index, slot in enumerate(slots):
        x = round((index + 0.5) * step, 1)
        if slot.wait is None:
            points = _close(lines, points)
            continue
        points.append(f"{x},{round(HEIGHT - _height(slot.wait, top), 1)}")
        dots.append((x, round(HEIGHT - _height(slot.longest or 0, top), 1), slot))
    _close(lines, points)
    return Plot(top, _marks(slots), [], lines, dots, not dots)


def _close(lines: list[str], points: list[str]) -> list[str]:
    if points:
        # A line of one point is a dot.
        lines.append(" ".join(points * 2 if len(points) == 1 else points))
    return []


def _marks(slots: Sequence[Slot]) -> list[tuple[float, datetime]]:
    """Four moments, at equal distances."""
    every = max(len(slots) // 4, 1)
    return [(round(index * WIDTH / len(slots), 1), slots[index].start) for index in range(0, len(slots), every)][:4]


def _height(value: float, top: float) -> float:
    if value <= 0:
        return 0.0
    return round(max(value / top * HEIGHT, 1.5), 1)


def _round_up_time(seconds: float) -> float:
    """Return the next time that people would choose for a scale: a part of a minute, an hour or a day, or 1, 2, 5, 10,
    … days."""
    day = TIMES[-1]
    if seconds > day:
        return _round_up(seconds / day) * day
    return next((time for time in TIMES if seconds <= time), day) if seconds > TIMES[0] / 2 else _round_up(seconds)


def _round_up(value: float) -> float:
    """Return the next of 1, 2, 5, 10, 20, … (or 0.01, 0.02, …) that is not below a value."""
    if value <= 0:
        return 1.0
    size = 1e-3
    while True:
        for step in STEPS:
            if size * step >= value * 0.999:
                return round(size * step, 3)
        size *= 10
