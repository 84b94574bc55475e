"""Find the jobs of trees, of records and of runs, and the runs of jobs. A job knows its run by its ``group``."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.apps import apps
from django.db.models import QuerySet

from meanwhile.queue.models import Job
from meanwhile.trees.branch import KIND
from meanwhile.trees.identity import family
from meanwhile.trees.models import Run, TreeVersion

RUNS_OF_RECORD = 1000
"""The latest runs of a record that are looked at."""


def jobs_of_run(run: Run, *, using: str) -> QuerySet[Job]:
    """Return the jobs of a run, in the order in which they were queued."""
    return Job.objects.using(using).filter(group=str(run.pk)).order_by("pk")


def jobs_of_tree(key: str, *, using: str) -> QuerySet[Job]:
    """Return the jobs of all versions of a tree, in the order in which they were queued."""
    versions = TreeVersion.objects.using(using).filter(key=key).values_list("pk", flat=True)
    jobs = Job.objects.using(using).filter(kind=KIND, payload__version__in=list(map(str, versions)))
    return jobs.order_by("pk")


def jobs_of_record(label: str, key: str, *, using: str) -> QuerySet[Job]:
    """Return the jobs about a record (``"shop.Booking"``, its key), in the order in which they were queued.

    Raises LookupError if there is no such model.
    """
    model = apps.get_model(label)
    runs = Run.objects.using(using).filter(model__in=family(model), record_pk=key).order_by("-pk")
    groups = list(map(str, runs.values_list("pk", flat=True)[:RUNS_OF_RECORD]))
    return Job.objects.using(using).filter(group__in=groups).order_by("pk")


def runs_of_jobs(jobs: Iterable[Job], *, using: str) -> dict[str, Run]:
    """Return the runs that jobs belong to, by the jobs' ``group``, with one query."""
    ids = [run for job in jobs if job.kind == KIND and (run := _run_id(job.group)) is not None]
    return {str(run.pk): run for run in Run.objects.using(using).filter(pk__in=ids)}


def _run_id(group: str) -> UUID | None:
    try:
        return UUID(group)
    except ValueError:
        return None
