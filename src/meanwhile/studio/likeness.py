"""Which nodes of an older list became which of a newer one, so that a change reads as what was done. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

MOST_PAIRS = 2500
"""How many pairs are compared; longer stretches, which somebody wrote anew, are paired in their order."""

MOST_SETTINGS = 200
"""How many settings of a node are compared, with those of the nodes in it; more would take seconds in a large draft."""

SAME_KIND = 0.01
"""What a pair of one kind is worth with nothing else alike: changed is told rather than removed and added."""


def likeliest_pairs(
    old: Sequence[Any], new: Sequence[Any], left: Sequence[int], right: Sequence[int]
) -> dict[int, int]:
    """Return the pairs of one kind that are most alike, none of which crosses another: new index to old index."""
    if len(left) * len(right) > MOST_PAIRS:
        both = zip(left, right, strict=False)
        return {j: i for i, j in both if _kind(old[i]) == _kind(new[j]) != ""}
    one, other = [_known(old[i]) for i in left], [_known(new[j]) for j in right]
    worth = [[_worth(before, after) for after in other] for before in one]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]  # of what begins at the two
    for a in reversed(range(len(left))):
        for b in reversed(range(len(right))):
            pair = worth[a][b] + best[a + 1][b + 1] if worth[a][b] else 0.0
            best[a][b] = max(pair, best[a + 1][b], best[a][b + 1])
    return {right[b]: left[a] for a, b in _taken(worth, best)}


def _taken(worth: Sequence[Sequence[float]], best: Sequence[Sequence[float]]) -> Iterator[tuple[int, int]]:
    a = b = 0
    while a < len(worth) and b < len(worth[a]):
        if worth[a][b] and best[a][b] == worth[a][b] + best[a + 1][b + 1]:
            yield a, b
            a, b = a + 1, b + 1
        elif best[a][b] == best[a + 1][b]:
            a += 1
        else:
            b += 1


def _worth(old: tuple[str, set[tuple[str, str]]], new: tuple[str, set[tuple[str, str]]]) -> float:
    (kind, before), (other, after) = old, new
    if kind != other or not kind:
        return 0.0
    return SAME_KIND + len(before & after) / max(1, len(before | after))


def _known(node: Any) -> tuple[str, set[tuple[str, str]]]:
    return _kind(node), set(islice(_settings(node, ""), MOST_SETTINGS))


def _settings(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield the single settings of a node with their places; of the nodes in it what they are called and set to."""
    match value:
        case Mapping():
            for key, inner in value.items():
                if place or key != "kind":
                    yield from _settings(inner, f"{place}.{key}")
        case list():
            for index, inner in enumerate(value):
                yield from _settings(inner, f"{place}.{index}")
        case _:
            yield place, json.dumps(value, default=str)


def _kind(node: Any) -> str:
    return str(node.get("kind", "")) if isinstance(node, Mapping) else ""
