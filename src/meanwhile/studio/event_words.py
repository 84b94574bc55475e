"""The parts of an event in words that its sentence does not say: parameters, and what another system sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from meanwhile.studio.tree_form import TYPES
from meanwhile.trees.field_wording import Naming
from meanwhile.trees.setting_wording import label_of
from meanwhile.trees.wording import NOT_YET, list_of

PARTS = ("fields", "match", "create", "parameters", "paths")
NOTHING = "–"


def parts_in_words(event: Any) -> dict[str, str]:
    """Return the parts of an event that was received or called, by key, each in words."""
    if not isinstance(event, Mapping) or event.get("event") not in {"called", "received"}:
        return {}
    keys = PARTS if event["event"] == "received" else ("parameters",)
    return {key: _part(key, event) for key in keys}


def differing_parts(before: Any, after: Any) -> Iterator[tuple[str, str, str, str]]:
    """Yield (key, label, words before, words after) for each part in which two events differ."""
    old, new = parts_in_words(before), parts_in_words(after)
    for key in PARTS:
        one, other = old.get(key, ""), new.get(key, "")
        if one != other:
            yield key, label_of(key), one, other


def _part(key: str, event: Mapping[str, Any]) -> str:
    given = event.get(key)
    naming = Naming(str(event.get("model") or ""))
    match key:
        case "match":
            return ", ".join(map(naming.field, list_of(given))) or NOTHING
        case "create":
            return _("Refuse the request") if given is False else _("Make a new one")
        case "fields":
            return _pairs({naming.field(name): path for name, path in _mapping(given).items()})
        case "parameters":
            return _pairs({name: TYPES.get(kind, kind) for name, kind in _mapping(given).items()})
        case _:
            return _pairs(_mapping(given))


def _pairs(pairs: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {words or NOT_YET}" for name, words in pairs.items()) or NOTHING


def _mapping(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}
