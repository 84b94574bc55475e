"""Where nodes can go: the places of “Move to…”, the next one up, down, in and out, and what is selected then. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from meanwhile.studio import kinds, places
from meanwhile.studio.errors import EditProblem
from meanwhile.texts import gettext as _

PLAIN = kinds.Words()


def move_targets(document: Mapping[str, Any], path: str, words: kinds.Words = PLAIN) -> list[tuple[str, str]]:
    """Return the places that a node can be moved to, each with words for it: for “Move to…”."""
    moved = places.node_at(document, path)
    found: list[tuple[str, str]] = [("0", _("At the very beginning"))]
    for place in places.nodes_of(document):
        if place.node is moved or places.is_inside(place.path, path):
            continue
        title = words.title(place.node)
        above, index = places.split(place.path)
        for word, key in places.branches_of(place.node).items():
            size = len(_list(place.node.get(key)))
            inner = f"{place.path}.{word}" if word else place.path
            text = _("In “%(title)s”, otherwise") if word == "otherwise" else _("In “%(title)s”")
            found.append((places.join(inner, size), text % {"title": title}))
        found.append((places.join(above, index + 1), _("After “%(title)s”") % {"title": title}))
    same = {path, places.join(*behind(path))}
    return [(place, text) for place, text in found if place not in same]


def _up(document: Mapping[str, Any], path: str) -> str | None:
    above, index = places.split(path)
    if index:
        return places.join(above, index - 1)
    parent = places.parent_of(path)
    if above.endswith(".otherwise"):
        return places.join(f"{parent}.then", len(_list(places.node_at(document, parent).get("then"))))
    return parent or None


def _down(document: Mapping[str, Any], path: str) -> str | None:
    above, index = places.split(path)
    siblings: Any = document
    for key in places.node_keys(document, path)[:-1]:
        siblings = siblings[key]
    if index + 1 < len(siblings):
        return places.join(above, index + 2)
    parent = places.parent_of(path)
    if above.endswith(".then"):
        return f"{parent}.otherwise.0"
    return places.join(*behind(parent)) if parent else None


def _in(document: Mapping[str, Any], path: str) -> str | None:
    above, index = places.split(path)
    if not index:
        return None
    holder = places.join(above, index - 1)
    node = places.node_at(document, holder)
    branch = next(iter(places.branches_of(node).items()), None)
    if branch is None:
        return None
    word, key = branch
    return places.join(f"{holder}.{word}" if word else holder, len(_list(node.get(key))))


def _out(_document: Mapping[str, Any], path: str) -> str | None:
    parent = places.parent_of(path)
    return places.join(*behind(parent)) if parent else None


SHIFTS: Mapping[str, Callable[[Mapping[str, Any], str], str | None]] = {
    "up": _up,
    "down": _down,
    "in": _in,
    "out": _out,
}


def after_removal(to: str, removed: str) -> str:
    """Return where a place is when the node at ``removed`` is gone."""
    above, index = places.split(removed)
    rest = to.removeprefix(f"{above}.") if above else to
    if above and rest == to:
        return to
    first, dot, behind = rest.partition(".")
    if first.isdecimal() and int(first) > index:
        first = str(int(first) - 1)
    return f"{above}.{first}{dot}{behind}" if above else f"{first}{dot}{behind}"


def nearest(document: Mapping[str, Any], path: str) -> str:
    """Return what to select where a node was: the one that took its place, the one before it, or its parent."""
    above, index = places.split(path)
    for candidate in (index, index - 1):
        if candidate >= 0:
            try:
                places.node_keys(document, places.join(above, candidate))
            except EditProblem:
                continue
            return places.join(above, candidate)
    return places.parent_of(path)


def behind(path: str) -> tuple[str, int]:
    """Return the place behind a node: the list, and the index in it."""
    above, index = places.split(path)
    return above, index + 1


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
