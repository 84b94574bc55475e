"""Saving a record of a model without trees, in a project with Meanwhile and trees on other models, against without it.

No two processes are equally fast, so several pairs of them are compared, each in alternating rounds; the value is the
median of the pairs' medians.
"""

from __future__ import annotations

from benchmarks.child import child
from benchmarks.measure import alternating, median, ratios, spread, tidy
from benchmarks.places import Place
from benchmarks.report import Figure, Goal

UNIT = "times the duration"
GOAL = Goal("at most", 1.02)
COMPARED_WITH = "the same two saves (insert, update) in a project without Meanwhile in INSTALLED_APPS"


def measure(place: Place, *, quick: bool) -> Figure:
    """Measure on one kind of database."""
    pairs, rounds, saves = (1, 2, 20) if quick else (7, 14, 120)
    databases = {"plain": place.database(plain=True), "meanwhile": place.database()}
    by_pair, taken = [], {"plain": [0.0], "meanwhile": [0.0]}
    for number in range(pairs):
        # The same hash seed for both, another one for each pair: it moves dicts and sets about in memory.
        seed = str(number + 1)
        with (
            child(databases["plain"], PYTHONHASHSEED=seed) as plain,
            child(databases["meanwhile"], PYTHONHASHSEED=seed) as meanwhile,
        ):
            sides = {"plain": plain, "meanwhile": meanwhile}
            taken = {"plain": [], "meanwhile": []}
            for side in sides.values():
                side.ask("save_untouched:save", n=saves)
            for order in alternating(tuple(sides), rounds):
                for side in order:
                    taken[side].append(sides[side].ask("save_untouched:save", n=saves))
        by_pair.append(median(ratios(taken["meanwhile"], taken["plain"])))
    details = {"us_of_the_last_pair": {side: tidy(median(times)) for side, times in taken.items()}}
    return Figure(median(by_pair), spread(by_pair), details)
