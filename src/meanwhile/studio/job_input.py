"""What a job was given, as it may be shown: without secrets and without fields that are closed to the Studio."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meanwhile.queue.models import Job
from meanwhile.sensitive import without_sensitive
from meanwhile.studio.access import find_model, is_excluded

SIDES = ("old", "new")


def input_of(job: Job) -> Any:
    """Return the payload of a job as JSON data. That of a tree carries the values of its record."""
    payload = without_sensitive(job.payload)
    model = find_model(str(payload.get("model", ""))) if isinstance(payload, dict) else None
    event = payload.get("event") if model is not None else None
    if model is None or not isinstance(event, dict):
        return payload

    def opened(side: Any) -> Any:
        values = side.get("values") if isinstance(side, dict) else None
        if not isinstance(values, Mapping):
            return side
        return {**side, "values": {name: value for name, value in values.items() if not is_excluded(model, name)}}

    return {**payload, "event": {**event, **{side: opened(event[side]) for side in SIDES if side in event}}}
