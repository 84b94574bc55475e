"""Make two values comparable that mean the same kind of thing: a date and its text, a moment and a day. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter


def alike(left: Any, right: Any, zone: tzinfo) -> tuple[Any, Any]:
    """Return both as values that Python compares in the right way.

    Texts become what the other one is (a document holds dates, decimals and UUIDs as text), floats become decimals
    beside decimals, records become their keys, a moment beside a day becomes its day in ``zone``, and a moment without
    a zone is one of ``zone``. Raises `TypeError` or `ValueError` if they are of different kinds.
    """
    left, right = _key(left), _key(right)
    left, right = _read(left, right), _read(right, left)
    if isinstance(left, datetime) or isinstance(right, datetime):
        return _moments(left, right, zone)
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return _decimal(left), _decimal(right)
    if not _same_kind(left, right):
        raise TypeError(type(left), type(right))
    return left, right


def _key(value: Any) -> Any:
    return value.pk if hasattr(value, "_meta") and hasattr(value, "pk") else value


def _read(value: Any, beside: Any) -> Any:
    """Read a text as what it stands beside."""
    if not isinstance(value, str) or isinstance(beside, str):
        return value
    reader = next((read for kind, read in _READERS if isinstance(beside, kind)), None)
    return reader(value) if reader else value


def _date_or_moment(text: str) -> date:
    return datetime.fromisoformat(text) if len(text) > 10 else date.fromisoformat(text)


_READERS: tuple[tuple[type, Callable[[str], Any]], ...] = (
    (date, _date_or_moment),
    (time, time.fromisoformat),
    (timedelta, TypeAdapter(timedelta).validate_python),
    (Decimal, Decimal),
    (UUID, UUID),
)


def _moments(left: Any, right: Any, zone: tzinfo) -> tuple[Any, Any]:
    if not isinstance(left, date) or not isinstance(right, date):
        raise TypeError(type(left), type(right))
    left, right = _aware(left, zone), _aware(right, zone)
    if isinstance(left, datetime) and isinstance(right, datetime):
        # In UTC: two times of one zone are compared by the wall clock, which shows an hour twice in autumn.
        return left.astimezone(UTC), right.astimezone(UTC)
    return _day(left), _day(right)


def _aware(value: date, zone: tzinfo) -> date:
    if not isinstance(value, datetime):
        return value
    return value.replace(tzinfo=zone) if value.tzinfo is None else value.astimezone(zone)


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _decimal(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, (int, Decimal)):
        return value
    raise TypeError(type(value))


def _same_kind(left: Any, right: Any) -> bool:
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return True
    return isinstance(left, type(right)) or isinstance(right, type(left))
