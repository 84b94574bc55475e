"""Conditions, and their decision from facts. Pure: whoever asks brings the facts."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from typing import Any, Protocol, assert_never

from meanwhile.actions.values import AnyValue
from meanwhile.exceptions import ConditionError, MeanwhileError, shortened
from meanwhile.texts import gettext as _
from meanwhile.trees.condition_kinds import (
    All,
    AnyCondition,
    AnyOf,
    Changed,
    ChangedTo,
    Condition,
    Count,
    Is,
    IsNew,
    Not,
    Was,
    walk,
)
from meanwhile.trees.likeness import alike

__all__ = [
    "All",
    "AnyCondition",
    "AnyOf",
    "Changed",
    "ChangedTo",
    "Condition",
    "Count",
    "Facts",
    "Is",
    "IsNew",
    "Not",
    "Was",
    "evaluate",
    "walk",
]


class Facts(Protocol):
    """What conditions are decided from: the record as it is, the event as it was."""

    def value(self, path: str) -> Any:
        """Return the value of a field now; None behind an empty relation."""

    def old(self, path: str) -> Any:
        """Return the value of a field before the event; None for a new record."""

    def changed(self, name: str) -> bool:
        """Return whether the event changed a field."""

    def is_new(self) -> bool:
        """Return whether the event created the record."""

    def count(self, target: str, where: Mapping[str, AnyValue]) -> int:
        """Return how many rows a relation, or a model given as ``app_label.Model``, has that fit the values."""

    def resolve(self, value: AnyValue) -> Any:
        """Return what a value is worth now."""


def evaluate(condition: AnyCondition, facts: Facts, zone: tzinfo = UTC) -> bool:
    """Return whether a condition holds. ``zone`` is where days begin, when a day is compared with a moment.

    Raises `ConditionError` for things that can't be compared. See “Nodes” in the event tree rules.
    """
    match condition:
        case Is(field=field, op=op, to=to):
            return _compare(field, op, facts.value(field), _worth(to, facts), zone)
        case Was(field=field, op=op, to=to):
            return _compare(field, op, facts.old(field), _worth(to, facts), zone)
        case Changed(fields=fields):
            return any(facts.changed(field) for field in fields)
        case ChangedTo(field=field, to=to):
            return facts.changed(field) and _compare(field, "==", facts.value(field), facts.resolve(to), zone)
        case IsNew():
            return facts.is_new()
        case Count(of=of, op=op, number=number, where=where):
            return _ORDERINGS[op](facts.count(of, where), number)
        case All(of=several):
            return all(evaluate(one, facts, zone) for one in several)
        case AnyOf(of=several):
            return any(evaluate(one, facts, zone) for one in several)
        case Not(of=one):
            return not evaluate(one, facts, zone)
        case _:
            assert_never(condition)


_ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _worth(value: AnyValue | None, facts: Facts) -> Any:
    return None if value is None else facts.resolve(value)


def _compare(field: str, op: str, left: Any, right: Any, zone: tzinfo) -> bool:
    try:
        return _holds(op, left, right, zone)
    except (TypeError, ValueError, ArithmeticError) as error:
        if isinstance(error, MeanwhileError):
            raise
        raise ConditionError(
            _(
                "“%(field)s” is %(left)s (%(left_type)s), which can't be compared by “%(op)s” with %(right)s (%(right_type)s)."
            )
            % {
                "field": field,
                "op": op,
                "left": shortened(left),
                "left_type": type(left).__name__,
                "right": shortened(right),
                "right_type": type(right).__name__,
            }
        ) from error


def _holds(op: str, left: Any, right: Any, zone: tzinfo) -> bool:
    match op:
        case "empty" | "not_empty":
            return _is_empty(left) is (op == "empty")
        case "==" | "!=":
            return _equal(left, right, zone) is (op == "==")
        case "<" | "<=" | ">" | ">=":
            return left is not None and right is not None and _ORDERINGS[op](*alike(left, right, zone))
        case "between":
            low, high = _pair(right)
            return _holds(">=", left, low, zone) and _holds("<=", left, high, zone)
        case "in" | "not_in":
            if left is None:
                return False
            return any(_equal(left, one, zone) for one in _several(right)) is (op == "in")
        case _:
            return left is not None and right is not None and _text_holds(op, left, right, zone)


def _equal(left: Any, right: Any, zone: tzinfo) -> bool:
    if left is None or right is None:
        return left is right
    one, other = alike(left, right, zone)
    return bool(one == other)


def _text_holds(op: str, left: Any, right: Any, zone: tzinfo) -> bool:
    if op == "contains" and isinstance(left, (list, tuple, set, frozenset)):
        return any(_equal(item, right, zone) for item in left if type(item) is type(right))
    if not isinstance(left, str) or not isinstance(right, str):
        raise TypeError(op)
    match op:
        case "contains":
            return right in left
        case "icontains":
            return right.casefold() in left.casefold()
        case "startswith":
            return left.startswith(right)
        case "endswith":
            return left.endswith(right)
    raise ConditionError(_("There is no operator “%(op)s”.") % {"op": op})


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, bytes, list, tuple, dict, set, frozenset)) and not value)


def _several(right: Any) -> Any:
    if not isinstance(right, (list, tuple, set, frozenset)):
        raise TypeError(right)
    return right


def _pair(right: Any) -> tuple[Any, Any]:
    if not isinstance(right, (list, tuple)) or len(right) != 2:
        raise TypeError(right)
    return right[0], right[1]
