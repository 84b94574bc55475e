"""Places in a document that may be half done: the nodes that can be found, by the paths that people and runs use. Pure.

A path is ``0``, ``1.0``, ``2.then.0``: see `EventTree.node_at`. The same place in the JSON data is a list of keys,
``["do", 1, "do", 0]``. Whatever is no object, or stands where no nodes can stand, is no node here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from meanwhile.studio.errors import EditProblem
from meanwhile.texts import gettext as _

Keys = tuple[str | int, ...]
Document = Mapping[str, Any]

BRANCHES: Mapping[str, Mapping[str, str]] = {
    "background": {"": "do"},
    "delay": {"": "do"},
    "if": {"then": "then", "otherwise": "otherwise"},
}
"""The kinds of nodes that hold others: the word in a path, and the key in the JSON object."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node and where it stands: ``index`` is its number in the ``branch`` of its parent, "" for the only one.

    ``posinset`` (from 1) and ``setsize`` count the nodes of all branches of the parent together.
    """

    path: str
    node: dict[str, Any]
    level: int
    branch: str
    index: int
    setsize: int
    posinset: int
    children: int


def branches_of(node: Any) -> Mapping[str, str]:
    """Return the branches that a node of its kind has: the word in a path, and the key of its list."""
    kind = node.get("kind") if isinstance(node, Mapping) else None
    return BRANCHES.get(kind, {}) if isinstance(kind, str) else {}


def nodes_of(document: Document) -> Iterator[Place]:
    """Yield all nodes, in the order in which people read a tree."""
    yield from _walk(document, {"": "do"}, "", 1)


def has_children(node: Mapping[str, Any]) -> bool:
    """Say whether a node holds others."""
    return any(_list(node.get(key)) for key in branches_of(node).values())


def node_at(document: Document, path: str) -> dict[str, Any]:
    """Return the node at a path. Raises `EditProblem` if there is none."""
    found: Any = document
    for key in node_keys(document, path):
        found = found[key]
    node: dict[str, Any] = found
    return node


def is_in_background(document: Document, path: str) -> bool:
    """Say whether the node at a path is run in the background: it stands below a Background or a Delay."""
    words = path.split(".")
    above = [".".join(words[:length]) for length in range(1, len(words)) if words[length - 1].isdigit()]
    return any(node_at(document, one).get("kind") in {"background", "delay"} for one in above)


def node_keys(document: Document, path: str) -> Keys:
    """Return the way to a node in the JSON data. Raises `EditProblem` if there is no node."""
    *above, index = slot_keys(document, path)
    found: Any = document
    for key in above:
        found = found.get(key) if isinstance(found, Mapping) else found[key]
    siblings = _list(found)
    if not isinstance(index, int) or index >= len(siblings) or not isinstance(siblings[index], dict):
        raise _nothing_there(path)
    return (*above, index)


def slot_keys(document: Document, path: str) -> Keys:
    """Return the way to a place where a node stands or could stand, the last key its index.

    The index may be one behind the last node. Raises `EditProblem` for a place that there is not.
    """
    keys: list[str | int] = []
    owner: Any = document
    branch: str | None = "do"
    for part in _parts(path):
        if isinstance(part, str):
            branch = branches_of(owner).get(part) if branch is None else None
            if branch is None:
                raise _nothing_there(path)
            continue
        if keys and branch is None:
            branch = branches_of(owner).get("")
        if branch is None:
            raise _nothing_there(path)
        keys += [branch, part]
        siblings = _list(owner.get(branch) if isinstance(owner, Mapping) else None)
        if part > len(siblings):
            raise _nothing_there(path)
        owner = siblings[part] if part < len(siblings) else None
        branch = None
    if not keys or branch is not None:
        raise _nothing_there(path)
    return tuple(keys)


def split(path: str) -> tuple[str, int]:
    """Return the list that a path leads into (``2.then``, "" for the top) and the index in it."""
    above, _dot, index = path.rpartition(".")
    if not index.isdecimal():
        raise _nothing_there(path)
    return above, int(index)


def join(above: str, index: int) -> str:
    """Return the path of the node at an index of a list."""
    return f"{above}.{index}" if above else str(index)


def parent_of(path: str) -> str:
    """Return the path of the node that holds this one, "" for the tree."""
    above = split(path)[0]
    return above.rpartition(".")[0] if above.endswith((".then", ".otherwise")) else above


def is_inside(path: str, holder: str) -> bool:
    """Say whether a path leads to a node or to what is below it."""
    return path == holder or path.startswith(f"{holder}.")


def changed(data: Any, keys: Sequence[str | int], change: Callable[[Any], Any]) -> Any:
    """Return a copy of JSON data in which one place is another; what is beside the way there is shared."""
    if not keys:
        return change(data)
    key, *rest = keys
    if isinstance(key, int):
        copy = list(_list(data))
        if key >= len(copy):
            raise EditProblem(_("The list has no such place."))
        copy[key] = changed(copy[key], rest, change)
        return copy
    content = dict(data) if isinstance(data, Mapping) else {}
    content[key] = changed(content.get(key), rest, change)
    return content


def place_of_problem(document: Document, path: str) -> tuple[str, str]:
    """Part a path of the JSON data (``do.1.do.0.set.status``) into the node's (``1.0``) and the place in it."""
    parts = path.split(".")
    node, owner = "", document
    while len(parts) >= 2 and parts[1].isdecimal():
        word = next((word for word, key in _branches_or_top(owner, node).items() if key == parts[0]), None)
        siblings = _list(owner.get(parts[0]))
        if word is None or int(parts[1]) >= len(siblings) or not isinstance(siblings[int(parts[1])], dict):
            break
        node = join(".".join(filter(None, (node, word))), int(parts[1]))
        owner, parts = siblings[int(parts[1])], parts[2:]
    return node, ".".join(parts)


def place_in_tree(document: Document, path: str) -> tuple[str, str]:
    """Part a path such as ``2.then.0.set.status`` into the node's (``2.then.0``) and the place in it."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        if not parts[length - 1].isdecimal():
            continue
        node = ".".join(parts[:length])
        try:
            node_at(document, node)
        except EditProblem:
            continue
        return node, ".".join(parts[length:])
    return "", path


def _branches_or_top(owner: Any, node: str) -> Mapping[str, str]:
    return branches_of(owner) if node else {"": "do"}


def _walk(owner: Document, branches: Mapping[str, str], above: str, level: int) -> Iterator[Place]:
    lists = {word: _list(owner.get(key)) for word, key in branches.items()}
    setsize, position = sum(map(len, lists.values())), 0
    for word, siblings in lists.items():
        inner = ".".join(filter(None, (above, word)))
        for index, node in enumerate(siblings):
            position += 1
            if not isinstance(node, dict):
                continue
            path, below = join(inner, index), branches_of(node)
            children = sum(len(_list(node.get(key))) for key in below.values())
            yield Place(path, node, level, word, index, setsize, position, children)
            if children:
                yield from _walk(node, below, path, level + 1)


def _parts(path: str) -> list[str | int]:
    return [int(part) if part.isdecimal() and len(part) < 6 else part for part in path.split(".")]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _nothing_there(path: str) -> EditProblem:
    return EditProblem(_("There is nothing at “%(path)s” any more.") % {"path": path[:100]})
