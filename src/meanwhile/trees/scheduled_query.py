"""The records that a scheduled tree runs for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import QuerySet

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
    records: QuerySet[Any] = model._default_manager.using(using).filter(**where).order_by("pk").distinct()
    return records
