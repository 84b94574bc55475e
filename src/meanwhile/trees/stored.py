"""Values of a change as JSON in the history and in a job's payload, and back without loss."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import JSONField

from meanwhile.sensitive import matches
from meanwhile.trees.snapshot import from_json, plain_value, storing_field, to_json

if TYPE_CHECKING:
    from django.db.models import Model


LONGEST_CHARACTER = 6
"""Bytes that one character takes in JSON at most, as a control character does."""


NUMBERS = frozenset({int, bool})


def to_stored(
    model: type[Model], values: Mapping[str, Any], sensitive: Iterable[str], max_bytes_per_value: int
) -> dict[str, Any]:
    """Return a change's `old` or `new` as JSON data: `{"values": {name: …}, "cut": [names]}`.

    Fields whose name matches one of the regular expressions `sensitive` (anywhere in it, in any case) never enter, nor
    does one named like a password. A value whose JSON text is longer than `max_bytes_per_value` bytes is left out and
    its name listed in "cut" (spec: "History").
    """
    if not values:
        return {"values": {}, "cut": []}
    hidden = tuple(sensitive)
    kept: dict[str, Any] = {}
    cut: list[str] = []
    written_by_field = _json_fields(model)
    for name, value in values.items():
        if matches(name, hidden):
            continue
        short = type(value) is str and len(value) * LONGEST_CHARACTER + 2 <= max_bytes_per_value
        if (short or type(value) in NUMBERS) and name not in written_by_field:  # as nearly all are
            kept[name] = value
            continue
        data = _to_data(model._meta.get_field(name), value)
        if _is_longer(data, max_bytes_per_value):
            cut.append(name)
        else:
            kept[name] = data
    return {"values": kept, "cut": sorted(cut)}


@lru_cache(maxsize=1024)
def _json_fields(model: type[Model]) -> frozenset[str]:
    return frozenset(field.name for field in model._meta.concrete_fields if isinstance(storing_field(field), JSONField))


def from_stored(model: type[Model], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain values that `to_stored` was given, without those it left out.

    A field that the model no longer has, or whose type no longer takes the value, is left out too: a change may be
    read months after it was stored.
    """
    values: dict[str, Any] = {}
    for name, data in stored["values"].items():
        try:
            values[name] = _from_data(model._meta.get_field(name), data)
        except (FieldDoesNotExist, ValidationError, ValueError, TypeError):
            continue
    return values


def _is_longer(data: Any, limit: int) -> bool:
    """Tell whether the JSON text of a value has more bytes than `limit`; most values are told without making it."""
    if data is None or isinstance(data, bool | int | float):
        return False
    if isinstance(data, str) and len(data) * LONGEST_CHARACTER + 2 <= limit:
        return False
    return len(json.dumps(data, ensure_ascii=False).encode()) > limit


def _to_data(field: Any, value: Any) -> Any:
    field = storing_field(field)
    if value is None:
        return None
    if isinstance(field, JSONField):
        return json.loads(to_json(field, value))
    if isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    # Django's own serialisation of a field; it asks the instance for nothing but the attribute. The output field of a
    # generated one has no attribute yet.
    field = copy.copy(field)
    field.attname = "value"
    return field.value_to_string(SimpleNamespace(value=value))


def _from_data(field: Any, data: Any) -> Any:
    field = storing_field(field)
    if data is None:
        return None
    if isinstance(field, JSONField):
        return from_json(field, json.dumps(data))
    return plain_value(field, field.to_python(data))
