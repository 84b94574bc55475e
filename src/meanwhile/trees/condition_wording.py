"""Conditions of a document in words that people read, also half-done ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meanwhile.trees.field_wording import AS_WRITTEN, Naming
from meanwhile.trees.wording import NOT_YET, list_of, literal_in_words, value_in_words

PAIR = 2


OPERATORS: Mapping[str, Any] = {
    "==": gettext_lazy("is"),
    "!=": gettext_lazy("is not"),
    "<": gettext_lazy("is less than"),
    "<=": gettext_lazy("is at most"),
    ">": gettext_lazy("is more than"),
    ">=": gettext_lazy("is at least"),
    "in": gettext_lazy("is one of"),
    "not_in": gettext_lazy("is none of"),
    "contains": gettext_lazy("contains"),
    "icontains": gettext_lazy("contains (capitals or not)"),
    "startswith": gettext_lazy("starts with"),
    "endswith": gettext_lazy("ends with"),
    "empty": gettext_lazy("is empty"),
    "not_empty": gettext_lazy("is not empty"),
    "between": gettext_lazy("is between"),
}
"""What the operators of comparisons are called."""

LOOKUPS: Mapping[str, str] = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
"""Django's lookups that are an operator of another name."""


def condition_in_words(condition: Any, naming: Naming = AS_WRITTEN) -> str:
    """Return what a condition asks: ``status is “paid” and price is more than 100``."""
    if not isinstance(condition, Mapping):
        return NOT_YET
    field = naming.field(condition.get("field") or NOT_YET)
    match condition.get("test"):
        case "is":
            return _comparison(field, condition, naming)
        case "was":
            what = _("%(field)s, before,") % {"field": field}
            return _comparison(what, condition, naming)
        case "changed":
            names = ", ".join(map(naming.field, list_of(condition.get("fields"))))
            return _("%(fields)s changed") % {"fields": names or NOT_YET}
        case "changed_to":
            facts = {"field": field, "value": value_in_words(condition.get("to"), naming)}
            return _("%(field)s changed to %(value)s") % facts
        case "is_new":
            return _("the record is new")
        case "count":
            return _count(condition, naming)
        case "all":
            return _(" and ").join(_inside(one, naming) for one in list_of(condition.get("of"))) or NOT_YET
        case "any":
            return _(" or ").join(_inside(one, naming) for one in list_of(condition.get("of"))) or NOT_YET
        case "not":
            return _("not %(condition)s") % {"condition": _inside(condition.get("of"), naming)}
        case _:
            return NOT_YET


def operator_in_words(op: str) -> str:
    """Return what an operator of a comparison is called."""
    return str(OPERATORS.get(op, op))


def lookups_in_words(where: Any, naming: Naming = AS_WRITTEN, model: str = "") -> str:
    """Return what the records of a query on a model have to fulfil: ``Paid = yes, Price is at least 100``."""
    asked = where if isinstance(where, Mapping) else {}
    return ", ".join(_lookup(str(name), value, naming, model) for name, value in asked.items())


def _lookup(lookup: str, value: Any, naming: Naming, model: str) -> str:
    name, left = naming.of(model).lookup(lookup)
    if left == "isnull" and isinstance(value, Mapping) and isinstance(value.get("literal"), bool):
        return f"{name} {operator_in_words('empty' if value['literal'] else 'not_empty')}"
    words = OPERATORS.get(LOOKUPS.get(left, left)) if left else None
    if words is not None:
        return f"{name} {words} {value_in_words(value, naming)}"
    return f"{name}{f' ({left})' if left else ''} = {value_in_words(value, naming)}"


def _comparison(what: str, condition: Mapping[str, Any], naming: Naming) -> str:
    op, to = str(condition.get("op", "==")), condition.get("to")
    if op in {"empty", "not_empty"}:
        return f"{what} {operator_in_words(op)}"
    if op == "between" and (pair := _pair(to)):
        return f"{what} " + _("is between %(a)s and %(b)s") % {"a": pair[0], "b": pair[1]}
    return f"{what} {operator_in_words(op)} {value_in_words(to, naming)}"


def _pair(value: Any) -> list[str]:
    """Return the words of a fixed value that is a list of two, and no words for another one."""
    given = value.get("literal") if isinstance(value, Mapping) and value.get("value") == "literal" else None
    return [literal_in_words(one) for one in given] if isinstance(given, list) and len(given) == PAIR else []


def _count(condition: Mapping[str, Any], naming: Naming) -> str:
    of = str(condition.get("of") or NOT_YET)
    label = of if "." in of else naming.target({"of": of}).model
    filters = lookups_in_words(condition.get("where"), naming, label)
    facts = {
        "of": naming.model_name(of) if "." in of else naming.field(of),
        "op": operator_in_words(str(condition.get("op", "=="))),
        "number": condition.get("number", NOT_YET),
    }
    return _("the number of %(of)s %(op)s %(number)s") % facts + (f" ({filters})" if filters else "")


def _inside(condition: Any, naming: Naming) -> str:
    text = condition_in_words(condition, naming)
    nested = isinstance(condition, Mapping) and condition.get("test") in ("all", "any", "not")
    return f"({text})" if nested else text
