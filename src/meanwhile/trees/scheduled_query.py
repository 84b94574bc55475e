"""The records that a scheduled tree runs for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import CompositePrimaryKey, QuerySet

from meanwhile.actions.values import Now
from meanwhile.trees.scheduled_event import Scheduled


def records_of(on: Scheduled, occurrence: datetime, *, using: str) -> QuerySet[Any]:
    """Return the records of an event's query, by ascending key, each once; ``Now()`` is the time it was for.

    So the spans of two times lie side by side, also where one of them is made up for later. Raises LookupError for a
    model that there is not, and what Django raises for a query that can't be made.
    """
    assert on.model
    where = {
        name: occurrence + value.offset() if isinstance(value, Now) else value.literal
        for name, value in on.where.items()
    }
    model: Any = apps.get_model(on.model)
    records: QuerySet[Any] = model._default_manager.using(using).filter(**where).order_by(*_key(model)).distinct()
    return records


def keys_of(records: QuerySet[Any], most: int) -> list[Any]:
    """Return the keys of the first records of a query that `records_of` has made, at most so many."""
    names = _key(records.model)
    found = records.values_list(*names)[:most]
    return [row[0] for row in found] if len(names) == 1 else [tuple(row) for row in found]


def _key(model: Any) -> list[str]:
    """Return the columns of a key: Django asks wrongly for one of several where rows are to be distinct."""
    if isinstance(model._meta.pk, CompositePrimaryKey):
        return [field.attname for field in model._meta.pk_fields]
    return ["pk"]
