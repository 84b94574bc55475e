"""The Studio's lists and the admin's, with 1,000,000 runs and 1,000,000 waiting jobs: their slowest page.

A request to each page, inside Django, by a person who may see all; with statistics from before nearly all of it came,
with fresh ones and with none. The value is the share of 200 ms that the slowest page of the Studio takes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from benchmarks.child import Child, child
from benchmarks.measure import alternating, median, ratios, spread, tidy
from benchmarks.places import Place
from benchmarks.report import Figure, Goal

UNIT = "of the 200 ms that a page may take"
GOAL = Goal("at most", 1)
COMPARED_WITH = "200 ms; of each page also the ratio to the same page of the same site with one run and no job"
KINDS = ("sqlite-normal", "postgres")

ALLOWED_MS = 200
STATISTICS = ("stale", "fresh", "none")
WORST_SHOWN = 5


def measure(place: Place, *, quick: bool) -> Figure:
    """Measure on one kind of database."""
    n, rounds = (2000, 1) if quick else (1_000_000, 9)
    now = datetime.now(UTC).isoformat()
    full, empty = place.database(BENCH_STUDIO="1"), place.database(BENCH_STUDIO="1")
    details: dict[str, Any] = {}
    worst: tuple[float, list[float]] = (0.0, [0.0])
    with child(full) as many, child(empty) as few:
        for side in (many, few):
            side.ask("studio_lists:prepare")
        few.ask("studio_lists:fill_one", now=now)
        many.ask("studio_lists:fill_past", n=n, now=now)
        many.ask("studio_lists:statistics", which="fresh")
        many.ask("studio_lists:fill_rest", n=n, now=now)
        sides = {"many": many, "few": few}
        pages = {
            "many": many.ask("studio_lists:pages", n=n, now=now),
            "few": few.ask("studio_lists:pages", n=1, now=now),
        }
        for which in STATISTICS[1:2] if quick else STATISTICS:
            if which != STATISTICS[0]:
                many.ask("studio_lists:statistics", which=which)
            taken = _taken(sides, pages, rounds, strict=not quick)
            details[f"with_{which}_statistics"] = {
                name: {
                    "ms": tidy(median(times["many"])),
                    "least_ms": tidy(min(times["many"])),
                    "empty_ms": tidy(median(times["few"])),
                    "ratio": tidy(median(ratios(times["many"], times["few"]))),
                }
                for name, times in taken.items()
            }
            slowest = max((times["many"] for name, times in taken.items() if not is_admin(name)), key=median)
            worst = max(worst, (median(slowest), slowest))
    shares = [ms / ALLOWED_MS for ms in worst[1]]
    return Figure(median(shares), spread(shares), {**_slowest(details), **details})


def _taken(
    sides: dict[str, Child], pages: dict[str, dict[str, Any]], rounds: int, *, strict: bool
) -> dict[str, dict[str, list[float]]]:
    """Return the milliseconds of each page on each side, round by round."""
    taken: dict[str, dict[str, list[float]]] = {name: {side: [] for side in sides} for name in pages["many"]}
    for number, order in enumerate(alternating(tuple(sides), rounds + 1)):
        for name in taken:
            for side in order:
                path, least = pages[side][name]
                shown = least if strict and side == "many" else 0
                ms = 1000 * sides[side].ask("studio_lists:seconds", path=path, least=shown)
                if number:  # the first round fills the caches
                    taken[name][side].append(ms)
    return taken


def _slowest(details: dict[str, Any]) -> dict[str, Any]:
    """Return the slowest pages of all, and the one that is furthest from its empty one."""
    every = [
        {"page": name, "statistics": which.split("_")[1], **figures}
        for which, by_page in details.items()
        for name, figures in by_page.items()
    ]
    every.sort(key=lambda one: -one["ms"])
    return {
        "slowest": [one for one in every if not is_admin(one["page"])][:WORST_SHOWN],
        "furthest_from_empty": max((one for one in every if not is_admin(one["page"])), key=lambda one: one["ratio"]),
        "slowest_in_the_admin": [one for one in every if is_admin(one["page"])][:WORST_SHOWN],
    }


def is_admin(name: str) -> bool:
    """Say whether a page is one of the admin's."""
    return name.startswith("admin, ")
