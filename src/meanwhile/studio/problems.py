"""What is wrong with a draft, live while it is edited: the checks of the trees, and those of the Studio besides.

A draft may be half done. What can't be read is told, and the rest is checked all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meanwhile.exceptions import TreeDocumentError
from meanwhile.studio import access, loading, places
from meanwhile.studio.access_check import access_problems
from meanwhile.studio.fixes import Fix, fix_for, value_at
from meanwhile.studio.models import StudioTree
from meanwhile.studio.naming import naming_of, place_in_words
from meanwhile.studio.recheck import checked
from meanwhile.trees.document import EventTree
from meanwhile.trees.field_wording import Naming

TOO_LARGE: Final = "studio.E05"
UNREADABLE: Final = "studio.E06"
KEY_TAKEN: Final = "studio.E07"
BOTH_RUN: Final = "studio.W01"

CLOSED = frozenset({access.EXCLUDED_TYPE, access.EXCLUDED_FIELD, access.SECRET, "studio.E04", TOO_LARGE})
"""Problems for which a draft is neither tried nor previewed: it would reach what is closed, or keep the server busy."""


@dataclass(frozen=True, slots=True)
class Found:
    """One problem: where (``path`` of the node, "" for the tree, and ``place`` in it), what, and what mends it."""

    path: str
    place: str
    id: str
    level: Literal["error", "warning"]
    message: str
    hint: str = ""
    fix: dict[str, Any] | None = field(default=None, hash=False)
    fix_label: str = ""


def problems_of(document: Mapping[str, Any], tree: StudioTree | None = None) -> list[Found]:
    """Return what is wrong with a draft, in the order of the tree. Asks the models, not the database.

    How large a draft may be at all is asked when it is saved (`bounds`).

    ``tree`` adds what concerns its key. A draft without errors can be published; warnings are to think about.
    """
    readable, found, broken = _read(document)
    if readable is not None:
        found += [one for one in _checked(readable, document) if one.path not in broken]
    if tree is not None:
        found += _about_key(tree)
    order = {place.path: number for number, place in enumerate(places.nodes_of(document), 1)}
    return sorted(dict.fromkeys(found), key=lambda one: (order.get(one.path, 0), one.level))


def has_errors(problems: Iterable[Found]) -> bool:
    """Say whether any of the problems keeps a draft from being published."""
    return any(one.level == "error" for one in problems)


def errors_of(problems: Iterable[Found]) -> list[Found]:
    """Return those that keep a draft from being published."""
    return [one for one in problems if one.level == "error"]


def readable_or_none(document: Mapping[str, Any]) -> EventTree | None:
    """Return the tree that a draft is, None if it is none yet."""
    try:
        return EventTree.from_document(dict(document))
    except TreeDocumentError:
        return None


def _read(document: Mapping[str, Any]) -> tuple[EventTree | None, list[Found], Collection[str]]:
    """Return the tree as far as it can be read, what can't, and the paths of the nodes that something stands in for."""
    try:
        return EventTree.from_document(dict(document)), [], ()
    except TreeDocumentError as error:
        problems = [(*places.place_of_problem(document, path), message) for path, message in error.problems]
    naming = naming_of(document)
    found = [_unreadable(document, path, place, message, naming) for path, place, message in problems]
    broken = {path for path, _place, _message in problems}
    if "" in broken:
        return None, found, broken
    mended: Mapping[str, Any] = document
    for path in broken:
        mended = places.changed(mended, places.node_keys(document, path), _stand_in)
    return readable_or_none(mended), found, broken


CHOICES: Final[Mapping[str, Any]] = {
    "tree": gettext_lazy("Choose a tree to call."),
    "function": gettext_lazy("Choose a function to call."),
    "model": gettext_lazy("Choose a record type."),
    "field": gettext_lazy("Choose a field."),
    "fields": gettext_lazy("Choose a field."),
}
"""What there is to do where nothing was chosen yet, by the last word of the place."""


def _unreadable(document: Mapping[str, Any], path: str, place: str, message: str, naming: Naming) -> Found:
    known = "studio.unknown_key" if message == _("is no key that is known here") else UNREADABLE
    fix = fix_for(document, path, place, known, naming)
    return Found(path, place, UNREADABLE, "error", _sentence(document, path, place, message, naming), *_parts(fix))


def _sentence(document: Mapping[str, Any], path: str, place: str, message: str, naming: Naming) -> str:
    """Return what to do where nothing was chosen, else what is wrong, with the words for the place."""
    if not place:
        return message
    node = places.node_at(document, path) if path else document
    choice = CHOICES.get(next((part for part in reversed(place.split(".")) if not part.isdecimal()), ""))
    if choice is not None and value_at(node, place) in (None, "", []):
        return str(choice)
    return f"{place_in_words(node, place, naming)}: {message}"


def _stand_in(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return a node that can be read in the place of one that can't, with the same children."""
    children = {key: node.get(key) for key in places.branches_of(node).values() if isinstance(node.get(key), list)}
    match node.get("kind"):
        case "if":
            return {"kind": "if", "condition": {"test": "is_new"}, **children}
        case "background" | "delay":
            return {"kind": "background", **children}
        case _:
            return {"kind": "delete_record", "disabled": True}


def _checked(tree: EventTree, document: Mapping[str, Any]) -> Iterator[Found]:
    naming = naming_of(document)
    closed = [
        Found(path, place, one.id, "error", one.message, "", *_fix(fix_for(document, path, place, one.id, naming)))
        for path, place, one in access_problems(tree)
    ]
    yield from closed
    secret = {one.path for one in closed if one.id == access.SECRET}
    try:
        problems = checked(tree, document)
    except RecursionError:
        yield Found("", "", TOO_LARGE, "error", _("A template or a condition is nested too deep."))
        return
    for problem in problems:
        path, place = places.place_in_tree(document, problem.path)
        if not (problem.code == "meanwhile.W104" and path in secret):
            fix = fix_for(document, path, place, problem.code, naming)
            yield Found(path, place, problem.code, problem.level, problem.message, problem.hint, *_fix(fix))


def _about_key(tree: StudioTree) -> Iterator[Found]:
    if loading.python_tree(tree.key) is not None:
        text = _("The key “%(key)s” is that of a tree in Python, which runs instead.")
        yield Found("", "key", KEY_TAKEN, "error", text % {"key": tree.key}, _("Copy this tree, and retire this one."))
    source = loading.python_tree(tree.copied_from) if tree.copied_from else None
    if source is not None and source.enabled and source.on.event != "received":  # each has an address of its own
        text = _("The tree “%(name)s” in Python, of which this is a copy, still runs too.")
        hint = _("Both do their work for each event. Have the one in Python removed, or switched off (enabled=False).")
        yield Found("", "", BOTH_RUN, "warning", text % {"name": source.name}, hint)


def _fix(fix: Fix | None) -> tuple[dict[str, Any] | None, str]:
    return (fix.operation, fix.label) if fix else (None, "")


def _parts(fix: Fix | None) -> tuple[str, dict[str, Any] | None, str]:
    return ("", *_fix(fix))
