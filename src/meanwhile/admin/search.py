"""What a typed search means: by an index wherever it looks like a number, an id or a key."""

from __future__ import annotations

from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Q

PERSONS_FOUND = 50


def job_lookup(typed: str) -> Q | None:
    """Return the lookup for jobs: a number, a run's id, a serial key or part of a name; None if nothing is typed."""
    text = typed.strip()
    if not text:
        return None
    if text.removeprefix("#").isdecimal() and len(text) < 20:
        return Q(pk=int(text.removeprefix("#")))
    if (run := _uuid(text)) is not None:
        return Q(group=str(run))
    if ":" in text:  # as in shop.Booking:17
        return Q(serial_key=text) | Q(name__icontains=text)
    return Q(name__icontains=text)


def run_lookup(typed: str) -> Q | None:
    """Return the lookup for runs: an id, ``app.Model:key``, a record's key or a person; None if nothing is typed."""
    text = typed.strip()
    if not text:
        return None
    if (run := _uuid(text)) is not None:
        return Q(pk=run) | Q(record_pk=text, model__in=_labels())
    label, colon, key = text.partition(":")
    if colon and (model := _label(label)):
        return Q(model=model, record_pk=key)
    # The record's type stands first in the index, so all of them are named.
    return Q(record_pk=text, model__in=_labels()) | Q(actor_pk__in=_persons(text))


def _persons(text: str) -> list[str]:
    """Return the keys of the people whose name this is, and the text itself, which may be a key."""
    users = get_user_model()
    named = users._default_manager.filter(**{f"{users.USERNAME_FIELD}__icontains": text})
    return [text, *map(str, named.values_list("pk", flat=True)[:PERSONS_FOUND])]


def _labels() -> list[str]:
    return [model._meta.label for model in apps.get_models()]


def _label(text: str) -> str:
    try:
        return str(apps.get_model(text)._meta.label)
    except (LookupError, ValueError):
        return ""


def _uuid(text: str) -> UUID | None:
    if len(text) not in {32, 36}:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
