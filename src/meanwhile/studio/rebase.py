"""Two people at one draft: whether a change is there already, and where it belongs in what the other one made of it.

Nothing is overwritten: a change is taken over only where the other person has left the same place as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meanwhile.studio import places
from meanwhile.studio.edit import Operation, apply
from meanwhile.studio.errors import EditConflict, EditProblem
from meanwhile.studio.models import StudioEdit, StudioTree

REPEATABLE = frozenset({"set_value", "rename", "disable", "set_event", "set_condition"})
"""Operations that change nothing when they are done again."""


@dataclass(frozen=True, slots=True)
class Rebased:
    """``done``: the change is in the draft already. Else ``operation`` is the change on what the draft says now, None
    where its place is gone; ``safe`` says that nobody else has touched what it changes."""

    done: bool = False
    operation: dict[str, Any] | None = None
    safe: bool = False


def rebase(tree: StudioTree, operation: Operation, revision: int, conflict: EditConflict) -> Rebased:
    """Return what becomes of an operation that was meant for an older ``revision`` of the draft."""
    theirs = conflict.document
    if operation.get("op") in REPEATABLE and _applied(theirs, operation) == theirs:
        return Rebased(done=True)
    base = _document_at(tree, revision)
    if base is None:
        usable = _applied(theirs, operation) is not None
        return Rebased(operation=dict(operation) if usable else None)
    if conflict.revision == revision + 1 and _same(_applied(base, operation), theirs):
        return Rebased(done=True)  # its answer was lost on the way
    moved = _moved(operation, base, theirs)
    if moved is None or _applied(theirs, moved) is None:
        return Rebased()
    return Rebased(operation=moved, safe=_is_untouched(operation, base, moved, theirs))


def _document_at(tree: StudioTree, revision: int) -> dict[str, Any] | None:
    edits = StudioEdit.objects.using(tree._state.db).filter(draft__tree=tree, revision=revision)
    edit = edits.order_by("-position").first()
    return None if edit is None else edit.document


def _applied(document: Mapping[str, Any], operation: Operation) -> dict[str, Any] | None:
    try:
        return apply(document, operation)
    except EditProblem:
        return None


def _same(one: Mapping[str, Any] | None, other: Mapping[str, Any]) -> bool:
    return one is not None and {**one, "meanwhile": 1, "key": ""} == {**other, "meanwhile": 1, "key": ""}


def _moved(operation: Operation, base: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return an operation with its places as they are now; None if one of them is gone."""
    moved = dict(operation)
    for name in ("path", "at", "to"):
        old = operation.get(name)
        if not isinstance(old, str) or not old:
            continue
        new = _node(old, base, theirs) if name == "path" else _slot(old, base, theirs)
        if new is None:
            return None
        moved[name] = new
    return moved


def _node(path: str, base: Mapping[str, Any], theirs: Mapping[str, Any]) -> str | None:
    """Return where a node of the older document is now: where it was, or at the only place where it is found."""
    try:
        node = places.node_at(base, path)
    except EditProblem:
        return None
    here = next((place for place in places.nodes_of(theirs) if place.path == path), None)
    if here is not None and here.node == node:
        return path
    same = [place.path for place in places.nodes_of(theirs) if place.node == node]
    if len(same) == 1:
        return same[0]
    untouched = sum(1 for place in places.nodes_of(base) if place.node == node) == 1
    is_it = here is not None and not same and untouched and here.node.get("kind") == node.get("kind")
    return path if is_it and len(list(places.nodes_of(base))) == len(list(places.nodes_of(theirs))) else None


def _slot(place: str, base: Mapping[str, Any], theirs: Mapping[str, Any]) -> str | None:
    """Return where a place to insert at is now: in the same parent, as far down as there is room."""
    above, index = places.split(place)
    parent = places.parent_of(place)
    if parent:
        found = _node(parent, base, theirs)
        if found is None:
            return None
        above = found + above[len(parent) :]
    for candidate in range(index, -1, -1):
        try:
            places.slot_keys(theirs, places.join(above, candidate))
        except EditProblem:
            continue
        return places.join(above, candidate)
    return None


def _is_untouched(
    operation: Operation, base: Mapping[str, Any], moved: Mapping[str, Any], theirs: Mapping[str, Any]
) -> bool:
    """Say whether a value that is set anew was left alone by the other person."""
    if operation.get("op") != "set_value":
        return False
    key = str(operation.get("key"))
    before = _value(base, str(operation.get("path") or ""), key)
    return bool(before == _value(theirs, str(moved.get("path") or ""), key))


def _value(document: Mapping[str, Any], path: str, key: str) -> Any:
    found: Any = places.node_at(document, path) if path else document
    for part in key.split("."):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found
