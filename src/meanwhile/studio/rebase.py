"""Two people at one draft: whether a change is there already, and where it belongs in what the other one made of it.

Nothing is overwritten: a change is made besides the other person's only where they left alone what it is about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from meanwhile.studio import places
from meanwhile.studio.alignment import Alignment
from meanwhile.studio.edit import OF_TIMES, TIMES, Operation, apply
from meanwhile.studio.errors import EditProblem
from meanwhile.studio.models import StudioEdit, StudioTree

REPEATABLE = frozenset({"set_value", "rename", "disable", "set_event", "set_condition"})
"""Operations that change nothing when they are done again."""

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rebased:
    """``done``: the change is in the draft already, and ``exact`` if nothing else was changed meanwhile.

    Else ``operation`` is the change on what the draft says now, None where its place is gone; ``safe`` says that nobody
    else has touched what it changes.
    """

    done: bool = False
    exact: bool = False
    operation: dict[str, Any] | None = None
    safe: bool = False


def document_at(tree: StudioTree, revision: int) -> dict[str, Any] | None:
    """Return what a draft said at a revision, None if that is not known any more."""
    edits = StudioEdit.objects.using(tree._state.db).filter(draft__tree=tree, revision=revision)
    edit = edits.order_by("-position").first()
    return None if edit is None else edit.document


def seen(base: Document, before: Sequence[Any]) -> Document:
    """Return what a person saw who had made changes to ``base`` already; those that can't be made are left out."""
    document = base
    for operation in before:
        try:
            document = apply(document, operation) if isinstance(operation, Mapping) else document
        except EditProblem:
            continue
    return document


def rebase(operation: Operation, base: Document, theirs: Document, *, is_next: bool) -> Rebased:
    """Return what becomes of an operation on ``base`` in what the draft says now (``theirs``).

    ``is_next`` says that the draft has changed only once since: if to what the operation makes of it, the operation was
    done, and only its answer got lost.
    """
    wanted = _applied(base, operation)
    if is_next and _same(wanted, theirs):
        return Rebased(done=True, exact=True)
    alignment = Alignment(base, theirs)
    moved = _moved(operation, alignment)
    after = None if moved is None else _applied(theirs, moved)
    if moved is None or after is None:
        return Rebased()
    if operation.get("op") in REPEATABLE and _same(after, theirs):
        return Rebased(done=True, operation=moved)
    return Rebased(operation=moved, safe=_is_safe(operation, base, moved, theirs, alignment))


def _applied(document: Document, operation: Operation) -> dict[str, Any] | None:
    try:
        return apply(document, operation)
    except EditProblem:
        return None


def _same(one: Document | None, other: Document) -> bool:
    return one is not None and {**one, "meanwhile": 1, "key": ""} == {**other, "meanwhile": 1, "key": ""}


def _moved(operation: Operation, alignment: Alignment) -> dict[str, Any] | None:
    """Return an operation with its places as they are now; None if one of them is gone."""
    moved = dict(operation)
    for name, find in (("path", alignment.node), ("at", alignment.slot), ("to", alignment.slot)):
        old = operation.get(name)
        if not isinstance(old, str) or not old:
            continue
        try:
            new = find(old)
        except EditProblem:
            new = None
        if new is None:
            return None
        moved[name] = new
    return moved


def _is_safe(
    operation: Operation, base: Document, moved: Mapping[str, Any], theirs: Document, alignment: Alignment
) -> bool:
    """Say whether the other person left alone what an operation changes."""
    path = str(operation.get("path") or "")
    if alignment.is_doubtful(path):
        return False
    match operation.get("op"):
        case "insert" | "paste":
            return True
        case "set_value" | "rename" | "disable" | "set_condition" | "set_event":
            keys = _keys_of(operation)
            return all(_value(base, path, key) == _value(theirs, str(moved.get("path") or ""), key) for key in keys)
        case "remove" | "duplicate":
            return alignment.is_same(path)
        case "move" | "shift" | "wrap" | "unwrap":
            return not alignment.was_moved(path)
        case _:
            return False


def _keys_of(operation: Operation) -> tuple[str, ...]:
    match operation.get("op"):
        case "set_value" if operation.get("key") == TIMES and not operation.get("path"):
            return tuple(f"on.{name}" for name in OF_TIMES)
        case "set_value":
            return (str(operation.get("key")),)
        case "rename":
            return ("label",) if operation.get("path") else ("name",)
        case "disable":
            return ("disabled",)
        case "set_condition":
            return ("condition",)
        case _:
            return ("on",)


def _value(document: Document, path: str, key: str) -> Any:
    found: Any = places.node_at(document, path) if path else document
    for part in key.split("."):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found
