"""Conditions, and their decision from facts. Pure: whoever asks brings the facts."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from typing import Any, Protocol, assert_never

from meanwhile.actions.values import AnyValue, Field, Literal
from meanwhile.exceptions import ConditionError, shortened
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

    def is_secret(self, path: str) -> bool:
        """Return whether no error may show the value of a field."""


def evaluate(condition: AnyCondition, facts: Facts, zone: tzinfo = UTC) -> bool:
    """Return whether a condition holds. ``zone`` is where days begin, when a day is compared with a moment.

    Raises `ConditionError` for things that can't be compared. See “Nodes” in the event tree rules.
    """
    match condition:
        case Is():
            return _compare(condition, facts.value(condition.field), facts, zone)
        case Was():
            return _compare(condition, facts.old(condition.field), facts, zone)
        case Changed():
            return any(facts.changed(field) for field in condition.fields)
        case ChangedTo():
            return facts.changed(condition.field) and _compare(condition, facts.value(condition.field), facts, zone)
        case IsNew():
            return facts.is_new()
        case Count():
            return _ORDERINGS[condition.op](_counted(condition, facts), condition.number)
        case All():
            return all(evaluate(one, facts, zone) for one in condition.of)
        case AnyOf():
            return any(evaluate(one, facts, zone) for one in condition.of)
        case Not():
            return not evaluate(condition.of, facts, zone)
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


HIDDEN = "********"

NEVER_NOTHING = frozenset({
    "gt", "gte", "lt", "lte", "in", "range",
    "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith",
})  # fmt: skip
"""Lookups that no row fulfils when they are asked about nothing."""


def _counted(condition: Count, facts: Facts) -> int:
    """Count the rows; comparing with nothing is false for each of them, unless it asks for what is equal."""
    for lookup, value in condition.where.items():
        asks = lookup.rpartition("__")[2]
        if asks in NEVER_NOTHING and not isinstance(value, Literal) and facts.resolve(value) is None:
            return 0
    try:
        return facts.count(condition.of, condition.where)
    except ConditionError:
        if not any(_is_secret(value, facts) for value in condition.where.values()):
            raise
    text = _("The records of “%(of)s” can't be counted: a value that is kept secret does not fit its lookup.")
    raise ConditionError(text % {"of": condition.of})


def _is_secret(value: AnyValue | None, facts: Facts) -> bool:
    return isinstance(value, Field) and facts.is_secret(value.field)


def _compare(condition: Is | Was | ChangedTo, left: Any, facts: Facts, zone: tzinfo) -> bool:
    right = None if condition.to is None else facts.resolve(condition.to)
    try:
        return _holds(condition.op, left, right, zone)
    except (TypeError, ValueError, ArithmeticError) as error:
        hide_left, hide_right = facts.is_secret(condition.field), _is_secret(condition.to, facts)
        # The error below it may name the value, too.
        cause = None if hide_left or hide_right else error
        raise ConditionError(
            _(
                "“%(field)s” is %(left)s (%(left_type)s), which can't be compared by “%(op)s” "
                "with %(right)s (%(right_type)s)."
            )
            % {
                "field": condition.field,
                "op": condition.op,
                "left": HIDDEN if hide_left else shortened(left),
                "left_type": type(left).__name__,
                "right": HIDDEN if hide_right else shortened(right),
                "right_type": type(right).__name__,
            }
        ) from cause


def _holds(op: str, left: Any, right: Any, zone: tzinfo) -> bool:
    match op:
        case "empty" | "not_empty":
            return _is_empty(left) is (op == "empty")
        case "==" | "!=":
            return _equal(left, right, zone) is (op == "==")
        case "<" | "<=" | ">" | ">=":
            return left is not None and right is not None and _ORDERINGS[op](*alike(left, right, zone))
        case "between":
            if right is None:
                return False
            low, high = _pair(right)
            return _holds(">=", left, low, zone) and _holds("<=", left, high, zone)
        case "in" | "not_in":
            if left is None or right is None:
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
        case _:
            return left.endswith(right)


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
