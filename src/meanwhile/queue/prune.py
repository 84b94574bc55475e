"""Delete finished jobs that are older than their state's retention, a few at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import QuerySet

from meanwhile.queue.handlers import all_handlers, kinds_that_prune
from meanwhile.queue.models import Job

BATCH = 1000


def prune(retention: Mapping[str, float], *, now: datetime, using: str) -> int:
    """Delete ended jobs, and what their handlers keep of them, older than ``retention`` (days, by state); return how
    many rows."""
    deleted = prune_jobs(retention, now=now, using=using)
    return deleted + sum(handler.prune(retention, now=now, using=using) for handler in all_handlers())


def prune_jobs(retention: Mapping[str, float], *, now: datetime, using: str) -> int:
    """Delete ended jobs older than ``retention`` (days, by state) in small transactions; return how many."""
    deleted = 0
    for old in _old_jobs(retention, now, using):
        while ids := list(old.values_list("pk", flat=True)[:BATCH]):
            deleted += Job.objects.using(using).filter(pk__in=ids).delete()[0]
    return deleted


def count_old_jobs(retention: Mapping[str, float], *, now: datetime, using: str) -> int:
    """Return how many jobs `prune_jobs` would delete."""
    return sum(old.count() for old in _old_jobs(retention, now, using))


def _old_jobs(retention: Mapping[str, float], now: datetime, using: str) -> list[QuerySet[Job]]:
    jobs = Job.objects.using(using).exclude(kind__in=kinds_that_prune()).order_by()
    return [jobs.filter(state=state, finished__lt=now - timedelta(days=days)) for state, days in retention.items()]
