"""The settings of a node in words: values, conditions and moments as people would write them down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

SPANS = ("years", "months", "weeks", "days", "hours", "minutes")


def settings_of(node: Mapping[str, Any], without: frozenset[str]) -> list[str]:
    """Return the settings of a node, given as JSON data, one on a line."""
    lines = []
    for key, value in node.items():
        if key in without:
            continue
        if isinstance(value, dict) and not _kind(value):
            lines += [f"{name} = {in_words(part)}" for name, part in value.items()]
        else:
            lines.append(f"{key}: {in_words(value)}")
    return lines


def in_words(part: Any) -> str:
    """Return a value, a condition or a moment of a tree document in words; other data as JSON."""
    if isinstance(part, list):
        return ", ".join(map(in_words, part))
    match _kind(part):
        case "value":
            return _value(part)
        case "test":
            return _condition(part)
        case "at":
            return _moment(part)
        case _:
            return json.dumps(part, ensure_ascii=False)


def _kind(part: Any) -> str:
    return next((tag for tag in ("value", "test", "at") if isinstance(part, dict) and tag in part), "")


def _value(part: Mapping[str, Any]) -> str:
    match part["value"]:
        case "literal":
            return json.dumps(part.get("literal"), ensure_ascii=False)
        case "field":
            return str(part["field"])
        case "template":
            return f"“{part['template']}”"
        case "actor":
            return _("the person")
        case "param":
            return _("the parameter %(name)s") % {"name": part["param"]}
        case "now":
            return " ".join(filter(None, [_("now"), _span(part)]))
        case _:
            return json.dumps(part, ensure_ascii=False)


def _condition(part: Mapping[str, Any]) -> str:
    match part["test"]:
        case "is":
            return _comparison(str(part["field"]), part)
        case "was":
            return _comparison(_("%(field)s before") % {"field": part["field"]}, part)
        case "changed":
            return _("%(fields)s changed") % {"fields": ", ".join(part["fields"])}
        case "changed_to":
            return _("%(field)s changed to %(value)s") % {"field": part["field"], "value": in_words(part["to"])}
        case "is_new":
            return _("the record is new")
        case "count":
            where = ", ".join(f"{name} = {in_words(value)}" for name, value in part.get("where", {}).items())
            number = f"{part.get('op', '==')} {part['number']}"
            return _("number of %(of)s %(number)s") % {"of": part["of"], "number": number} + (
                f" ({where})" if where else ""
            )
        case "all":
            return _(" and ").join(map(_inside, part["of"]))
        case "any":
            return _(" or ").join(map(_inside, part["of"]))
        case "not":
            return _("not %(condition)s") % {"condition": _inside(part["of"])}
        case _:
            return json.dumps(part, ensure_ascii=False)


def _inside(part: Mapping[str, Any]) -> str:
    text = in_words(part)
    return f"({text})" if part.get("test") in {"all", "any", "not"} else text


def _comparison(what: str, part: Mapping[str, Any]) -> str:
    to = part.get("to")
    return " ".join(filter(None, [what, part.get("op", "=="), "" if to is None else in_words(to)]))


def _moment(part: Mapping[str, Any]) -> str:
    match part["at"]:
        case "now":
            return _("now")
        case "datetime":
            return str(part["when"])
        case "start_of_next":
            return _("start of the next %(unit)s") % {"unit": part["unit"]}
        case "field":
            return str(part["field"])
        case "before":
            return _("%(span)s before %(moment)s") % {"span": _span(part), "moment": in_words(part["base"])}
        case "after":
            return _("%(span)s after %(moment)s") % {"span": _span(part), "moment": in_words(part["base"])}
        case _:
            return json.dumps(part, ensure_ascii=False)


def _span(part: Mapping[str, Any]) -> str:
    return ", ".join(f"{part[unit]} {unit}" for unit in SPANS if part.get(unit))
