"""What differs between two documents, as people read it: nodes that came, went, moved or changed. Pure but for words.

Nodes have no names of their own, so they are recognised: first those that are the same, then those of one kind that
stand in the same place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal

from meanwhile.studio import places
from meanwhile.studio.describe import title_of
from meanwhile.studio.wording import event_in_words
from meanwhile.trees.setting_wording import MAPPINGS, label_of, setting_in_words
from meanwhile.trees.wording import literal_in_words, value_in_words

Kind = Literal["tree", "added", "removed", "moved", "changed"]
Line = tuple[str, str, str]
"""A setting, its words before and after; empty where it is not set."""

WRITTEN = frozenset({"subject", "body", "html", "label", "from_email"})
"""Settings that people write themselves, shown as they stand there."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One node, or the ``tree`` itself, that differs. ``path`` is where it is now, ``old_path`` where it was."""

    kind: Kind
    path: str
    old_path: str
    title: str
    lines: tuple[Line, ...] = ()


@dataclass(slots=True)
class _Pairs:
    """Which node of the old document is which of the new one, by their paths."""

    same: list[tuple[str, str]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Return what differs: first the tree itself, then its nodes in the order of the new document, then those gone."""
    pairs = _Pairs()
    _pair(_list(old.get("do")), _list(new.get("do")), "", "", pairs)
    moved = _moved(old, new, pairs)
    found = [*_of_tree(old, new)]
    here: list[Difference] = [_found("added", new, path, "") for path in pairs.new]
    here += [
        Difference("moved", path, old_path, title_of(places.node_at(new, path)), _lines(old, old_path, new, path))
        for old_path, path in moved
    ]
    for old_path, path in pairs.same:
        if lines := _lines(old, old_path, new, path):
            here.append(Difference("changed", path, old_path, title_of(places.node_at(new, path)), lines))
    order = {place.path: number for number, place in enumerate(places.nodes_of(new))}
    found += sorted(here, key=lambda one: order.get(one.path, 0))
    found += [_found("removed", old, "", path) for path in pairs.gone]
    return found


def _of_tree(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    lines = []
    for key in dict.fromkeys((*old, *new)):
        if key in {"do", "meanwhile"} or old.get(key) == new.get(key):
            continue
        words = event_in_words if key == "on" else literal_in_words
        lines.append((label_of(key), words(old[key]) if key in old else "", words(new[key]) if key in new else ""))
    if lines:
        yield Difference("tree", "", "", str(new.get("name", "")), tuple(lines))


def _pair(old: Sequence[Any], new: Sequence[Any], old_above: str, new_above: str, pairs: _Pairs) -> None:
    before, after = list(map(_key, old)), list(map(_key, new))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            for i, j in zip(range(i1, i2), range(j1, j2), strict=True):
                _match(old, new, i, j, old_above, new_above, pairs)
            continue
        left = list(range(i1, i2))
        for j in range(j1, j2):
            alike = next((one for one in left if _kind(old[one]) == _kind(new[j]) != ""), None)
            if alike is None:
                _all_of(new[j], places.join(new_above, j), pairs.new)
                continue
            left.remove(alike)
            _match(old, new, alike, j, old_above, new_above, pairs)
        for i in left:
            _all_of(old[i], places.join(old_above, i), pairs.gone)


def _match(
    old: Sequence[Any], new: Sequence[Any], i: int, j: int, old_above: str, new_above: str, pairs: _Pairs
) -> None:
    if not isinstance(old[i], dict) or not isinstance(new[j], dict):
        return
    one, other = places.join(old_above, i), places.join(new_above, j)
    pairs.same.append((one, other))
    for word, key in places.branches_of(new[j]).items():
        inner_old, inner_new = (f"{path}.{word}" if word else path for path in (one, other))
        _pair(_list(old[i].get(key)), _list(new[j].get(key)), inner_old, inner_new, pairs)


def _all_of(node: Any, path: str, paths: list[str]) -> None:
    """Note a node and all below it."""
    if not isinstance(node, dict):
        return
    paths.append(path)
    for word, key in places.branches_of(node).items():
        for index, child in enumerate(_list(node.get(key))):
            _all_of(child, places.join(f"{path}.{word}" if word else path, index), paths)


def _moved(old: Mapping[str, Any], new: Mapping[str, Any], pairs: _Pairs) -> list[tuple[str, str]]:
    """Take out of what is gone and what is new the nodes that are both: they only stand elsewhere."""
    gone: dict[str, list[str]] = {}
    for path in pairs.gone:
        gone.setdefault(_own(places.node_at(old, path)), []).append(path)
    moved = []
    for path in list(pairs.new):
        before = gone.get(_own(places.node_at(new, path)))
        if before:
            old_path = before.pop(0)
            moved.append((old_path, path))
            pairs.gone.remove(old_path)
            pairs.new.remove(path)
    return moved


def _lines(old: Mapping[str, Any], old_path: str, new: Mapping[str, Any], path: str) -> tuple[Line, ...]:
    """Return the settings in which a node differs, without the nodes in it."""
    before, after = places.node_at(old, old_path), places.node_at(new, path)
    lines: list[Line] = []
    for key in dict.fromkeys((*before, *after)):
        if key in {"kind", "do", "then", "otherwise"} or before.get(key) == after.get(key):
            continue
        one, other = before.get(key), after.get(key)
        if key in MAPPINGS:
            lines += _of_mapping(one, other)
        else:
            lines.append((label_of(key, str(after.get("kind", ""))), _words(key, one), _words(key, other)))
    return tuple(lines)


def _of_mapping(old: Any, new: Any) -> Iterator[Line]:
    before, after = (one if isinstance(one, Mapping) else {} for one in (old, new))
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            sides = (value_in_words(one[name]) if name in one else "" for one in (before, after))
            yield (str(name), *sides)  # type: ignore[misc]


def _words(key: str, setting: Any) -> str:
    if setting is None:
        return ""
    if key in WRITTEN and isinstance(setting, str):
        return setting
    return setting_in_words(key, setting)


def _found(kind: Kind, document: Mapping[str, Any], path: str, old_path: str) -> Difference:
    return Difference(kind, path, old_path, title_of(places.node_at(document, path or old_path)))


def _key(node: Any) -> str:
    return json.dumps(node, sort_keys=True)


def _own(node: Mapping[str, Any]) -> str:
    """Return what a node is without the nodes in it."""
    return _key({key: value for key, value in node.items() if key not in places.branches_of(node).values()})


def _kind(node: Any) -> str:
    return str(node.get("kind", "")) if isinstance(node, Mapping) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
