"""What JSON is for which field: no conversion may make another value of it, such as the key 1 of ``true``."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.utils import validate_file_name
from django.db import models
from django.utils.translation import gettext as _

from meanwhile.exceptions import ValueProblem

TEXTS = (models.CharField, models.TextField, models.FileField, models.BinaryField)
NUMBERS = (models.IntegerField, models.DecimalField, models.FloatField)
ZONES = timedelta(days=1)
"""More than any two time zones are apart."""


def check_type(field: Any, value: Any) -> None:
    """Refuse JSON that the field, or the key that a relation holds, would take for something else.

    Raises `ValueProblem`.
    """
    if field.many_to_many:
        key = _key_field(field.remote_field.model._meta.pk)
        wrong = [one for one in (value if isinstance(value, list) else [value]) if not _fits(key, one)]
        if wrong:
            text = _("it takes keys of existing records of %(model)s")
            raise ValueProblem(field.name, value, text % {"model": field.remote_field.model._meta.verbose_name})
    elif not _fits(key := _key_field(field), value):
        if isinstance(key, TEXTS):
            raise ValueProblem(field.name, value, _("must be a text"))
        raise ValueProblem(field.name, value, str(key.error_messages["invalid"]) % {"value": value})


def check_range(field: Any, value: Any) -> None:
    """Refuse a moment that has no date in some time zone, also one of a database; a number that is none or has no end;
    and the name of a file that climbs out of where files are. Raises `ValueProblem`.
    """
    text, messages = "", field.error_messages
    match value:
        case datetime():
            try:
                value - ZONES, value + ZONES
            except OverflowError:
                text = messages.get("invalid_datetime", messages["invalid"]) % {"value": value}
        case float() if not math.isfinite(value):
            text = messages["invalid"] % {"value": value}
        case str() if value and isinstance(field, models.FileField):
            try:
                validate_file_name(value.replace("\\", "/"), allow_relative_path=True)
            except SuspiciousFileOperation:
                text = _("it is refused by the field's validation")
            if field.max_length and len(value) > field.max_length:  # of these no validator is
                text = _("may have at most %(limit)s characters") % {"limit": field.max_length}
    if text:
        raise ValueProblem(field.name, value, text)


def same_text(value: Any) -> str:
    """Return a text that is the same for values that are equal."""
    match value:
        case datetime() if value.tzinfo is not None:
            return value.astimezone(UTC).isoformat()
        case Decimal():
            return str(value.normalize())
        case _:
            return str(value)


def _key_field(field: Any) -> Any:
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field


def _fits(field: Any, value: Any) -> bool:
    if isinstance(field, models.BinaryField | models.FileField):
        return value is None or isinstance(value, str)
    match value:
        case bool():
            return not isinstance(field, (*NUMBERS, models.UUIDField))
        case float() if isinstance(field, models.IntegerField):
            return value.is_integer()
        case float() | int():
            return not isinstance(field, models.UUIDField)
        case list() | dict():
            return not isinstance(field, TEXTS)
        case _:
            return True
