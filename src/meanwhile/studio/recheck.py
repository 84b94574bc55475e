"""Check a tree again and again while it is edited: nodes that were checked before, in the same surroundings, are not.

A tree of 500 nodes takes long enough to check that people would feel it at every key. What a check says of a node
depends on the node, on the event, and on which records have been made above it; so that is what is remembered.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.utils.translation import get_language

from meanwhile import conf
from meanwhile.actions.base import Problem
from meanwhile.actions.create_record import CreateRecord
from meanwhile.actions.delete_record import DeleteRecord
from meanwhile.studio import places
from meanwhile.studio.naming import naming_of
from meanwhile.trees import registry
from meanwhile.trees.check import check_tree
from meanwhile.trees.document import EventTree
from meanwhile.trees.nodes import AnyNode, Background, Delay, If

MOST_REMEMBERED = 5000

PASSED_OVER = DeleteRecord(disabled=True)
"""Stands in for a node that need not be checked again; a disabled node is never looked at."""


class Memory:
    """What is known of nodes, as long as the project's trees and settings are the same. One for each process."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[Problem, ...]] = OrderedDict()
        self._of: tuple[object, ...] = ()

    def begin(self) -> None:
        """Forget everything if the trees, the settings or the language are others than the last time."""
        of = (registry.current(), conf.get(), get_language())
        if len(of) != len(self._of) or any(one is not other for one, other in zip(of, self._of, strict=True)):
            self._known, self._of = OrderedDict(), of

    def get(self, key: str) -> tuple[Problem, ...] | None:
        """Return the problems of a node, with paths relative to it; None for a node that is not known."""
        return self._known.get(key)

    def keep(self, key: str, problems: tuple[Problem, ...]) -> None:
        """Remember the problems of a node."""
        self._known[key] = problems
        while len(self._known) > MOST_REMEMBERED:
            try:
                self._known.popitem(last=False)
            except KeyError:  # another thread was faster
                return


@dataclass(frozen=True, slots=True)
class _Leaf:
    path: str
    key: str


def checked(tree: EventTree, document: Mapping[str, Any]) -> list[Problem]:
    """Return what `check_tree` says of a tree, given also as the document that it was read from."""
    memory: Memory = apps.get_app_config("meanwhile").studio.memory  # type: ignore[attr-defined]
    memory.begin()
    raw = {place.path: place.node for place in places.nodes_of(document)}
    leaves = list(_leaves(tree, raw))
    known = {leaf.path: found for leaf in leaves if (found := memory.get(leaf.key)) is not None}
    fresh = {leaf.path: leaf.key for leaf in leaves if leaf.path not in known}
    reduced = tree.model_copy(update={"do": _without(tree.do, "", known)})
    problems = check_tree(reduced, naming_of(document))
    of_leaf: dict[str, list[Problem]] = {path: [] for path in fresh}
    for problem in problems:
        path = next((above for above in _prefixes(problem.path) if above in fresh), None)
        if path is not None:
            of_leaf[path].append(replace(problem, path=problem.path[len(path) :].lstrip(".")))
    for path, its_own in of_leaf.items():
        memory.keep(fresh[path], tuple(its_own))
    for path, again in known.items():
        problems += [replace(one, path=".".join(filter(None, (path, one.path)))) for one in again]
    return problems


def _leaves(tree: EventTree, raw: Mapping[str, Any]) -> Iterator[_Leaf]:
    """Yield the nodes that hold no others and make no record for others, each with a key of all its check depends on.

    It goes the way of a run, as the check does: which names are known is part of the key.
    """
    made = sorted((node.name, node.model) for _path, node in tree.walk() if isinstance(node, CreateRecord))
    whole = json.dumps([tree.key, tree.name, tree.on.as_json(), made])
    names: dict[str, str] = {}
    branches: list[tuple[str, Background | Delay]] = []
    yield from _of_nodes(tree.do, "", names, branches, raw, whole)
    for path, node in branches:
        yield from _of_nodes(node.do, f"{path}.", dict(names), None, raw, whole)


def _of_nodes(
    nodes: Sequence[AnyNode],
    above: str,
    names: dict[str, str],
    branches: list[tuple[str, Background | Delay]] | None,
    raw: Mapping[str, Any],
    whole: str,
) -> Iterator[_Leaf]:
    for number, node in enumerate(nodes):
        path = f"{above}{number}"
        if node.disabled:
            continue
        match node:
            case If():
                yield from _of_nodes(node.then, f"{path}.then.", names, branches, raw, whole)
                yield from _of_nodes(node.otherwise, f"{path}.otherwise.", names, branches, raw, whole)
            case Background() | Delay():
                if branches is not None:
                    branches.append((path, node))
                else:
                    yield from _of_nodes(node.do, f"{path}.", dict(names), None, raw, whole)
            case CreateRecord() if node.name:
                names[node.name] = node.model
            case _:
                here = [branches is not None, sorted(names.items()), raw.get(path)]
                yield _Leaf(path, whole + json.dumps(here))


def _without(nodes: Sequence[AnyNode], above: str, known: Mapping[str, object]) -> tuple[AnyNode, ...]:
    """Return nodes with the known ones among them and below them passed over."""
    return tuple(_one_without(node, f"{above}{number}", known) for number, node in enumerate(nodes))


def _one_without(node: AnyNode, path: str, known: Mapping[str, object]) -> AnyNode:
    match node:
        case If():
            then = _without(node.then, f"{path}.then.", known)
            return node.model_copy(
                update={"then": then, "otherwise": _without(node.otherwise, f"{path}.otherwise.", known)}
            )
        case Background() | Delay():
            return node.model_copy(update={"do": _without(node.do, f"{path}.", known)})
        case _:
            return PASSED_OVER if path in known else node


def _prefixes(path: str) -> Iterator[str]:
    """Yield a path, and what is left of it as its last parts are taken away."""
    while path:
        yield path
        path = path.rpartition(".")[0]
