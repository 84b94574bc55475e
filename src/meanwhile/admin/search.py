"""What a typed search means: by an index wherever it looks like a number, an id or a key."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from meanwhile.queue import sql
from meanwhile.queue.models import Job
from meanwhile.trees.identity import family
from meanwhile.trees.models import Run

LATEST = 100_000
"""Numbers of jobs, from the latest back, that are looked at where no index helps."""

JOBS_IN_LINE = 1000
"""Jobs of one serial key that are found."""

LONGEST_NUMBER = 19
"""Digits: so many may be too large for the key of a row."""

PERSONS_FOUND = 20
RUNS_FOUND = 2000
"""The latest runs of a record, and of the found people together, that are found."""


def search_jobs(jobs: QuerySet[Any], typed: str) -> QuerySet[Any]:
    """Return the jobs that are meant: by number, a run's id, a serial key or part of the name.

    Those that wait or run are found by their serial key wherever they are, all others among the latest.
    """
    text = typed.strip()
    if not text:
        return jobs
    if (number := _number(text)) is not None:
        return jobs.filter(pk=number)
    if (run := _uuid(text)) is not None:
        return jobs.filter(group=str(run))
    latest = Job.objects.using(jobs.db).filter(pk__range=latest_numbers(jobs.db))
    in_line = Job.objects.using(jobs.db).extra(where=[sql.SERIAL]).filter(serial_key=text)  # noqa: S610 - a constant
    if found := list(in_line.order_by("pk").values_list("pk", flat=True)[:JOBS_IN_LINE]):
        over = latest.filter(serial_key=text).order_by("-pk").values_list("pk", flat=True)[:JOBS_IN_LINE]
        return jobs.filter(pk__in={*found, *over})
    return jobs.filter(Q(serial_key=text) | Q(name__icontains=text), pk__range=latest_numbers(jobs.db))


def latest_numbers(using: str) -> tuple[int, int]:
    """Return the first and the last number of the jobs that are looked at where no index helps.

    A range with two ends is taken for a small one by PostgreSQL even if it has never analyzed the table.
    """
    latest = Job.objects.using(using).order_by("-pk").values_list("pk", flat=True).first() or 0
    return max(latest - LATEST + 1, 1), latest


def is_part_of_name(typed: str) -> bool:
    """Say whether what was typed is looked for in names, for which there is no index."""
    text = typed.strip()
    return bool(text) and _number(text) is None and _uuid(text) is None


def search_runs(runs: QuerySet[Any], typed: str) -> QuerySet[Any]:
    """Return the runs that are meant: by id, ``app.Model:key``, a record's key or a person."""
    text = typed.strip()
    if not text:
        return runs
    label, colon, key = text.partition(":")
    if colon and (labels := _labels(label)):
        return runs.filter(model__in=labels, record_pk=key)
    # The record's type stands first in the index, so all of them are named.
    about = Run.objects.using(runs.db).filter(
        record_pk=text, model__in=[model._meta.label for model in apps.get_models()]
    )
    found: set[Any] = set(about.order_by("-pk").values_list("pk", flat=True)[:RUNS_FOUND])
    if (run := _uuid(text)) is not None:
        found.add(run)
    # Found one by one, since no database would take the indexes of a record and of a person for one list in order.
    return runs.filter(pk__in=found | _of_persons(_persons(text), runs.db))


def _of_persons(persons: list[str], using: str) -> set[Any]:
    # SQLite uses a partial index only where it reads the same condition, with its constants written out.
    known = Run.objects.using(using).extra(where=["NOT (meanwhile_run.actor_pk = '')"])
    each = RUNS_FOUND // max(len(persons), 1)
    return {
        run
        for person in persons
        for run in known.filter(actor_pk=person).order_by("-pk").values_list("pk", flat=True)[:each]
    }


def _persons(text: str) -> list[str]:
    """Return the keys of the people whose name has this part."""
    users = get_user_model()
    named = users._default_manager.filter(**{f"{users.USERNAME_FIELD}__icontains": text})
    return list(map(str, named.values_list("pk", flat=True)[:PERSONS_FOUND]))


def _labels(text: str) -> list[str]:
    try:
        return family(apps.get_model(text))
    except (LookupError, ValueError):
        return []


def _number(text: str) -> int | None:
    digits = text.removeprefix("#")
    return int(digits) if digits.isdecimal() and len(digits) < LONGEST_NUMBER else None


def _uuid(text: str) -> UUID | None:
    if len(text) not in {32, 36}:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
