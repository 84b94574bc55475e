"""Turn rounds into figures: medians, spreads, percentiles. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def alternating(sides: Sequence[T], rounds: int) -> Iterator[Sequence[T]]:
    """Yield the sides once a round, in an order that turns: whatever comes first or last in a round does so in turn."""
    for number in range(rounds):
        shift = number % len(sides)
        turned = [*sides[shift:], *sides[:shift]]
        yield turned if (number // len(sides)) % 2 == 0 else turned[::-1]


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value below which so many percent of all lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Return the ratio of each round: both sides of one were measured within moments of each other."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def spread(values: Sequence[float]) -> list[float]:
    """Return the quartiles around the median, rounded: half of all rounds lie between them."""
    return [tidy(percentile(values, 25)), tidy(percentile(values, 75))]


def tidy(value: float) -> float:
    """Round to what a reader can use."""
    return round(value, 3) if abs(value) < 100 else round(value, 1)
