"""Where the value for a field or a parameter comes from. Pure: a `Step` works the value out when it runs.

In JSON each value says its kind: ``{"value": "field", "field": "seat.price"}``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, ClassVar
from typing import Literal as OneOf
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Discriminator, StringConstraints, model_validator

from meanwhile.exceptions import TreeDocumentError
from meanwhile.parts import Part, python_only
from meanwhile.refusals import refusal_of_lazy
from meanwhile.texts import gettext as _

MAX_LITERAL_DEPTH = 20
LARGEST_INTEGER_BITS = 1024


def to_jsonable(value: Any, depth: int = 0) -> Any:
    """Return a Python value as JSON holds it: dates, decimals and UUIDs as text, tuples and sets as lists.

    The model field or parameter it is meant for turns it back. Raises `ValueError` for what JSON cannot hold.
    """
    if depth > MAX_LITERAL_DEPTH:
        raise ValueError(_("is nested deeper than %(n)s levels") % {"n": MAX_LITERAL_DEPTH})
    match value:
        case Enum():
            return to_jsonable(value.value, depth)
        case None | bool():
            return value
        case int() | float():
            return _storable_number(value)
        case str():
            return _clean_text(str(value))
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return _duration(value)
        case Decimal() | UUID():
            return str(value)
        case Mapping():
            return {_key(key): to_jsonable(item, depth + 1) for key, item in value.items()}
        case list() | tuple():
            return [to_jsonable(item, depth + 1) for item in value]
        case set() | frozenset():
            return sorted((to_jsonable(item, depth + 1) for item in value), key=repr)
        case _:
            raise ValueError(_refusal(value))


class Literal(Part):
    """A value that is written in the tree: ``Literal("received")``. A bare Python value means the same."""

    tag: ClassVar[str] = "value"
    value: OneOf["literal"] = "literal"
    literal: Annotated[Any, BeforeValidator(to_jsonable)]

    @python_only
    def __init__(self, literal: Any, /, **data: Any) -> None:
        self._fill({"literal": literal, **data})


def _dotted(path: str) -> str:
    if not all(part.isidentifier() for part in path.split(".")):
        raise ValueError(_("“%(path)s” is no field path such as “price” or “seat.price”") % {"path": path})
    return path


FieldPath = Annotated[str, StringConstraints(max_length=500), AfterValidator(_dotted)]
"""Names of fields with dots between: ``seat.price``. The first may be the name of a record made above."""


def _name(name: str) -> str:
    if not name.isidentifier():
        raise ValueError(_("“%(name)s” is no name made of letters, digits and underscores") % {"name": name})
    return name


Name = Annotated[str, StringConstraints(max_length=100), AfterValidator(_name)]
"""The name of a parameter, of a record or of a model's field."""


class Field(Part):
    """The value of a field when the step runs: of the record, or behind its relations (``Field("seat.price")``).

    The first part may be the name that a Create Record above gave to its record.
    """

    tag: ClassVar[str] = "value"
    value: OneOf["field"] = "field"
    field: FieldPath

    @python_only
    def __init__(self, field: str, /, **data: Any) -> None:
        self._fill({"field": field, **data})


class Template(Part):
    """A text with the record's values in it: ``Template("{{ record.name }}, row {{ record.seat.row }}")``."""

    tag: ClassVar[str] = "value"
    value: OneOf["template"] = "template"
    template: Annotated[str, StringConstraints(max_length=100_000)]

    @python_only
    def __init__(self, template: str, /, **data: Any) -> None:
        self._fill({"template": template, **data})


class Now(Part):
    """The moment at which the step runs, moved by a span if one is given: ``Now(days=-2)`` is two days ago."""

    tag: ClassVar[str] = "value"
    value: OneOf["now"] = "now"
    minutes: int = 0
    hours: int = 0
    days: int = 0
    weeks: int = 0

    @model_validator(mode="after")
    def _fits_a_calendar(self) -> Now:
        try:
            self.offset()
        except OverflowError:
            raise ValueError(_("is a longer span than any calendar has")) from None
        return self

    def offset(self) -> timedelta:
        """Return the span to add to the present moment."""
        return timedelta(minutes=self.minutes, hours=self.hours, days=self.days, weeks=self.weeks)


class Actor(Part):
    """The person whose change started the run, or nothing where no person did."""

    tag: ClassVar[str] = "value"
    value: OneOf["actor"] = "actor"


class Param(Part):
    """A parameter of the Called event: ``Param("amount")``."""

    tag: ClassVar[str] = "value"
    value: OneOf["param"] = "param"
    param: Name

    @python_only
    def __init__(self, param: str, /, **data: Any) -> None:
        self._fill({"param": param, **data})


Value = Annotated[Literal | Field | Template | Now | Actor | Param, Discriminator("value")]
"""Any of the values, as a document holds them."""

AnyValue = Literal | Field | Template | Now | Actor | Param
"""The same for annotations of functions."""


def to_value(value: object) -> AnyValue:
    """Return a value as it is, and anything else as a `Literal` of it.

    Raises `TreeDocumentError` for what cannot be written into a document, such as a model instance.
    """
    return value if isinstance(value, AnyValue) else Literal(value)


def to_values(given: Mapping[str, object], place: str = "") -> dict[str, AnyValue]:
    """Return each of the given values as a value; raise `TreeDocumentError` naming all that cannot be one."""
    values: dict[str, AnyValue] = {}
    problems: list[tuple[str, str]] = []
    for name, value in given.items():
        try:
            values[name] = to_value(value)
        except TreeDocumentError as error:
            problems += [(f"{place}.{name}" if place else name, message) for _path, message in error.problems]
    if problems:
        raise TreeDocumentError(problems)
    return values


def _storable_number(number: Any) -> Any:
    if isinstance(number, int) and number.bit_length() > LARGEST_INTEGER_BITS:
        raise ValueError(_("is too large a number"))
    if isinstance(number, float) and not math.isfinite(number):
        raise ValueError(_("must be a finite number"))
    return number


def _clean_text(text: str) -> str:
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(_("holds a character that no database can store"))
    return text


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError(_("has a key that is no text: %(key)r") % {"key": key})
    return _clean_text(key)


def _duration(span: timedelta) -> str:
    """Write a timedelta in the form both Django's DurationField and pydantic read."""
    sign, span = ("-", -span) if span < timedelta(0) else ("", span)
    seconds = f"{span.seconds}.{span.microseconds:06}" if span.microseconds else str(span.seconds)
    return f"{sign}P{span.days}DT{seconds}S"


_INSTEAD_OF_EXPRESSIONS = {
    "Now": "meanwhile.Now()",
    "F": "meanwhile.Field(…)",
    "OuterRef": "meanwhile.Field(…)",
    "Concat": "meanwhile.Template(…)",
    "Value": "the bare value",
}
"""What does in a tree what Django's expressions do in a query."""


def _refusal(value: object) -> str:
    if lazy := refusal_of_lazy(value):
        return lazy
    if hasattr(value, "resolve_expression"):
        return _("is Django's %(type)s, an expression for queries, which no document can hold: write %(instead)s") % {
            "type": type(value).__name__,
            "instead": _INSTEAD_OF_EXPRESSIONS.get(type(value).__name__) or _("an @action function that works it out"),
        }
    if callable(value):
        return _("is %(name)s itself, which no document can hold: call it, or write Now(), Actor() or Field(…)") % {
            "name": getattr(value, "__name__", type(value).__name__)
        }
    if hasattr(value, "_meta") and hasattr(value, "pk"):
        return _("is a record (%(type)s), which no document can hold: use its key, record.pk, or a Field") % {
            "type": type(value).__name__
        }
    return _("is a %(type)s, which no document can hold; use text, numbers, dates, lists or dicts") % {
        "type": type(value).__name__
    }
