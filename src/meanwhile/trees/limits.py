"""What is looked for in a tree before it is read: its size and depth, and characters that cannot be stored. Pure.

It walks without recursion, so that a document of any depth ends in an error and not in an exhausted stack.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from meanwhile.parts import Part
from meanwhile.texts import gettext as _

DEEPEST = 100
"""Levels that can be read and written at all."""


@dataclass(frozen=True)
class Limits:
    """How large a tree may be: nodes in all, and levels of nodes, conditions and moments within each other."""

    max_nodes: int = 1000
    max_nesting: int = 50


Place = tuple[Any, ...]
"""A path as linked pairs, (the place above, key), which costs nothing until it is shown."""


def problems_before_reading(document: Any, limits: Limits | None = None) -> list[tuple[str, str]]:
    """Return (path, text) of what is too large, too deep or not storable in a document or in parts of a tree."""
    deepest = min(limits.max_nesting, DEEPEST) if limits else DEEPEST
    problems: list[tuple[str, str]] = []
    nodes = 0
    waiting: list[tuple[Any, Place, int]] = [(document, (), 0)]
    while waiting:
        value, place, depth = waiting.pop()
        if isinstance(value, str):
            if _is_unstorable(value):
                problems.append((_path(place), _("holds a character that no database can store")))
            continue
        content = _content(value)
        if isinstance(content, dict) and depth > deepest:
            text = _("is nested deeper than %(limit)s levels (MAX_NESTING)")
            problems.append((_path(place), text % {"limit": deepest}))
            continue
        nodes += _is_node(content)
        below = depth + isinstance(content, dict)
        # Popped from the end: reversed, to meet problems in the order of the document.
        waiting += [(child, (place, key), below) for key, child in reversed(list(_children(content)))]
    if limits and nodes > limits.max_nodes:
        text = _("has %(n)s nodes, and %(limit)s are allowed (MAX_NODES)")
        problems.append(("do", text % {"n": nodes, "limit": limits.max_nodes}))
    return problems


def _content(value: Any) -> Any:
    return vars(value) if isinstance(value, Part) else value


def _is_node(content: Any) -> bool:
    return isinstance(content, dict) and "kind" in content


def _children(content: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(content, dict):
        for key, child in content.items():
            if key != "literal":  # what a literal holds has a limit of its own
                yield key, child
            if isinstance(key, str) and _is_unstorable(key):
                yield key, key
    elif isinstance(content, (list, tuple)):
        yield from enumerate(content)


def _is_unstorable(text: str) -> bool:
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)


def _path(place: Place) -> str:
    keys: list[str] = []
    while place:
        place, key = place
        keys.append(str(key))
    return ".".join(reversed(keys)).encode("utf-8", "replace").decode()
