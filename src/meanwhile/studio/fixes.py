"""What one click can do about a problem: an operation of the editor, with words for the button."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from meanwhile.studio import places
from meanwhile.studio.edit import STRUCTURE
from meanwhile.studio.errors import EditProblem
from meanwhile.studio.naming import place_in_words
from meanwhile.trees.field_wording import BETWEEN, Naming
from meanwhile.trees.setting_wording import MAPPINGS

OF_THE_EVENT = frozenset({"fields", "paths"})
"""Mappings of the event Received; in Updated the fields are a list."""


@dataclass(frozen=True, slots=True)
class Fix:
    """An operation (`edit`) that mends a problem, and what its button says."""

    operation: dict[str, Any]
    label: str


def fix_for(document: Mapping[str, Any], path: str, place: str, problem: str, naming: Naming) -> Fix | None:
    """Return what mends a problem, given by its id, at a place in a node; None if a person has to decide."""
    match problem:
        case "meanwhile.W101":
            return Fix({"op": "wrap", "path": path, "in": "background"}, _("Put it under Background"))
        case "meanwhile.W102" | "meanwhile.E126" if path:
            return Fix({"op": "remove", "path": path}, _("Remove the node"))
        case "meanwhile.W103":
            return _as_template(document, path, place)
        case "meanwhile.E114":
            return _without(document, path, "serial", naming)
        case "meanwhile.E143" if place == "body":
            return _without(document, path, "body", naming)
        case "meanwhile.E142" | "meanwhile.W141" if _is_entry(place):
            return _without(document, path, place, naming)
        case "meanwhile.E152" if _is_entry(place):
            return _without(document, path, place, naming)
        case "meanwhile.E121":
            return _declare(document, path, place)
        case "meanwhile.E104" | "meanwhile.E102" | "studio.E02" | "studio.E03" if _is_entry(place):
            return _without(document, path, place, naming)
        case "studio.unknown_key" if path and place.isidentifier() and place not in STRUCTURE:
            return _without(document, path, place, naming)
        case _:
            return None


def _without(document: Mapping[str, Any], path: str, key: str, naming: Naming) -> Fix:
    operation = {"op": "set_value", "path": path, "key": key, "value": None}
    words = place_in_words(places.node_at(document, path) if path else document, key, naming)
    return Fix(operation, _("Remove “%(key)s”") % {"key": words.rpartition(BETWEEN)[2]})


def _as_template(document: Mapping[str, Any], path: str, place: str) -> Fix | None:
    value = _at(document, path, place)
    if not isinstance(value, Mapping) or not isinstance(value.get("literal"), str):
        return None
    template = {"value": "template", "template": value["literal"]}
    operation = {"op": "set_value", "path": path, "key": place, "value": template}
    return Fix(operation, _("Have it filled in"))


def _declare(document: Mapping[str, Any], path: str, place: str) -> Fix | None:
    value, event = _at(document, path, place), document.get("on")
    if not isinstance(event, Mapping) or not isinstance(value, Mapping):
        return None
    if event.get("event") not in {"called", "received"}:
        return None
    name, known = str(value.get("param", "")), event.get("parameters", {})
    declared = {**(known if isinstance(known, Mapping) else {}), name: "str"}
    operation = {"op": "set_event", "event": {**event, "parameters": declared}}
    return Fix(operation, _("Declare the parameter “%(name)s”") % {"name": name})


def value_at(node: Any, place: str) -> Any:
    """Return what stands at a place in a node; None where nothing does."""
    found = node
    for key in place.split("."):
        if isinstance(found, list) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        elif isinstance(found, Mapping):
            found = found.get(key)
        else:
            return None
    return found


def _at(document: Mapping[str, Any], path: str, place: str) -> Any:
    try:
        return value_at(places.node_at(document, path), place)
    except EditProblem:
        return None


def _is_entry(place: str) -> bool:
    """Say whether a place is an entry of a mapping, which can be left out alone."""
    first, _dot, rest = place.removeprefix("on.").partition(".")
    known = OF_THE_EVENT if place.startswith("on.") else MAPPINGS
    return first in known and bool(rest) and "." not in rest and not rest.isdecimal()
