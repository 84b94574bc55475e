"""Delete the history that is older than its retention: runs, and versions of trees that no run refers to any more."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, ProtectedError, QuerySet

from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.trees import registry
from meanwhile.trees.models import Run, TreeVersion
from meanwhile.trees.versions import version_id

BATCH = 1000


def prune_trees(retention: Mapping[str, float], *, now: datetime, using: str, dry_run: bool = False) -> int:
    """Delete old runs and then unused versions; return how many rows. See `prune_runs` and `prune_versions`."""
    runs = prune_runs(retention, now=now, using=using, dry_run=dry_run)
    return runs + prune_versions(retention, now=now, using=using, dry_run=dry_run)


def prune_runs(retention: Mapping[str, float], *, now: datetime, using: str, dry_run: bool = False) -> int:
    """Delete runs that ended longer than ``retention`` (days, by state) ago, in small transactions; return how many.

    A run stays as long as a job of it waits, runs, or has failed and could be retried. With ``dry_run`` they are only
    counted.
    """
    found = 0
    for state, days in retention.items():
        for ids in _old_runs(state, now - timedelta(days=days), using):
            found += len(ids)
            if not dry_run:
                Run.objects.using(using).filter(pk__in=ids).delete()
    return found


def prune_versions(retention: Mapping[str, float], *, now: datetime, using: str, dry_run: bool = False) -> int:
    """Delete versions of trees that no run refers to, and that are no registered tree's; return how many.

    They are kept for the longest retention after they were stored. With ``dry_run`` they are only counted.
    """
    unused = _unused_versions(now - timedelta(days=max(retention.values())), using)
    if dry_run:
        return unused.count()
    deleted = 0
    for version in unused:
        with suppress(ProtectedError):  # it has run again meanwhile
            deleted += version.delete()[0]
    return deleted


def first_id(moment: datetime) -> uuid.UUID:
    """Return the least id that a run begun at this moment can have (`models.new_run_id`)."""
    return uuid.UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def _old_runs(state: str, before: datetime, using: str) -> Iterator[list[uuid.UUID]]:
    # A run began before it ended, and its id begins with when it began: so the recent ones need not be looked at.
    old = Run.objects.using(using).filter(state=state, finished__lt=before, pk__lt=first_id(before)).order_by("pk")
    ids = list(old.values_list("pk", flat=True)[:BATCH])
    while ids:
        last, needed = ids[-1], _with_jobs(ids, using)
        yield [run for run in ids if run not in needed]
        ids = list(old.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH])


def _with_jobs(runs: list[uuid.UUID], using: str) -> set[uuid.UUID]:
    jobs = Job.objects.using(using).filter(
        group__in=list(map(str, runs)), state__in=[State.READY, State.RUNNING, State.FAILED]
    )
    return set(map(uuid.UUID, jobs.order_by().values_list("group", flat=True)))


def _unused_versions(before: datetime, using: str) -> QuerySet[TreeVersion]:
    registered = [version_id(tree) for tree in registry.current().all()]
    # The key is asked for, too, because the runs of a tree have an index.
    runs = Run.objects.using(using).filter(tree=OuterRef("key"), version=OuterRef("pk")).order_by()
    versions = TreeVersion.objects.using(using).filter(~Exists(runs), created__lt=before)
    return versions.exclude(pk__in=registered).order_by("created")
