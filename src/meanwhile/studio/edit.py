"""The editor's operations on a document, as pure functions of JSON data: nothing given is changed, no Django.

An operation is JSON itself: ``{"op": "insert", "at": "2.then.0", "node": {"kind": "background", "do": []}}``. Places
are paths as in `places`; a place to insert at may be one behind the last node.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from meanwhile.studio import kinds, moves, places
from meanwhile.studio.errors import EditProblem
from meanwhile.studio.kinds import Words
from meanwhile.texts import gettext as _

Operation = Mapping[str, Any]

OF_THE_TREE = ("name", "description", "reentrant", "on")
"""What `set_value` may set of the tree itself; its key is for good, and its nodes have operations of their own."""

OF_EVENTS: Mapping[str, tuple[str, ...]] = {
    "updated": ("model", "fields"),
    "called": ("model", "parameters"),
    "scheduled": ("model", "cron", "every", "starting", "where"),
    "received": ("model", "match", "fields", "create", "parameters", "paths"),
}
"""What an event has besides its name; most have a model alone."""

TIMES = "on.times"
"""What stands for those settings of a Scheduled event that say when it fires: one of them goes when another comes."""

OF_TIMES = ("cron", "every", "starting")
EVERY_MORNING = "0 7 * * *"

PLAIN = Words()

STRUCTURE = ("kind", "do", "then", "otherwise")


@dataclass(frozen=True, slots=True)
class Edited:
    """What an operation came to. ``select`` is the path of the node to select now ("" for the tree), ``label`` says
    what was done; edits with the same ``about`` in a row, such as typing into one field, are one for undo."""

    document: dict[str, Any]
    select: str
    label: str
    about: str = ""


def apply(document: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
    """Return the document after an operation. Raises `EditProblem`.

    >>> apply(document, {"op": "wrap", "path": "0", "in": "background"})
    """
    return perform(document, operation).document


def perform(document: Mapping[str, Any], operation: Operation, words: Words = PLAIN) -> Edited:
    """Return the document after an operation, with what to select and how to call it. Raises `EditProblem`.

    ``words`` name the nodes and settings that are told of.
    """
    name = operation.get("op")
    do = OPERATIONS.get(name) if isinstance(name, str) else None
    if do is None:
        raise EditProblem(_("There is no operation “%(name)s”.") % {"name": name})
    return do({**document}, operation, words)


def _insert(document: dict[str, Any], operation: Operation, words: Words) -> Edited:
    at, node = _text(operation, "at"), _node(operation.get("node"))
    label = _("Add “%(title)s”") % {"title": words.title(node)}
    return Edited(_inserted(document, at, [node]), at, label)


def _paste(document: dict[str, Any], operation: Operation, words: Words) -> Edited:
    at, given = _text(operation, "at"), operation.get("nodes")
    if not isinstance(given, list) or not given:
        raise EditProblem(_("There is nothing to paste."))
    nodes = [_node(one) for one in given]
    return Edited(_inserted(document, at, nodes), at, _("Paste “%(title)s”") % {"title": words.title(nodes[0])})


def _remove(document: dict[str, Any], operation: Operation, words: Words) -> Edited:
    path = _text(operation, "path")
    node = places.node_at(document, path)
    after = _removed(document, path)
    text = _("Cut “%(title)s”") if operation.get("cut") is True else _("Delete “%(title)s”")
    return Edited(after, moves.nearest(after, path), text % {"title": words.title(node)})


def _duplicate(document: dict[str, Any], operation: Operation, words: Words) -> Edited:
    path = _text(operation, "path")
    node = places.node_at(document, path)
    behind = places.join(*moves.behind(path))
    label = _("Duplicate “%(title)s”") % {"title": words.title(node)}
    return Edited(_inserted(document, behind, [copy.deepcopy(node)]), behind, label)


def _move(document: dict[str, Any], operation: Operation, words: Words) -> Edited:
    return _moved(document, _text(operation, "path"), _text(operation, "to"), words)


def _moved(document: dict[str, Any], path: str, to: str, words: Words) -> Edited:
    node = places.node_at(document, path)
    places.slot_keys(document, to)
    if to != path and places.is_inside(to, path):
        raise EditProblem(_("“%(title)s” can't be moved into itself.") % {"title": words.title(node)})
    place = moves.after_removal(to, path)
    after = _inserted(_removed(document, path), place, [node])
    return Edited(after, place, _("Move “%(title)s”") % {"title": words.title(node)})


def _shift(document: dict[str, Any], operation: Operation, words: Words) -> Edited:
    path, by = _text(operation, "path"), operation.get("by")
    node = places.node_at(document, path)
    find = moves.SHIFTS.get(by) if isinstance(by, str) else None
    if find is None:
        raise EditProblem(_("A node is moved up, down, in or out."))
    to = find(document, path)
    if to is None:
        raise EditProblem(_("“%(title)s” can't be moved further there.") % {"title": words.title(node)})
    return _moved(document, path, to, words)


def _wrap(document: dict[str, Any], operation: Operation, words: Words) -> Edited:
    path, kind = _text(operation, "path"), operation.get("in")
    holders = {one.key: one.part for one in (*kinds.executions(), *kinds.conditions())}
    if not isinstance(kind, str) or kind not in holders:
        raise EditProblem(_("A node is put under Background, Delay or If."))
    inner = places.node_at(document, path)
    key = next(iter(places.BRANCHES[kind].values()))
    holder = {**copy.deepcopy(dict(holders[kind])), key: [inner]}
    label = _("Put “%(title)s” under %(kind)s") % {"title": words.title(inner), "kind": kinds.kind_title(kind)}
    after = places.changed(document, places.node_keys(document, path), lambda _old: holder)
    return Edited(after, path, label)


def _unwrap(document: dict[str, Any], operation: Operation, words: Words) -> Edited:
    path = _text(operation, "path")
    node = places.node_at(document, path)
    keys = places.branches_of(node).values()
    if not keys:
        raise EditProblem(_("“%(title)s” holds no nodes.") % {"title": words.title(node)})
    children = [child for key in keys for child in _list(node.get(key))]
    after = _removed(document, path)
    after = _inserted(after, path, children) if children else after
    label = _("Dissolve “%(title)s”") % {"title": words.title(node)}
    return Edited(after, path if children else moves.nearest(after, path), label)


def _set_value(document: dict[str, Any], operation: Operation, words: Words) -> Edited:
    path, key, value = _path(operation), _text(operation, "key"), operation.get("value")
    first = key.partition(".")[0]
    if not path and first not in OF_THE_TREE:
        raise EditProblem(_("“%(key)s” of a tree can't be set like this.") % {"key": key})
    if path and first in STRUCTURE:
        raise EditProblem(_("“%(key)s” of a node can't be set like this.") % {"key": key})
    node = places.node_at(document, path) if path else document
    what = words.title(node) if path else _("the tree")
    after = _with_times(document, value) if not path and key == TIMES else _with_value(document, path, key, value)
    if not path and key == "on.event":
        kept = ("event", *OF_EVENTS.get(str(value), ("model",)))
        after["on"] = {name: given for name, given in after["on"].items() if name in kept}
        before = document.get("on")
        if isinstance(before, Mapping) and before.get("event") != value:
            after["on"].pop("fields", None)  # a list for one event, a mapping for another
        if value == "scheduled" and not {"cron", "every"} & after["on"].keys():
            after["on"]["cron"] = EVERY_MORNING
    return Edited(
        after,
        path,
        _("Change %(key)s of “%(title)s”") % {"key": words.setting(node, key), "title": what},
        about=f"{path}:{key}"[:200],
    )


def _with_times(document: dict[str, Any], value: Any) -> dict[str, Any]:
    """Return a document whose event fires at other times. Raises `EditProblem`."""
    event = document.get("on")
    if not isinstance(value, Mapping) or not isinstance(event, Mapping) or not set(value) <= set(OF_TIMES):
        raise EditProblem(_("“%(key)s” of a tree can't be set like this.") % {"key": TIMES})
    others = {name: given for name, given in event.items() if name not in OF_TIMES}
    return {**document, "on": {**others, **value}}


def _rename(document: dict[str, Any], operation: Operation, _words: Words) -> Edited:
    path, label = _path(operation), operation.get("label")
    if not isinstance(label, str):
        raise EditProblem(_("A name is a text."))
    key = "label" if path else "name"
    after = _with_value(document, path, key, label if label or not path else None)
    return Edited(after, path, _("Rename to “%(name)s”") % {"name": label[:100]}, about=f"{path}:{key}"[:200])


def _disable(document: dict[str, Any], operation: Operation, words: Words) -> Edited:
    path, disabled = _text(operation, "path"), operation.get("disabled") is True
    title = words.title(places.node_at(document, path))
    text = _("Switch “%(title)s” off") if disabled else _("Switch “%(title)s” on")
    return Edited(_with_value(document, path, "disabled", disabled or None), path, text % {"title": title})


def _set_event(document: dict[str, Any], operation: Operation, _words: Words) -> Edited:
    event = operation.get("event")
    if not isinstance(event, dict):
        raise EditProblem(_("An event is an object."))
    return Edited({**document, "on": event}, "", _("Change the event"), about="on")


def _set_condition(document: dict[str, Any], operation: Operation, words: Words) -> Edited:
    path, condition = _text(operation, "path"), operation.get("condition")
    node = places.node_at(document, path)
    if node.get("kind") != "if" or not isinstance(condition, dict):
        raise EditProblem(_("Only an If has a condition, which is an object."))
    after = _with_value(document, path, "condition", condition)
    return Edited(after, path, _("Change the condition of “%(title)s”") % {"title": words.title(node)})


OPERATIONS: Mapping[str, Callable[[dict[str, Any], Operation, Words], Edited]] = {
    "insert": _insert,
    "remove": _remove,
    "move": _move,
    "shift": _shift,
    "duplicate": _duplicate,
    "paste": _paste,
    "wrap": _wrap,
    "unwrap": _unwrap,
    "set_value": _set_value,
    "rename": _rename,
    "disable": _disable,
    "set_event": _set_event,
    "set_condition": _set_condition,
}


def _inserted(document: dict[str, Any], path: str, nodes: list[Any]) -> dict[str, Any]:
    *above, index = places.slot_keys(document, path)
    assert isinstance(index, int)
    return places.changed(document, above, lambda old: [*_list(old)[:index], *nodes, *_list(old)[index:]])  # type: ignore[no-any-return]


def _removed(document: dict[str, Any], path: str) -> dict[str, Any]:
    *above, index = places.node_keys(document, path)
    assert isinstance(index, int)
    return places.changed(document, above, lambda old: [*old[:index], *old[index + 1 :]])  # type: ignore[no-any-return]


def _with_value(document: dict[str, Any], path: str, key: str, value: Any) -> dict[str, Any]:
    way = [*(places.node_keys(document, path) if path else ()), *_steps(key)]
    *above, last = way

    def put(owner: Any) -> Any:
        if isinstance(last, int):
            return list(_put_into_list(_list(owner), last, value))
        content = dict(owner) if isinstance(owner, Mapping) else {}
        if value is None:
            content.pop(last, None)
            return content
        return {**content, last: value}

    return places.changed(document, above, put)  # type: ignore[no-any-return]


def _put_into_list(items: list[Any], index: int, value: Any) -> Iterator[Any]:
    """Yield a list with one item set, added at its end, or (None) taken out."""
    if index > len(items):
        raise EditProblem(_("The list has no such place."))
    yield from items[:index]
    if value is not None:
        yield value
    yield from items[index + 1 :]


def _steps(key: str) -> list[str | int]:
    steps: list[str | int] = [int(part) if part.isdecimal() and len(part) < 6 else part for part in key.split(".")]
    if not all(part != "" for part in steps) or isinstance(steps[0], int) or len(steps) > 20:
        raise EditProblem(_("“%(key)s” names nothing.") % {"key": key[:100]})
    return steps


def _node(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or not isinstance(given.get("kind"), str):
        raise EditProblem(_("A node is an object that says its kind."))
    return copy.deepcopy(given)


def _text(operation: Operation, name: str) -> str:
    value = operation.get(name)
    if not isinstance(value, str) or not value:
        raise EditProblem(_("The operation does not say “%(name)s”.") % {"name": name})
    return value


def _path(operation: Operation) -> str:
    """Return the path of a node, "" for the tree itself."""
    value = operation.get("path", "")
    if not isinstance(value, str):
        raise EditProblem(_("The operation does not say “%(name)s”.") % {"name": "path"})
    return value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
