"""A draft as the rows of the tree view, each with words for when its node runs; and the menu New."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from pydantic import TypeAdapter, ValidationError

from meanwhile.actions.base import Node
from meanwhile.actions.function import FunctionAction
from meanwhile.actions.registry import actions as functions
from meanwhile.studio import kinds, places
from meanwhile.studio.awaited import awaited
from meanwhile.studio.kinds import Kind
from meanwhile.studio.places import Place
from meanwhile.trees import registry
from meanwhile.trees.condition_wording import condition_in_words
from meanwhile.trees.field_wording import AS_WRITTEN, Naming
from meanwhile.trees.nodes import AnyNode
from meanwhile.trees.wording import moment_in_words, value_in_words

if TYPE_CHECKING:
    from meanwhile.studio.problems import Found

MOST_SHOWN = 3
"""Fields that a row names of those that its node sets."""


@dataclass(frozen=True, slots=True)
class Row:
    """One node in the tree view.

    ``level``, ``setsize`` and ``posinset`` are as ARIA counts them, both branches of an If together. ``background``
    says that it runs after the page; ``raw`` has the details with the names of the document, if those
    are others; ``off`` that it, or a node above it, is switched off. ``branch`` is ``then``,
    ``otherwise`` or "", and ``first_of_branch`` True where a heading for the branch may stand. ``problems`` counts
    those of this node, ``worst`` is their worst level, ``below`` counts those of the nodes in it.
    """

    path: str
    parent: str
    level: int
    kind: str
    icon: str
    title: str
    details: str
    raw: str
    when: str
    background: bool
    disabled: bool
    off: bool
    branch: str
    first_of_branch: bool
    expandable: bool
    children: int
    setsize: int
    posinset: int
    problems: int = 0
    worst: str = ""
    below: int = 0


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """A part of the menu New."""

    key: str
    title: str
    items: list[Kind]


@dataclass(frozen=True, slots=True)
class _Above:
    """What holds for the nodes below one."""

    when: str
    later: str
    background: bool
    off: bool


def rows(document: Mapping[str, Any], problems: Iterable[Found] = ()) -> list[Row]:
    """Return the nodes of a draft in the order of the tree, as far as there are nodes in it."""
    found = list(problems)
    counts = Counter(one.path for one in found)
    errors = {one.path for one in found if one.level == "error"}
    below = Counter(above for one in found for above in _paths_above(one.path))
    naming = naming_of(document)
    return [_row(place, above, counts, errors, below, naming) for place, above in _walk(document, naming)]


def when_of(document: Mapping[str, Any], path: str) -> str:
    """Return in words when the node at a path runs; empty if there is none."""
    naming = naming_of(document)
    return next((_when(place, above, naming) for place, above in _walk(document, naming) if place.path == path), "")


def menu() -> list[MenuGroup]:
    """Return what the menu New offers: events, actions with the project's functions, conditions, executions."""
    own = [kinds.function_kind(one.name, _label_of(one), _first_line(one.__doc__)) for one in functions.all()]
    return [
        MenuGroup("event", _("Event"), kinds.events()),
        MenuGroup("action", _("Action"), [*kinds.actions(), *own]),
        MenuGroup("condition", _("Condition"), kinds.conditions()),
        MenuGroup("execution", _("Execution"), kinds.executions()),
    ]


def naming_of(document: Mapping[str, Any]) -> Naming:
    """Return the names of the fields of the record that a draft is about, and of the records that it makes."""
    on = document.get("on")
    model = on.get("model") if isinstance(on, Mapping) else None
    made = ((place.node.get("name"), place.node.get("model")) for place in places.nodes_of(document))
    records = {name: label for name, label in made if isinstance(name, str) and name and isinstance(label, str)}
    return Naming(model if isinstance(model, str) else "", records)


def title_of(node: Mapping[str, Any], naming: Naming = AS_WRITTEN) -> str:
    """Return what people read for a node: its label, else what it does, else what its kind is called."""
    label = node.get("label")
    if isinstance(label, str) and label:
        return label
    try:
        read = _adapter().validate_python({key: value for key, value in node.items() if key not in HOLDING})
    except (ValidationError, RecursionError):
        return kinds.title_of(node)
    if node.get("kind") in places.BRANCHES:
        return kinds.title_of(node)
    return (_named(node, naming) if naming.in_words else "") or str(read.describe())


def _named(node: Mapping[str, Any], naming: Naming) -> str:
    """Return what a node does that names a field, a record type or a tree, as `Node.describe` does; "" for others."""
    match node.get("kind"):
        case "update_field" if node.get("set"):
            names = map(naming.target(node).field, node["set"])
            return _("Update %(fields)s") % {"fields": ", ".join(names)}
        case "create_record":
            return _("Create %(model)s") % {"model": naming.model_name(str(node.get("model", "")))}
        case "delete_record" if node.get("of"):
            return _("Delete %(record)s") % {"record": naming.field(node["of"])}
        case "call_tree":
            key = str(node.get("tree", ""))
            called = next((tree.name for tree in registry.current().all() if tree.key == key), key)
            return _("Call “%(tree)s”") % {"tree": called}
        case _:
            return ""


HOLDING = ("do", "then", "otherwise")


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Node]:
    return TypeAdapter(AnyNode)


def _walk(document: Mapping[str, Any], naming: Naming) -> Iterator[tuple[Place, _Above]]:
    """Yield each node with what holds for it because of the nodes above it."""
    event = document.get("on")
    words = awaited(str(event.get("event", "")) if isinstance(event, Mapping) else "")
    start = _Above(words.first, words.later, False, False)
    above: dict[str, _Above] = {"": start}
    for place in places.nodes_of(document):
        here = above[places.parent_of(place.path)]
        yield place, here
        if places.branches_of(place.node):
            above[place.path] = _Above(
                _start_of(place.node, here.later, naming) or here.when,
                here.later,
                here.background or place.node.get("kind") in {"background", "delay"},
                here.off or place.node.get("disabled") is True,
            )


def _start_of(node: Mapping[str, Any], later: str, naming: Naming) -> str:
    """Return when the children of a node run (``later`` under Background), empty if that is when the node itself is
    met."""
    match node.get("kind"):
        case "background":
            return later
        case "delay":
            moment = node.get("moment")
            soon = isinstance(moment, Mapping) and moment.get("at") == "now"
            return later if soon else moment_in_words(moment, naming)
        case _:
            return ""


def _when(place: Place, above: _Above, naming: Naming) -> str:
    if above.off or place.node.get("disabled") is True:
        return _("never: it is switched off")
    return _start_of(place.node, above.later, naming) or above.when


def _row(
    place: Place, above: _Above, counts: Counter[str], errors: set[str], below: Counter[str], naming: Naming
) -> Row:
    node, kind = place.node, str(place.node.get("kind", ""))
    problems = counts[place.path]
    details, raw = details_of(node, naming), details_of(node, AS_WRITTEN)
    return Row(
        path=place.path,
        parent=places.parent_of(place.path),
        level=place.level,
        kind=kind,
        icon=kinds.icon_of(kind),
        title=title_of(node, naming),
        details=details,
        raw=raw if raw != details else "",
        when=_when(place, above, naming),
        background=above.background or kind in {"background", "delay"},
        disabled=node.get("disabled") is True,
        off=above.off or node.get("disabled") is True,
        branch=place.branch,
        first_of_branch=bool(place.branch) and place.index == 0,
        expandable=bool(places.branches_of(node)),
        children=place.children,
        setsize=place.setsize,
        posinset=place.posinset,
        problems=problems,
        worst=("error" if place.path in errors else "warning") if problems else "",
        below=below[place.path],
    )


def details_of(node: Mapping[str, Any], naming: Naming) -> str:
    """Return what the title of a node does not say: what it asks, until when it waits, what it sets fields to."""
    match node.get("kind"):
        case "if":
            return condition_in_words(node.get("condition"), naming)
        case "delay":
            return moment_in_words(node.get("moment"), naming)
        case _:
            return _values(node, naming)


def _values(node: Mapping[str, Any], naming: Naming) -> str:
    values = node.get("set")
    if not isinstance(values, Mapping):
        return ""
    fields = naming.target(node)
    shown = list(values.items())[:MOST_SHOWN]
    words = ", ".join(f"{fields.field(name)} = {value_in_words(value, naming)}" for name, value in shown)
    return words if len(values) <= MOST_SHOWN else f"{words} …"


def _paths_above(path: str) -> Iterator[str]:
    while path and (path := places.parent_of(path)):
        yield path


def _label_of(function: FunctionAction[Any]) -> str:
    return str(function.label) or function.name.rpartition(".")[2].replace("_", " ").capitalize()


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]
