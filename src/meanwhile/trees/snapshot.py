"""The values of a record as plain data: comparable, immune to later changes of the instance."""

from __future__ import annotations

import copy
import decimal
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import (
    BinaryField,
    BooleanField,
    CharField,
    DateTimeField,
    DecimalField,
    FileField,
    IntegerField,
    JSONField,
    TextField,
)
from django.utils import timezone

if TYPE_CHECKING:
    from django.db.models import Model

IMMUTABLE = (type(None), str, bytes, int, float, complex, decimal.Decimal, frozenset)

PLAIN_TYPES: Mapping[Callable[..., Any] | None, type] = {
    CharField.to_python: str,
    TextField.to_python: str,
    IntegerField.to_python: int,
    BooleanField.to_python: bool,
}
"""By the way in which a field reads values: the type that it leaves as it is."""


def plain_values(instance: Model, fields: Iterable[Any] | None = None) -> dict[str, Any]:
    """Return the plain values that `instance` holds in memory, by field name; `fields` defaults to all concrete ones.

    Fields that are deferred, or hold an expression such as `F("price") + 1`, are left out: nothing is loaded.
    """
    held = instance.__dict__
    if fields is None or fields is instance._meta.concrete_fields:
        plans = _plans(type(instance))
    else:
        plans = [(field.name, field.attname, field, None) for field in fields]
    values: dict[str, Any] = {}
    for name, attname, field, plain in plans:
        if attname not in held:
            continue
        value = held[attname]
        if type(value) is plain:
            values[name] = value
        elif not is_expression(value):
            values[name] = plain_value(field, value)
    return values


def plain_value(field: Any, value: Any) -> Any:
    """Return `value` of a model field as the field's own Python type, detached from the instance.

    "5" of an integer field is 5, a stored file is its name, binary data is `bytes`, a decimal has the column's decimal
    places, a naive time is in the default zone, JSON is a copy as it would come back from the database.
    """
    field = storing_field(field)
    if isinstance(field, FileField):
        return str(value or "")
    if value is None:
        return None
    if isinstance(field, JSONField):
        return from_json(field, to_json(field, value))
    if isinstance(field, BinaryField) and not isinstance(value, str):
        return bytes(value)
    return _detached(_fitted(field, _converted(field, value)))


@lru_cache(maxsize=1024)
def _plans(model: type[Model]) -> Sequence[tuple[str, str, Any, type | None]]:
    """Return of each field its name, its attribute, itself, and the type whose values are plain already: most values
    of most records are, and every save passes here."""
    return [
        (field.name, field.attname, field, PLAIN_TYPES.get(getattr(type(storing_field(field)), "to_python", None)))
        for field in model._meta.concrete_fields
    ]


def same_value(one: Any, other: Any) -> bool:
    """Tell whether two plain values of one field are the same, for a NaN too."""
    if one is other:
        return True
    try:
        return bool(one == other) or (one != one and other != other)  # a NaN differs from itself
    except (TypeError, ValueError):  # a custom type that can't be compared
        return False


def is_expression(value: Any) -> bool:
    """Tell whether the value is worked out by the database, as `F("price") + 1` is."""
    return hasattr(value, "resolve_expression")


def storing_field(field: Any) -> Any:
    """Return the field that says how values look: a foreign key's target, a generated field's output."""
    while True:
        if getattr(field, "generated", False):
            field = field.output_field
        elif field.is_relation:
            field = field.target_field
        else:
            return field


def to_json(field: JSONField, value: Any) -> str:
    """Return the JSON text of a JSON field's value, made by the field's own encoder."""
    return json.dumps(value, cls=field.encoder)


def from_json(field: JSONField, text: str) -> Any:
    """Return the value of a JSON text, read by the field's own decoder."""
    return json.loads(text, cls=field.decoder)


def _converted(field: Any, value: Any) -> Any:
    try:
        return field.to_python(value)
    except (ValidationError, TypeError, ValueError):
        # The database took it, so a field that reads more strictly than it writes has no say.
        return value


def _fitted(field: Any, value: Any) -> Any:
    """Do what Django does on the way into the column."""
    if (
        isinstance(field, DateTimeField)
        and isinstance(value, datetime)
        and settings.USE_TZ
        and timezone.is_naive(value)
    ):
        return timezone.make_aware(value, timezone.get_default_timezone())
    if isinstance(field, DecimalField) and isinstance(value, decimal.Decimal):
        return _rounded(field, value)
    return value


def _rounded(field: Any, value: decimal.Decimal) -> decimal.Decimal:
    if field.decimal_places is None or not value.is_finite():
        return value
    context = decimal.getcontext().copy()
    context.prec = field.max_digits or context.prec
    try:
        return value.quantize(decimal.Decimal(1).scaleb(-field.decimal_places), context=context)
    except decimal.InvalidOperation:  # SQLite takes more digits than the field allows
        return value


def _detached(value: Any) -> Any:
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, str):
        return str.__str__(value)  # of a choice or a safe string the bare text
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, IMMUTABLE):
        return value
    return copy.deepcopy(value)
