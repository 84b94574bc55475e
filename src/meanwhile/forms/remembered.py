"""What this browser's session remembers of the records its person submitted, so that they may watch them.

An anonymous person has nothing else to be known by: the waiting page lets in who holds the session.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest

SESSION_KEY = "meanwhile_submitted"
LONGEST = 50
"""Submissions that one session remembers; the oldest is forgotten first."""
LONGEST_RUNS = 20
"""Runs remembered of one submission."""


@dataclass(frozen=True)
class Submission:
    """A submission of this session: when the record was submitted and which runs that started."""

    when: datetime
    runs: tuple[str, ...]


def remember(request: HttpRequest, record: Model, when: datetime, runs: Iterable[UUID] = ()) -> None:
    """Remember that this session's person submitted the record; nothing happens on a site without sessions."""
    session = getattr(request, "session", None)
    if session is None:
        return
    key = record_key(type(record), record.pk)
    others = [entry for entry in _entries(request) if entry[0] != key]
    entry = [key, when.isoformat(), [run.hex for run in runs][:LONGEST_RUNS]]
    session[SESSION_KEY] = [*others, entry][-LONGEST:]


def submission_of(request: HttpRequest, model: type[Model], pk: object) -> Submission | None:
    """Return this session's last submission of the record, or None."""
    key = record_key(model, pk)
    for found, when, runs in _entries(request):
        if found == key:
            return Submission(datetime.fromisoformat(when), tuple(runs))
    return None


def submitted_pks(request: HttpRequest, model: type[Model]) -> list[str]:
    """Return the primary keys, as text, of the model's records that this session submitted, oldest first."""
    label = record_key(model, "")
    return [key.removeprefix(label) for key, _when, _runs in _entries(request) if key.startswith(label)]


def record_key(model: type[Model], pk: object) -> str:
    """Return "app_label.model:pk", the same for a proxy and its model."""
    concrete = model._meta.concrete_model or model
    return f"{concrete._meta.label_lower}:{pk}"


def _entries(request: HttpRequest) -> list[tuple[str, str, list[str]]]:
    session = getattr(request, "session", None)
    return [] if session is None else [(key, when, runs) for key, when, runs in session.get(SESSION_KEY, ())]
