"""The kinds of conditions of an If: fields, operators, values, what changed, and counts. Pure.

In JSON each condition says its test: ``{"test": "is", "field": "status", "op": "==", "to": {…}}``.
`meanwhile.trees.conditions` decides them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, get_args
from typing import Literal as OneOf

from pydantic import AfterValidator, Discriminator, StrictInt, StringConstraints, model_validator
from pydantic import Field as Limited

from meanwhile.actions.base import label_of
from meanwhile.actions.values import FieldPath, Name, Value, to_value, to_values
from meanwhile.parts import Part, python_only
from meanwhile.texts import gettext as _

Operator = OneOf[
    "==", "!=", "<", "<=", ">", ">=",
    "in", "not_in", "contains", "icontains", "startswith", "endswith", "empty", "not_empty", "between",
]  # fmt: skip
Ordering = OneOf["==", "!=", "<", "<=", ">", ">="]
OPERATORS: tuple[str, ...] = get_args(Operator)
WITHOUT_VALUE = frozenset({"empty", "not_empty"})

_GIVEN_NOTHING: Any = object()


class _Condition(Part):
    """What all conditions share: ``&``, ``|`` and ``~`` combine them."""

    tag: ClassVar[str] = "test"

    def __and__(self, other: _Condition) -> All:
        return All(*(self.of if isinstance(self, All) else (self,)), other)

    def __or__(self, other: _Condition) -> AnyOf:
        return AnyOf(*(self.of if isinstance(self, AnyOf) else (self,)), other)

    def __invert__(self) -> Not:
        return Not(self)


class _Comparison(_Condition):
    field: FieldPath
    op: Operator = "=="
    to: Value | None = None

    @python_only
    def __init__(self, field: str, op: Any = _GIVEN_NOTHING, to: Any = _GIVEN_NOTHING, /, **data: Any) -> None:
        if to is not _GIVEN_NOTHING:
            data = {**data, "op": op, "to": to_value(to)}
        elif isinstance(op, str) and op in WITHOUT_VALUE:
            data = {**data, "op": op}
        elif op is not _GIVEN_NOTHING:
            data = {**data, "to": to_value(op)}
        self._fill({"field": field, **data})

    @model_validator(mode="after")
    def _has_a_value_where_needed(self) -> _Comparison:
        if self.op in WITHOUT_VALUE and self.to is not None:
            raise ValueError(_("“%(op)s” takes no value") % {"op": self.op})
        if self.op not in WITHOUT_VALUE and self.to is None:
            raise ValueError(_("“%(op)s” needs a value to compare with") % {"op": self.op})
        return self


class Is(_Comparison):
    """Compare a field: ``Is("status", "paid")``, ``Is("price", ">", 100)``, ``Is("notes", "empty")``.

    Nothing (None) is equal to nothing alone, and every other comparison with it is false. The text ``"empty"`` is
    compared with ``Is("status", "==", "empty")``. ``between`` takes two values and includes both.
    """

    test: OneOf["is"] = "is"

    @python_only
    def __init__(self, field: str, op: Any = _GIVEN_NOTHING, to: Any = _GIVEN_NOTHING, /, **data: Any) -> None:
        super().__init__(field, op, to, **data)


class Was(_Comparison):
    """Compare the value that a field had before the event: ``Was("status", "draft")``."""

    test: OneOf["was"] = "was"

    @python_only
    def __init__(self, field: str, op: Any = _GIVEN_NOTHING, to: Any = _GIVEN_NOTHING, /, **data: Any) -> None:
        super().__init__(field, op, to, **data)


class Changed(_Condition):
    """True if the event changed one of the fields: ``Changed("price", "seat")``."""

    test: OneOf["changed"] = "changed"
    fields: Annotated[tuple[Name, ...], Limited(min_length=1)]

    @python_only
    def __init__(self, /, *fields: str) -> None:
        self._fill({"fields": fields})


class ChangedTo(_Condition):
    """True if the event changed a field, and to this value: ``ChangedTo("status", "paid")``."""

    test: OneOf["changed_to"] = "changed_to"
    field: Name
    to: Value

    @property
    def op(self) -> Operator:
        """Equality: there is no other way to have changed to a value."""
        return "=="

    @python_only
    def __init__(self, field: str, to: Any, /) -> None:
        self._fill({"field": field, "to": to_value(to)})


class IsNew(_Condition):
    """True if the event created the record."""

    test: OneOf["is_new"] = "is_new"


def _relation_or_model(name: str) -> str:
    if not all(part.isidentifier() for part in name.split(".")):
        raise ValueError(_("“%(name)s” is no relation such as “tickets” and no “app_label.Model”") % {"name": name})
    return name


class Count(_Condition):
    """Compare a number of rows: ``Count("tickets", ">=", 2, where={"paid": True})``.

    The rows are those behind a relation of the record, or all of a model (``"shop.Ticket"``); the keys of ``where`` are
    Django's lookups, all of which must hold.
    """

    test: OneOf["count"] = "count"
    of: Annotated[str, StringConstraints(max_length=200), AfterValidator(_relation_or_model)]
    op: Ordering = "=="
    number: StrictInt
    where: dict[Name, Value] = {}

    @python_only
    def __init__(self, of: Any, op: str, number: int, /, *, where: dict[str, Any] | None = None) -> None:
        self._fill({"of": label_of(of), "op": op, "number": number, "where": to_values(where or {}, "Count.where")})


class All(_Condition):
    """True if all of the conditions are: ``All(IsNew(), Is("price", ">", 0))``, or with ``&``."""

    test: OneOf["all"] = "all"
    of: Annotated[tuple[Condition, ...], Limited(min_length=1)]

    @python_only
    def __init__(self, /, *of: _Condition) -> None:
        self._fill({"of": of})


class AnyOf(_Condition):
    """True if one of the conditions is: ``AnyOf(IsNew(), Changed("price"))``, or with ``|``."""

    test: OneOf["any"] = "any"
    of: Annotated[tuple[Condition, ...], Limited(min_length=1)]

    @python_only
    def __init__(self, /, *of: _Condition) -> None:
        self._fill({"of": of})


class Not(_Condition):
    """True if the condition is not: ``Not(Is("status", "paid"))``, or with ``~``."""

    test: OneOf["not"] = "not"
    of: Condition

    @python_only
    def __init__(self, of: _Condition, /) -> None:
        self._fill({"of": of})


AnyCondition = Is | Was | Changed | ChangedTo | IsNew | Count | All | AnyOf | Not
"""Any of the conditions, for annotations of functions."""

Condition = Annotated[
    Is | Was | Changed | ChangedTo | IsNew | Count | All | AnyOf | Not,
    Discriminator("test"),
]
"""Any of the conditions, as a document holds it."""

for _combined in (All, AnyOf, Not):
    _combined.model_rebuild()


def walk(condition: AnyCondition, path: str = "") -> Iterator[tuple[str, AnyCondition]]:
    """Yield a condition and all in it, with their places: ``""``, ``of.0``, ``of.0.of`` …"""
    yield path, condition
    if isinstance(condition, All | AnyOf):
        for number, one in enumerate(condition.of):
            yield from walk(one, f"{path}.of.{number}".lstrip("."))
    elif isinstance(condition, Not):
        yield from walk(condition.of, f"{path}.of".lstrip("."))
