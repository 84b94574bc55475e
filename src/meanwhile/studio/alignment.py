"""Which node of a draft is which in what another person made of it. Pure.

Nodes have no names of their own, so they are recognised: by being the same, by being the same but for the nodes in
them, and between neighbours that are the same by being alike, or by standing there alone. What is in doubt is not
paired, or is called so: a change must not go to another node than the one that was meant.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from meanwhile.studio import places

LIKE = 0.3
"""The share of a node's settings that must be the same for it to be taken for the same node, changed."""


class Alignment:
    """The nodes of an older document and where they are in a newer one."""

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self._old = {place.path: place.node for place in places.nodes_of(old)}
        self._new = {place.path: place.node for place in places.nodes_of(new)}
        self._sizes = _sizes(new)
        self._to: dict[str, str] = {}
        self._elsewhere: set[str] = set()
        self._doubtful: set[str] = set()
        self._alone: list[tuple[str, str]] = []
        self._siblings(_list(old.get("do")), _list(new.get("do")), "", "")
        self._find_moved()
        self._take_those_alone()

    def node(self, path: str) -> str | None:
        """Return where a node of the older document is now, None if it is gone."""
        return self._to.get(path)

    def was_moved(self, path: str) -> bool:
        """Say whether a node was taken out of its place."""
        return path in self._elsewhere

    def is_doubtful(self, path: str) -> bool:
        """Say whether a node may as well be another one that was put into its place."""
        return path in self._doubtful

    def is_same(self, path: str) -> bool:
        """Say whether a node, with all in it, is as it was."""
        now = self._to.get(path)
        return now is not None and self._old[path] == self._new[now]

    def slot(self, place: str) -> str | None:
        """Return where a place to insert at is now: behind the node that it was behind, else before the one it was
        before; None if what holds it is gone."""
        above, index = places.split(place)
        parent = places.parent_of(place)
        holder = self._to.get(parent) if parent else ""
        if holder is None:
            return None
        inner = holder + above[len(parent) :]
        for number in range(index - 1, -1, -1):
            if (found := self._in_list(places.join(above, number), inner)) is not None:
                return places.join(inner, found + 1)
        if (found := self._in_list(places.join(above, index), inner)) is not None:
            return places.join(inner, found)
        return places.join(inner, min(index, self._sizes.get(inner, 0)))

    def _in_list(self, path: str, inner: str) -> int | None:
        """Return the index of a node in a list of the newer document, None if it is not in there."""
        now = self._to.get(path)
        if now is None:
            return None
        above, index = places.split(now)
        return index if above == inner else None

    def _siblings(self, old: Sequence[Any], new: Sequence[Any], above: str, new_above: str) -> None:
        one, other = ([_text(node) for node in nodes] for nodes in (old, new))
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
            pairs = zip(range(i1, i2), range(j1, j2), strict=True) if tag == "equal" else ()
            for i, j in pairs or _alike(old, new, range(i1, i2), range(j1, j2)):
                path, now = places.join(above, i), places.join(new_above, j)
                if _is_like(old[i], new[j]):
                    self._pair(old[i], new[j], path, now)
                elif path in self._old and now in self._new:
                    self._alone.append((path, now))

    def _pair(self, old: Any, new: Any, path: str, now: str) -> None:
        if not isinstance(old, dict) or not isinstance(new, dict):
            return
        self._to[path] = now
        for word, key in places.branches_of(old).items():
            inner, new_inner = (f"{one}.{word}" if word else one for one in (path, now))
            self._siblings(_list(old.get(key)), _list(new.get(key)), inner, new_inner)

    def _find_moved(self) -> None:
        """Pair what is left on both sides and the same, if there is one of it alone on each side."""
        taken = set(self._to.values())
        for text in (_text, _own):
            gone, came = _by_text(self._old, self._to, text), _by_text(self._new, taken, text)
            for key, paths in gone.items():
                if len(paths) == len(came.get(key, ())) == 1 and paths[0] not in self._to:
                    self._pair(self._old[paths[0]], self._new[came[key][0]], paths[0], came[key][0])
                    self._elsewhere.add(paths[0])
            taken = set(self._to.values())

    def _take_those_alone(self) -> None:
        """Pair what stands in the same place and is found nowhere else."""
        for path, now in self._alone:
            if path not in self._to and now not in self._to.values():
                self._pair(self._old[path], self._new[now], path, now)
                self._doubtful.add(path)


def _alike(
    old: Sequence[Any], new: Sequence[Any], left: Sequence[int], right: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Yield the pairs in a stretch that differs: first those that differ in the nodes inside alone, then the likely."""
    one, other = ([_own(nodes[index]) for index in part] for nodes, part in ((old, left), (new, right)))
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from zip(left[i1:i2], right[j1:j2], strict=True)
        elif i2 - i1 == j2 - j1:
            pairs = zip(left[i1:i2], right[j1:j2], strict=True)
            yield from ((i, j) for i, j in pairs if _is_like(old[i], new[j]) or _stands_alone(old, new, i, j, i2 - i1))


def _stands_alone(old: Sequence[Any], new: Sequence[Any], i: int, j: int, number: int) -> bool:
    one, other = old[i], new[j]
    return number == 1 and isinstance(one, dict) and isinstance(other, dict) and one.get("kind") == other.get("kind")


def _is_like(old: Any, new: Any) -> bool:
    if not isinstance(old, dict) or not isinstance(new, dict) or old.get("kind") != new.get("kind"):
        return False
    before, after = set(_settings(old, "")), set(_settings(new, ""))
    return before <= after or after <= before or len(before & after) >= LIKE * len(before | after)


def _settings(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield the single settings of a node with their places, without its kind and the nodes in it."""
    if isinstance(value, Mapping):
        hidden = {"kind", *places.branches_of(value).values()} if not place else set()
        for key, inner in value.items():
            if key not in hidden:
                yield from _settings(inner, f"{place}.{key}")
    else:
        yield place, _text(value)


def _by_text(nodes: Mapping[str, Any], but: Any, text: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path, node in nodes.items():
        if path not in but:
            found[text(node)].append(path)
    return found


def _sizes(document: Mapping[str, Any]) -> dict[str, int]:
    """Return how many nodes each list of a document has, by the path that leads into it."""
    sizes = {"": len(_list(document.get("do")))}
    for place in places.nodes_of(document):
        for word, key in places.branches_of(place.node).items():
            sizes[f"{place.path}.{word}" if word else place.path] = len(_list(place.node.get(key)))
    return sizes


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _own(node: Any) -> str:
    if not isinstance(node, Mapping):
        return _text(node)
    return _text({key: value for key, value in node.items() if key not in places.branches_of(node).values()})


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
