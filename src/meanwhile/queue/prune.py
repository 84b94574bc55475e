"""Delete finished jobs that are older than their state's retention, a few at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from meanwhile.queue.models import Job

BATCH = 1000


def prune_jobs(retention: Mapping[str, float], *, now: datetime, using: str) -> int:
    """Delete ended jobs older than ``retention`` (days, by state) in small transactions; return how many."""
    deleted = 0
    for state, days in retention.items():
        old = Job.objects.using(using).filter(state=state, finished__lt=now - timedelta(days=days)).order_by()
        while ids := list(old.values_list("pk", flat=True)[:BATCH]):
            deleted += Job.objects.using(using).filter(pk__in=ids).delete()[0]
    return deleted
