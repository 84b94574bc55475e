"""A body that a tree on Received understands, made from its own event, and commands that send it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils import timezone

from meanwhile.trees.received_event import Received

LONGEST_LIST = 10
"""A sample has no more places in a list than these; a path may lead to the ten thousandth."""

OF_TYPES: Mapping[str, Any] = {"str": "text", "int": 1, "float": 1.5, "bool": True, "decimal": "19.90"}
BY_FIELD: Mapping[str, Any] = {
    "BooleanField": True,
    "DecimalField": "19.90",
    "FloatField": 1.5,
    "DurationField": "01:30:00",
    "EmailField": "ann@example.com",
    "URLField": "https://example.com/",
    "UUIDField": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    "JSONField": {},
    "ForeignKey": 1,
    "OneToOneField": 1,
    "ManyToManyField": [1],
    "GenericIPAddressField": "192.0.2.1",
}


def sample_body(event: Received, *, now: datetime) -> dict[str, Any]:
    """Return JSON data with a value at every place that the event reads. Asks the models, not the database."""
    body: Any = {}
    try:
        model: Any = apps.get_model(event.model)
    except (LookupError, ValueError):
        model = None
    for name, path in event.sources().items():
        body = _with(body, path.split("."), _of_field(model, name, now))
    for name, path in event.parameter_sources().items():
        body = _with(body, path.split("."), _of_type(event.parameters[name], now))
    return body if isinstance(body, dict) else {}


def curl(address: str, body: Mapping[str, Any], token: str) -> str:
    """Return a command for a shell that sends a body."""
    lines = [
        f"curl {shlex.quote(address)}",
        f"-H 'Authorization: Bearer {token}'",
        "-H 'Content-Type: application/json'",
        f"-d {shlex.quote(json.dumps(body, ensure_ascii=False, indent=2))}",
    ]
    return " \\\n  ".join(lines)


def _of_field(model: Any, name: str, now: datetime) -> Any:
    try:
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except (AttributeError, FieldDoesNotExist):
        return OF_TYPES["str"]
    if choices := [value for value, _label in getattr(field, "flatchoices", None) or () if value not in ("", None)]:
        return choices[0] if isinstance(choices[0], str | int | float | bool) else str(choices[0])
    kind = field.get_internal_type()
    if kind in {"DateField", "DateTimeField", "TimeField"}:
        return _moment(kind, now)
    if "Integer" in kind or kind.endswith("AutoField"):
        return 1
    names = (base.__name__ for base in type(field).__mro__)
    known = next((BY_FIELD[one] for one in names if one in BY_FIELD), OF_TYPES["str"])
    longest = getattr(field, "max_length", None)
    return known[:longest] if isinstance(known, str) and longest else known


def _of_type(kind: str, now: datetime) -> Any:
    match kind:
        case "date":
            return _moment("DateField", now)
        case "datetime":
            return _moment("DateTimeField", now)
        case _:
            return OF_TYPES[kind]


def _moment(kind: str, now: datetime) -> str:
    local = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
    match kind:
        case "DateField":
            return local.date().isoformat()
        case "TimeField":
            return local.time().isoformat()
        case _:
            return local.isoformat()


def _with(owner: Any, path: list[str], value: Any) -> Any:
    """Return JSON data with a value put at a path. What two paths contradict each other about is the later one's."""
    if not path:
        return value
    first, *rest = path
    if isinstance(owner, list) or (owner is None and first.isascii() and first.isdigit()):
        if not (first.isascii() and first.isdigit()) or int(first) >= LONGEST_LIST:
            return owner or []
        items = [*(owner or []), *[None] * (int(first) + 1 - len(owner or []))]
        items[int(first)] = _with(items[int(first)], rest, value)
        return [{} if item is None else item for item in items]
    known = owner if isinstance(owner, dict) else {}
    return {**known, first: _with(known.get(first), rest, value)}
