"""The rate at which jobs are claimed with 1,000,000 of them waiting, against the same with 1,000.

Twice: with all of them due, and with all but 1,000 due in a year and of a higher priority; the value is the lower
ratio. Both queues are on the same server; jobs are claimed in batches of ten and given back after each round.
"""

from __future__ import annotations

from typing import Any

from benchmarks.child import Child, child
from benchmarks.measure import alternating, median, ratios, spread, tidy
from benchmarks.places import Place
from benchmarks.report import Figure, Goal

UNIT = "of the rate"
GOAL = Goal("at least", 0.9)
COMPARED_WITH = "the claim rate of the same table with 1,000 jobs waiting"

LARGE, SMALL = "second", "default"
TIMES = 5
"""Claims of the same jobs in one measurement: each is fast, and the small queue has no more than 1,000."""


def measure(place: Place, *, quick: bool) -> Figure:
    """Measure on one kind of database."""
    rounds, claims, waiting = (2, 50, 2000) if quick else (20, 500, 1_000_000)
    database = place.database(BENCH_NAME_2=place.name())
    found: dict[str, list[float]] = {}
    details: dict[str, Any] = {}
    with child(database) as helper:
        helper.ask("claim:fill", n=1000, using=SMALL, not_due=False)
        for name in ("all_due", "mostly_not_due"):
            helper.ask("claim:fill", n=waiting, using=LARGE, not_due=name == "mostly_not_due")
            rates = _rates(helper, rounds, claims)
            found[name] = ratios(rates[LARGE], rates[SMALL])
            details[name] = {
                "ratio": tidy(median(found[name])),
                "spread": spread(found[name]),
                "claims_a_second": tidy(median(rates[LARGE])),
                "with_1000_waiting": tidy(median(rates[SMALL])),
            }
    worst = min(found, key=lambda name: median(found[name]))
    return Figure(median(found[worst]), spread(found[worst]), details)


def _rates(helper: Child, rounds: int, claims: int) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {SMALL: [], LARGE: []}
    for using in rates:  # the first claims fill the caches
        helper.ask("claim:rate", n=claims, times=TIMES, using=using)
    for order in alternating(tuple(rates), rounds):
        for using in order:
            rates[using].append(helper.ask("claim:rate", n=claims, times=TIMES, using=using))
    return rates
