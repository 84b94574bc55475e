"""The memory of a worker after 100,000 jobs, against the same worker's after 20,000.

Resident memory of ``manage.py meanwhile_worker``; the queue is filled and drained 5,000 jobs at a time.
"""

from __future__ import annotations

import time

from benchmarks.child import child
from benchmarks.measure import median, spread, tidy
from benchmarks.places import Place
from benchmarks.processes import resident_mb, worker
from benchmarks.report import Figure, Goal

UNIT = "of the earlier memory"
GOAL = Goal("at most", 1.05)
COMPARED_WITH = "the same worker's resident memory after 20,000 jobs (its first 20,000 fill its caches)"
KINDS = ("sqlite-normal", "postgres")
"""How safely a commit reaches the disk is nothing to the worker's memory."""

EARLY, LATE = 0.2, 1.0
AROUND = 3
"""Samples on whose median each of the two figures rests."""
PATIENCE = 300.0


def measure(place: Place, *, quick: bool) -> Figure:
    """Measure on one kind of database."""
    chunk, chunks = (40, 10) if quick else (5000, 20)
    database = place.database()
    samples = []
    with child(database) as helper, worker(database) as pid:
        for number in range(1, chunks + 1):
            helper.ask("drain:fill", n=chunk)
            deadline = time.monotonic() + PATIENCE
            while (waiting := helper.ask("drain:open_jobs")) and time.monotonic() < deadline:
                time.sleep(0.1)
            if waiting:
                raise RuntimeError(f"{waiting} of {number * chunk} jobs are still open")
            samples.append(resident_mb(pid))
    early, late = _around(samples, EARLY), _around(samples, LATE)
    mb = {number * chunk: tidy(sample) for number, sample in enumerate(samples, 1)}
    grown = [sample / median(early) for sample in late]
    return Figure(median(late) / median(early), spread(grown), {"mb_after_jobs": mb})


def _around(samples: list[float], share: float) -> list[float]:
    last = max(AROUND, round(len(samples) * share))
    return samples[last - AROUND : last]
