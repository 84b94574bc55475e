"""Parts of a document in words that people read: moments, values, conditions, events, also half-done ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from meanwhile.studio.access import find_model

LONGEST = 80
UNITS = ("years", "months", "weeks", "days", "hours", "minutes")
NOT_YET = "…"


def moment_in_words(moment: Any) -> str:
    """Return when a Delay is due: ``2 days before “starts”``."""
    if not isinstance(moment, Mapping):
        return NOT_YET
    match moment.get("at"):
        case "now":
            return _("as soon as possible")
        case "before" | "after" as side:
            return _shifted(side, moment)
        case _:
            return _("at %(moment)s") % {"moment": _base(moment)}


def value_in_words(value: Any) -> str:
    """Return where a value comes from: ``“received”``, ``the field price``, ``now``."""
    if not isinstance(value, Mapping):
        return NOT_YET
    match value.get("value"):
        case "literal":
            return literal_in_words(value.get("literal"))
        case "field":
            return _("the field %(field)s") % {"field": value.get("field", NOT_YET)}
        case "template":
            return _("the text “%(text)s”") % {"text": _short(str(value.get("template", "")))}
        case "now":
            return _now(value)
        case "actor":
            return _("the person")
        case "param":
            return _("the parameter %(name)s") % {"name": value.get("param", NOT_YET)}
        case _:
            return NOT_YET


def quoted(text: Any) -> str:
    """Return a text in the quotation marks of the language."""
    return _("“%(text)s”") % {"text": text}


def literal_in_words(literal: Any) -> str:
    """Return a value that is written in the tree."""
    match literal:
        case None:
            return _("nothing")
        case True:
            return pgettext("value", "yes")
        case False:
            return pgettext("value", "no")
        case str():
            return quoted(_short(literal))
        case int() | float():
            return str(literal)
        case list():
            return _short(", ".join(map(literal_in_words, literal[:20])))
        case _:
            return _short(json.dumps(literal, ensure_ascii=False, default=str))


def condition_in_words(condition: Any) -> str:
    """Return what a condition asks: ``status is “paid” and price is more than 100``."""
    if not isinstance(condition, Mapping):
        return NOT_YET
    match condition.get("test"):
        case "is":
            return _comparison(str(condition.get("field", NOT_YET)), condition)
        case "was":
            what = _("%(field)s, before,") % {"field": condition.get("field", NOT_YET)}
            return _comparison(what, condition)
        case "changed":
            names = ", ".join(map(str, _list(condition.get("fields"))))
            return _("%(fields)s changed") % {"fields": names or NOT_YET}
        case "changed_to":
            facts = {"field": condition.get("field", NOT_YET), "value": value_in_words(condition.get("to"))}
            return _("%(field)s changed to %(value)s") % facts
        case "is_new":
            return _("the record is new")
        case "count":
            return _count(condition)
        case "all":
            return _(" and ").join(map(_inside, _list(condition.get("of")))) or NOT_YET
        case "any":
            return _(" or ").join(map(_inside, _list(condition.get("of")))) or NOT_YET
        case "not":
            return _("not %(condition)s") % {"condition": _inside(condition.get("of"))}
        case _:
            return NOT_YET


def event_in_words(event: Any) -> str:
    """Return when a tree fires: ``when a booking is saved``."""
    if not isinstance(event, Mapping):
        return NOT_YET
    model = find_model(str(event.get("model") or ""))
    facts = {"record": model._meta.verbose_name if model else event.get("model") or NOT_YET}
    match event.get("event"):
        case "saved":
            return _("when a %(record)s is created or changed") % facts
        case "created":
            return _("when a %(record)s is created") % facts
        case "updated":
            fields = ", ".join(map(str, _list(event.get("fields"))))
            if fields:
                return _("when %(fields)s of a %(record)s changes") % {**facts, "fields": fields}
            return _("when a %(record)s is changed") % facts
        case "deleted":
            return _("when a %(record)s is deleted") % facts
        case "submitted":
            return _("when a person submits a %(record)s") % facts
        case "called":
            return _("when it is called for a %(record)s") % facts if event.get("model") else _("when it is called")
        case _:
            return NOT_YET


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


def operator_in_words(op: str) -> str:
    """Return what an operator of a comparison is called."""
    return str(OPERATORS.get(op, op))


def span_in_words(part: Mapping[str, Any]) -> str:
    """Return a span: ``2 days and 3 hours``; empty if there is none."""
    words = [_unit(unit, abs(number)) for unit in UNITS if isinstance(number := part.get(unit), int) and number]
    return _(" and ").join(words)


def settings_in_words(node: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the settings of a node as (name, words), without its label and the nodes in it."""
    lines: list[tuple[str, str]] = []
    for key, setting in node.items():
        match key:
            case "kind" | "label" | "do" | "then" | "otherwise" | "disabled":
                continue
            case "condition":
                lines.append((key, condition_in_words(setting)))
            case "moment":
                lines.append((key, moment_in_words(setting)))
            case "set" | "params" | "where" if isinstance(setting, Mapping):
                lines += [(str(name), value_in_words(value)) for name, value in setting.items()]
            case "retry" if isinstance(setting, Mapping):
                lines.append((key, _tries(setting)))
            case "to" | "cc" | "bcc" | "reply_to":
                many = setting if isinstance(setting, list) else [setting]
                lines.append((key, ", ".join(map(_recipient, many)) or NOT_YET))
            case _:
                lines.append((key, literal_in_words(setting)))
    return lines


def _tries(retry: Mapping[str, Any]) -> str:
    number = retry.get("max_attempts")
    if not isinstance(number, int):
        return NOT_YET
    return ngettext("%(number)s try", "up to %(number)s tries", number) % {"number": number}


def _recipient(part: Any) -> str:
    """Return whom a mail goes to: addresses, or users or groups by name."""
    if not isinstance(part, Mapping):
        return literal_in_words(part)
    match part.get("recipients"):
        case "addresses":
            return _short(str(part.get("addresses", NOT_YET)))
        case "users":
            return _("the users %(names)s") % {"names": literal_in_words(_list(part.get("users")))}
        case "groups":
            return _("the groups %(names)s") % {"names": literal_in_words(_list(part.get("groups")))}
        case _:
            return NOT_YET


def _shifted(side: str, moment: Mapping[str, Any]) -> str:
    span, base = span_in_words(moment) or NOT_YET, moment.get("base")
    if side == "after" and isinstance(base, Mapping) and base.get("at") == "now":
        return _("%(span)s later") % {"span": span}
    text = _("%(span)s before %(moment)s") if side == "before" else _("%(span)s after %(moment)s")
    return text % {"span": span, "moment": _base(base)}


def _base(moment: Any) -> str:
    if not isinstance(moment, Mapping):
        return NOT_YET
    match moment.get("at"):
        case "now":
            return _("now")
        case "datetime":
            return _date(moment.get("when"))
        case "start_of_next":
            units = {
                "day": _("the start of the next day"),
                "month": _("the start of the next month"),
                "year": _("the start of the next year"),
            }
            return units.get(str(moment.get("unit")), NOT_YET)
        case "field":
            return quoted(moment.get("field", NOT_YET))
        case "before" | "after" as side:
            return _shifted(side, moment)
        case _:
            return NOT_YET


def _date(when: Any) -> str:
    try:
        return formats.date_format(datetime.fromisoformat(str(when)), "DATETIME_FORMAT")
    except ValueError:
        return str(when or NOT_YET)


def _now(value: Mapping[str, Any]) -> str:
    span = span_in_words(value)
    if not span:
        return _("now")
    past = any(isinstance(number := value.get(unit), int) and number < 0 for unit in UNITS)
    return (_("%(span)s ago") if past else _("%(span)s from now")) % {"span": span}


def _unit(unit: str, number: int) -> str:
    match unit:
        case "years":
            text = ngettext("%(n)s year", "%(n)s years", number)
        case "months":
            text = ngettext("%(n)s month", "%(n)s months", number)
        case "weeks":
            text = ngettext("%(n)s week", "%(n)s weeks", number)
        case "days":
            text = ngettext("%(n)s day", "%(n)s days", number)
        case "hours":
            text = ngettext("%(n)s hour", "%(n)s hours", number)
        case _:
            text = ngettext("%(n)s minute", "%(n)s minutes", number)
    return text % {"n": number}


def _comparison(what: str, condition: Mapping[str, Any]) -> str:
    op, to = str(condition.get("op", "==")), condition.get("to")
    right = "" if op in {"empty", "not_empty"} else value_in_words(to)
    return " ".join(filter(None, [what, operator_in_words(op), right]))


def _count(condition: Mapping[str, Any]) -> str:
    where = condition.get("where")
    filters = ", ".join(
        f"{name} = {value_in_words(value)}" for name, value in (where if isinstance(where, Mapping) else {}).items()
    )
    facts = {
        "of": condition.get("of") or NOT_YET,
        "op": operator_in_words(str(condition.get("op", "=="))),
        "number": condition.get("number", NOT_YET),
    }
    return _("the number of %(of)s %(op)s %(number)s") % facts + (f" ({filters})" if filters else "")


def _inside(condition: Any) -> str:
    text = condition_in_words(condition)
    nested = isinstance(condition, Mapping) and condition.get("test") in ("all", "any", "not")
    return f"({text})" if nested else text


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
