"""What a typed search means: by an index wherever it looks like a number, an id or a key."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from meanwhile.trees.identity import family
from meanwhile.trees.models import Run

PERSONS_FOUND = 50
RUNS_OF_PERSONS = 10_000
"""The latest runs of the found people that are looked at."""


def search_jobs(jobs: QuerySet[Any], typed: str) -> QuerySet[Any]:
    """Return the jobs that are meant: by number, a run's id, a serial key or part of the name."""
    text = typed.strip()
    if text.removeprefix("#").isdecimal() and len(text) < 20:
        return jobs.filter(pk=int(text.removeprefix("#")))
    if (run := _uuid(text)) is not None:
        return jobs.filter(group=str(run))
    return jobs.filter(Q(serial_key=text) | Q(name__icontains=text)) if text else jobs


def search_runs(runs: QuerySet[Any], typed: str) -> QuerySet[Any]:
    """Return the runs that are meant: by id, ``app.Model:key``, a record's key or a person."""
    text = typed.strip()
    if not text:
        return runs
    label, colon, key = text.partition(":")
    if colon and (labels := _labels(label)):
        return runs.filter(model__in=labels, record_pk=key)
    # The record's type stands first in the index, so all of them are named.
    meant = Q(record_pk=text, model__in=[model._meta.label for model in apps.get_models()])
    if (run := _uuid(text)) is not None:
        return runs.filter(meant | Q(pk=run))
    persons = _persons(text)
    return runs.filter(meant | Q(pk__in=_of_persons(persons, runs.db))) if persons else runs.filter(meant)


def _of_persons(persons: list[str], using: str) -> QuerySet[Any]:
    runs = Run.objects.using(using).filter(actor_pk__in=persons).order_by("-pk")
    # SQLite uses a partial index only where it reads the same condition, with its constants written out.
    runs = runs.extra(where=["NOT (meanwhile_run.actor_pk = '')"])
    return runs.values("pk")[:RUNS_OF_PERSONS]


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


def _uuid(text: str) -> UUID | None:
    if len(text) not in {32, 36}:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
