"""Queue jobs one by one, with pauses, and note the moment of each commit; and what the wake-up alone costs."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import connection, transaction

from benchmarks.project.models import Quick

PAUSES = (0.005, 0.06)
"""Seconds between two jobs, at least and at most: the worker is idle again, and no rhythm meets one of its own."""


def commits(n: int) -> dict[int, int]:
    """Wait until a worker has done a first job; then queue so many and return the moments of their commits.

    Each job belongs to a new record, whose key leads to the moment, in nanoseconds of the monotonic clock.
    """
    _commit()
    _wait_for_the_worker()
    moments = {}
    for _ in range(n):
        time.sleep(random.uniform(*PAUSES))
        key, moment = _commit()
        moments[key] = moment
    _wait_for_the_worker()
    return moments


def commits_beside_a_worker(n: int) -> dict[int, int]:
    """Do the same in a process that runs a worker, as a web process does."""
    from meanwhile.queue.worker.supervisor import Worker

    worker = Worker()
    worker.start()
    try:
        return commits(n)
    finally:
        worker.stop()


def floor_in_process(n: int) -> list[int]:
    """Return, in nanoseconds, how long a thread that waits for a condition takes to run once it is set."""
    condition, woken, taken = threading.Condition(), threading.Event(), []

    def wait() -> None:
        for _ in range(n):
            with condition:
                condition.wait()
                taken.append(time.monotonic_ns())
            woken.set()

    thread = threading.Thread(target=wait)
    thread.start()
    times = []
    for _ in range(n):
        time.sleep(random.uniform(*PAUSES))
        woken.clear()
        with condition:
            set_at = time.monotonic_ns()
            condition.notify_all()
        woken.wait()
        times.append(taken[-1] - set_at)
    thread.join()
    return times


def watch(n: int, interval: float) -> list[int]:
    """Return the moments at which the next so many commits of another process (`touch`) were seen here."""
    seen = _seen_on_postgres() if connection.vendor == "postgresql" else _seen_on_sqlite(interval)
    return [time.monotonic_ns() for _ in islice(seen, n)]


def touch(n: int) -> list[int]:
    """Commit one small row so many times, with pauses, and return the moments of the commits."""
    rows = Quick.objects.filter(pk=Quick.objects.values_list("pk", flat=True)[0])
    time.sleep(1.0)  # until `watch` watches
    moments = []
    for number in range(n):
        time.sleep(random.uniform(*PAUSES))
        with transaction.atomic():
            rows.update(seats=number)
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("NOTIFY floor")
        moments.append(time.monotonic_ns())
    return moments


def _seen_on_postgres() -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute("LISTEN floor")
    assert connection.connection is not None
    yield from connection.connection.notifies()


def _seen_on_sqlite(interval: float) -> Iterator[Any]:
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    before = None
    while True:
        version = other.execute("PRAGMA data_version").fetchone()[0]
        if before not in (None, version):
            yield version
        before = version
        time.sleep(interval)


def _commit() -> tuple[int, int]:
    noted: list[int] = []
    with transaction.atomic():
        # The first callback after the commit: what Meanwhile does then is part of the time measured.
        transaction.on_commit(lambda: noted.append(time.monotonic_ns()))
        record = Quick(name="Quick", email="quick@example.com", day="2027-03-01")
        record.save()
    return record.pk, noted[0]


def _wait_for_the_worker() -> None:
    from meanwhile.queue.models import Job

    while Job.objects.exclude(state="succeeded").exists():
        time.sleep(0.05)
