"""What differs between two documents, as people read it: nodes that came, went, moved or changed. Pure but for words.

Nodes have no names of their own, so they are recognised: first those that are the same, then those of one kind that
stand in the same place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from meanwhile.studio import places
from meanwhile.studio.describe import naming_of, title_of
from meanwhile.studio.event_words import differing_parts
from meanwhile.studio.likeness import likeliest_pairs
from meanwhile.studio.wording import event_in_words
from meanwhile.trees.field_wording import AS_WRITTEN, Naming
from meanwhile.trees.setting_wording import MAPPINGS, entry_in_words, entry_name, label_of, setting_in_words
from meanwhile.trees.wording import literal_in_words

Kind = Literal["tree", "added", "removed", "moved", "changed"]


class Line(NamedTuple):
    """A setting, its words before and after; empty where it is not set. ``raw`` is what documents call it."""

    label: str
    before: str
    after: str
    raw: str


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
    pairs, was, now = _Pairs(), naming_of(old), naming_of(new)
    _pair(_list(old.get("do")), _list(new.get("do")), "", "", pairs)
    moved = _moved(old, new, pairs)
    found = [*_of_tree(old, new)]
    here: list[Difference] = [_found("added", new, path, "", now) for path in pairs.new]
    here += [
        Difference(
            "moved",
            path,
            old_path,
            title_of(places.node_at(new, path), now),
            _lines(old, old_path, new, path, was, now),
        )
        for old_path, path in moved
    ]
    for old_path, path in pairs.same:
        if lines := _lines(old, old_path, new, path, was, now):
            here.append(Difference("changed", path, old_path, title_of(places.node_at(new, path), now), lines))
    order = {place.path: number for number, place in enumerate(places.nodes_of(new))}
    found += sorted(here, key=lambda one: order.get(one.path, 0))
    found += [_found("removed", old, "", path, was) for path in pairs.gone]
    return found


def _of_tree(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    lines: list[Line] = []
    for key in dict.fromkeys((*old, *new)):
        if key in {"do", "meanwhile"} or old.get(key) == new.get(key):
            continue
        words = event_in_words if key == "on" else literal_in_words
        before, after = (words(one[key]) if key in one else "" for one in (old, new))
        if key == "on":
            lines += _of_event(old.get(key), new.get(key), before, after)
        else:
            lines.append(Line(label_of(key), before, after, key))
    if lines:
        yield Difference("tree", "", "", str(new.get("name", "")), tuple(lines))


def _of_event(old: Any, new: Any, before: str, after: str) -> Iterator[Line]:
    """Yield what differs of an event: its sentence, and what that does not say."""
    parts = [Line(label, one, other, f"on.{key}") for key, label, one, other in differing_parts(old, new)]
    if before != after or not parts:
        yield Line(label_of("on"), before, after, "on")
    yield from parts


def _pair(old: Sequence[Any], new: Sequence[Any], old_above: str, new_above: str, pairs: _Pairs) -> None:
    before, after = list(map(_key, old)), list(map(_key, new))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            for i, j in zip(range(i1, i2), range(j1, j2), strict=True):
                _match(old, new, i, j, old_above, new_above, pairs)
            continue
        likeliest = likeliest_pairs(old, new, range(i1, i2), range(j1, j2))
        for j in range(j1, j2):
            if j in likeliest:
                _match(old, new, likeliest[j], j, old_above, new_above, pairs)
            else:
                _all_of(new[j], places.join(new_above, j), pairs.new)
        for i in sorted(set(range(i1, i2)).difference(likeliest.values())):
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


def _lines(
    old: Mapping[str, Any], old_path: str, new: Mapping[str, Any], path: str, was: Naming, now: Naming
) -> tuple[Line, ...]:
    """Return the settings in which a node differs, without the nodes in it."""
    before, after = places.node_at(old, old_path), places.node_at(new, path)
    lines: list[Line] = []
    for key in dict.fromkeys((*before, *after)):
        if key in {"kind", "do", "then", "otherwise"} or before.get(key) == after.get(key):
            continue
        one, other = before.get(key), after.get(key)
        if key in MAPPINGS and not isinstance(one, str) and not isinstance(other, str):
            lines += _of_mapping(key, before, after, was, now)
        else:
            label = label_of(key, str(after.get("kind", "")))
            raw = _raw(key, _words(key, one, AS_WRITTEN), _words(key, other, AS_WRITTEN))
            lines.append(Line(label, _words(key, one, was), _words(key, other, now), raw))
    return tuple(lines)


def _of_mapping(
    key: str, before: Mapping[str, Any], after: Mapping[str, Any], was: Naming, now: Naming
) -> Iterator[Line]:
    one, other = (each if isinstance(each, Mapping) else {} for each in (before.get(key), after.get(key)))
    for name in dict.fromkeys((*one, *other)):
        if one.get(name) == other.get(name):
            continue
        label = entry_name(after, key, name, now) if name in other else entry_name(before, key, name, was)
        left = entry_in_words(one[name], was) if name in one else ""
        right = entry_in_words(other[name], now) if name in other else ""
        sides = (entry_in_words(each[name]) if name in each else "" for each in (one, other))
        yield Line(label, left, right, _raw(f"{key}.{name}", *sides))


def _raw(key: str, before: str, after: str) -> str:
    """Return a line with the names that documents have."""
    return f"{key}: {' → '.join(filter(None, (before, after)))}"


def _words(key: str, setting: Any, naming: Naming) -> str:
    if setting is None:
        return ""
    if key in WRITTEN and isinstance(setting, str):
        return setting
    return setting_in_words(key, setting, naming)


def _found(kind: Kind, document: Mapping[str, Any], path: str, old_path: str, naming: Naming) -> Difference:
    node = places.node_at(document, path or old_path)
    return Difference(kind, path, old_path, title_of(node, naming))


def _key(node: Any) -> str:
    return json.dumps(node, sort_keys=True)


def _own(node: Mapping[str, Any]) -> str:
    """Return what a node is without the nodes in it."""
    return _key({key: value for key, value in node.items() if key not in places.branches_of(node).values()})


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
