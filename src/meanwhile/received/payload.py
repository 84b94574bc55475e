"""Take the values of a record's fields and of parameters out of the JSON that was sent. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from meanwhile.trees.received_event import Received

MISSING: Final = object()
"""What stands where the JSON has nothing; it is not null, which empties a field."""


def values_of(event: Received, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values for fields that were sent, by the name of the field."""
    return dict(_taken(event.sources(), document))


def parameters_of(event: Received, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values for parameters that were sent, by the name of the parameter."""
    return dict(_taken(event.parameter_sources(), document))


def value_at(document: Any, path: str) -> Any:
    """Return what stands at a path, `MISSING` where nothing does.

    >>> value_at({"order": {"items": [{"sku": "A1"}]}}, "order.items.0.sku")
    'A1'
    """
    found = document
    for part in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(part, MISSING)
        elif isinstance(found, list) and part.isascii() and part.isdigit() and len(part) < 10:
            found = found[int(part)] if int(part) < len(found) else MISSING
        else:
            return MISSING
    return found


def unstorable(document: Any) -> bool:
    """Say whether a text in JSON data is one that no database keeps: with a NUL in it, or with half a character."""
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if "\x00" in one or any("\ud800" <= letter <= "\udfff" for letter in one):
                return True
        elif isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
    return False


def _taken(sources: Mapping[str, str], document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, path in sources.items():
        value = value_at(document, path)
        if value is not MISSING:
            yield name, value
