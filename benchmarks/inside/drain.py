"""What the drain benchmark needs of the site's database: records with jobs, the bare rate, and when the jobs ended."""

from __future__ import annotations

import time
from typing import Any

from django.db import connection, transaction

from benchmarks.project.models import Item

IN_ONE_TRANSACTION = 500


def fill(n: int) -> None:
    """Save so many records, each of which queues a job of one Update Field."""
    made = 0
    while made < n:
        with transaction.atomic():
            for _ in range(min(IN_ONE_TRANSACTION, n - made)):
                _item(made).save()
                made += 1
    settle()


def settle() -> None:
    """Bring the database to where one is that has been running for a while: it knows what it holds, and has a log.

    A log that was cut off (SQLite) grows with each commit again, and right after a checkpoint (PostgreSQL) each page
    is logged whole when it is first changed: either is paid once in minutes, and would be paid here by each commit.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(RESTART)")


def bare(n: int) -> float:
    """Get and save as many records, each in a transaction of its own, with Django alone; return how many a second."""
    keys = list(Item.objects.order_by("-pk").values_list("pk", flat=True)[:n])
    settle()
    began = time.perf_counter()
    for key in keys:
        with transaction.atomic():
            item = Item.objects.get(pk=key)
            # Another value each time: SQLite writes nothing for a row that stays as it is.
            item.status = "bare" if item.status != "bare" else "saved"
            item.save(update_fields=["status"])
    return len(keys) / (time.perf_counter() - began)


def make_items(n: int) -> None:
    """Make records for `bare` in a project without Meanwhile."""
    Item.objects.bulk_create([_item(number) for number in range(n)])
    settle()


def open_jobs() -> int:
    """Return how many jobs are not ended."""
    from meanwhile.queue.models import Job

    return Job.objects.filter(state__in=["ready", "running"]).count()


def ended_rate(leave_out: float) -> dict[str, Any]:
    """Return how many jobs a second ended, not counting the first part of them, and forget them all."""
    from meanwhile.queue.models import Job
    from meanwhile.trees.models import Run

    ended = list(Job.objects.order_by("finished").values_list("finished", flat=True))
    first = int(len(ended) * leave_out)
    seconds = (ended[-1] - ended[first]).total_seconds()
    found = {
        "rate": (len(ended) - 1 - first) / seconds,
        "succeeded": Job.objects.filter(state="succeeded").count(),
        "runs": Run.objects.filter(state="succeeded").count(),
        "done": Item.objects.filter(status="done").count(),
    }
    for model in (Job, Run, Item):
        model.objects.all()._raw_delete("default")
    return found


def _item(number: int) -> Item:
    return Item(name=f"Item {number}", email="item@example.com", day="2027-03-01", notes="One of many.")
