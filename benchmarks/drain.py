"""Jobs of one Update Field drained per second by one worker, against the bare Django rate of the same get-and-save.

The worker is ``manage.py meanwhile_worker`` in a process of its own with its default threads; the bare rate is that of
one process of a project without Meanwhile, each get-and-save in a transaction. The worker's rate is taken from the
times at which jobs ended, without the first tenth.
"""

from __future__ import annotations

import time

from benchmarks.child import Child, child
from benchmarks.measure import alternating, median, ratios, spread, tidy
from benchmarks.places import Database, Place
from benchmarks.processes import cpu_seconds, worker
from benchmarks.report import Figure, Goal

UNIT = "of the bare rate"
GOAL = Goal("at least", 0.7)
COMPARED_WITH = "the bare Django rate of the same get-and-save in a transaction, in one process without Meanwhile"

OTHER_THREADS = (1, 2, 8)
LEAVE_OUT = 0.1
PATIENCE = 120.0


def measure(place: Place, *, quick: bool) -> Figure:
    """Measure on one kind of database."""
    rounds, n = (1, 100) if quick else (5, 1500)
    plain, ours = place.database(plain=True), place.database()
    bare: list[float] = []
    drained: list[float] = []
    cpu: list[float] = []
    with child(plain) as other, child(ours) as helper:
        other.ask("drain:make_items", n=n)
        other.ask("drain:bare", n=n)
        for order in alternating(("bare", "drained"), rounds):
            for side in order:
                if side == "bare":
                    bare.append(other.ask("drain:bare", n=n))
                else:
                    rate, used = _drain(ours, helper, n)
                    drained.append(rate)
                    cpu.append(used)
        by_threads = (
            {threads: tidy(_drain(ours, helper, n, threads)[0]) for threads in OTHER_THREADS} if not quick else {}
        )
    found = ratios(drained, bare)
    details = {
        "jobs_a_second": tidy(median(drained)),
        "bare_a_second": tidy(median(bare)),
        "worker_cpu_ms_a_job": tidy(median(cpu) * 1000),
        "jobs_a_second_by_threads": by_threads,
    }
    return Figure(median(found), spread(found), details)


def _drain(database: Database, helper: Child, n: int, threads: int | None = None) -> tuple[float, float]:
    """Fill the queue, have a new worker drain it, and return jobs a second and processor seconds a job."""
    helper.ask("drain:fill", n=n)
    with worker(database, threads=threads) as pid:
        deadline = time.monotonic() + PATIENCE
        before = 0.0
        while waiting := helper.ask("drain:open_jobs"):
            if waiting == n:
                before = cpu_seconds(pid)  # of its start, as far as that can be told
            if time.monotonic() > deadline:
                raise RuntimeError(f"{waiting} of {n} jobs are still open")
            time.sleep(0.05)
        used = (cpu_seconds(pid) - before) / n
    found = helper.ask("drain:ended_rate", leave_out=LEAVE_OUT)
    if not found["succeeded"] == found["runs"] == found["done"] == n:
        raise RuntimeError(f"{found} instead of {n}")
    return found["rate"], used
