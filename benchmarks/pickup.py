"""From the commit that queues a job to the start of its first step, with an idle worker.

In the worker's own process, as in a web process, and from another process. The value is the worst of four, p50 and p99
of both, each as a share of its own goal, so it holds up to 1. Both moments are of the system's one monotonic clock.
"""

from __future__ import annotations

from typing import Any

from benchmarks.child import child
from benchmarks.measure import percentile, spread, tidy
from benchmarks.places import Place
from benchmarks.processes import worker
from benchmarks.project import marks
from benchmarks.report import Figure, Goal

UNIT = "of the goal's milliseconds"
GOAL = Goal("at most", 1.0)
COMPARED_WITH = (
    "the goals in ms: in-process p50 2 and p99 10, across processes p50 10 and p99 25;"
    " beside them the floor: a thread's condition variable, PostgreSQL's NOTIFY, SQLite's data_version read every 3 ms"
)

GOALS = {"in_process": {50: 2.0, 99: 10.0}, "across": {50: 10.0, 99: 25.0}}
WATCH_INTERVAL = 0.003
ROUNDS = 4


def measure(place: Place, *, quick: bool) -> Figure:
    """Measure on one kind of database."""
    n = 5 if quick else 100
    rounds = 1 if quick else ROUNDS
    taken: dict[str, list[float]] = {"in_process": [], "in_process_floor": [], "across": [], "across_floor": []}
    worst = []
    for number in range(rounds):
        found = _round(place, n, f"marks-{number}")
        for way, times in found.items():
            taken[way] += times
        worst.append(max(_shares(found)))
    details = {way: {f"p{p}_ms": tidy(percentile(times, p)) for p in (50, 99, 100)} for way, times in taken.items()}
    return Figure(max(_shares(taken)), spread(worst), details)


def _round(place: Place, n: int, name: str) -> dict[str, list[float]]:
    """Take so many samples of each way, in milliseconds."""
    inside, across = place.file(f"{name}-inside"), place.file(f"{name}-across")
    own, shared = place.database(), place.database()
    with child(own, BENCH_MARKS=str(inside)) as helper:
        commits = helper.ask("pickup:commits_beside_a_worker", n=n)
        floor = helper.ask("pickup:floor_in_process", n=n)
    with child(shared) as helper, child(shared) as other:
        with worker(shared, BENCH_MARKS=str(across)):
            far_commits = helper.ask("pickup:commits", n=n)
        other.begin("pickup:watch", n=n, interval=WATCH_INTERVAL)
        touched = helper.ask("pickup:touch", n=n)
        seen = other.answer()
    return {
        "in_process": _taken(commits, marks.read(inside)),
        "in_process_floor": [nanoseconds / 1e6 for nanoseconds in floor],
        "across": _taken(far_commits, marks.read(across)),
        "across_floor": [(end - begin) / 1e6 for begin, end in zip(touched, seen, strict=True)],
    }


def _taken(commits: dict[str, int], starts: dict[int, int]) -> list[float]:
    return [(starts[int(key)] - moment) / 1e6 for key, moment in commits.items()]


def _shares(taken: dict[str, Any]) -> list[float]:
    """Return each percentile as a share of its goal."""
    return [percentile(taken[way], percent) / goal for way, goals in GOALS.items() for percent, goal in goals.items()]
