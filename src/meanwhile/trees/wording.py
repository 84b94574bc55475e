"""Values and moments of a document in words that people read, also half-done ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from meanwhile.trees.field_wording import AS_WRITTEN, Naming

LONGEST = 80
UNITS = ("years", "months", "weeks", "days", "hours", "minutes")
NOT_YET = "…"
"""Stands for what is not filled in yet."""


def moment_in_words(moment: Any, naming: Naming = AS_WRITTEN) -> str:
    """Return when a Delay is due: ``2 days before “starts”``."""
    if not isinstance(moment, Mapping):
        return NOT_YET
    match moment.get("at"):
        case "now":
            return _("as soon as possible")
        case "before" | "after" as side:
            return _shifted(side, moment, naming)
        case _:
            return _("at %(moment)s") % {"moment": _base(moment, naming)}


def value_in_words(value: Any, naming: Naming = AS_WRITTEN) -> str:
    """Return where a value comes from: ``“received”``, ``the field price``, ``now``."""
    if not isinstance(value, Mapping):
        return NOT_YET
    match value.get("value"):
        case "literal":
            return literal_in_words(value.get("literal"))
        case "field":
            return _("the field %(field)s") % {"field": naming.field(value.get("field") or NOT_YET)}
        case "template":
            return _("the text “%(text)s”") % {"text": shortened(str(value.get("template", "")))}
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
            return quoted(shortened(literal))
        case int() | float():
            return str(formats.localize(literal))
        case list():
            return shortened(", ".join(map(literal_in_words, literal[:20])))
        case _:
            return shortened(json.dumps(literal, ensure_ascii=False, default=str))


def span_in_words(part: Mapping[str, Any]) -> str:
    """Return a span: ``2 days and 3 hours``; empty if there is none."""
    words = [_unit(unit, abs(number)) for unit in UNITS if isinstance(number := part.get(unit), int) and number]
    return _(" and ").join(words)


def shortened(text: str) -> str:
    """Return a text on one line, cut to `LONGEST` characters."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def list_of(value: Any) -> list[Any]:
    """Return a list, also where something else stands in a half-done document."""
    return value if isinstance(value, list) else []


def _shifted(side: str, moment: Mapping[str, Any], naming: Naming) -> str:
    span, base = span_in_words(moment) or NOT_YET, moment.get("base")
    if side == "after" and isinstance(base, Mapping) and base.get("at") == "now":
        return _("%(span)s later") % {"span": span}
    text = _("%(span)s before %(moment)s") if side == "before" else _("%(span)s after %(moment)s")
    return text % {"span": span, "moment": _base(base, naming)}


def _base(moment: Any, naming: Naming) -> str:
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
            return quoted(naming.field(moment.get("field") or NOT_YET))
        case "before" | "after" as side:
            return _shifted(side, moment, naming)
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
