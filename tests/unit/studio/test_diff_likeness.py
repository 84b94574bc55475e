"""A diff tells what was done: a node that was renamed is not taken for one that was put before it."""

from __future__ import annotations

from typing import Any

from meanwhile.studio.diff import diff
from meanwhile.studio.likeness import MOST_PAIRS, MOST_SETTINGS, likeliest_pairs


def literal(text: str) -> dict[str, Any]:
    return {"value": "literal", "literal": text}


def update(label: str, **values: str) -> dict[str, Any]:
    return {"kind": "update_field", "label": label, "set": {name: literal(text) for name, text in values.items()}}


def told(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """The differences as kind, old path and path."""
    on = {"event": "called", "parameters": {}}
    before, after = ({"name": "One", "on": on, "do": nodes} for nodes in (old, new))
    return [(one.kind, one.old_path, one.path) for one in diff(before, after)]


VALUES = {"status": "new", "ticket": "T-1", "name": "Ada"}


def test_a_node_put_before_one_that_is_renamed_is_new_and_the_other_changed() -> None:
    old, new = [update("Values", **VALUES)], [update("First", status="seen"), update("Other", **VALUES)]
    assert told(old, new) == [("added", "", "0"), ("changed", "0", "1")]


def test_a_node_taken_away_before_one_that_is_renamed_is_gone_and_the_other_changed() -> None:
    old, new = [update("First", status="seen"), update("Other", **VALUES)], [update("Values", **VALUES)]
    assert told(old, new) == [("changed", "1", "0"), ("removed", "0", "")]


def test_nodes_of_one_kind_with_nothing_alike_are_changed_rather_than_removed_and_added() -> None:
    assert told([update("One", status="a")], [update("Two", ticket="b")]) == [("changed", "0", "0")]


def test_nodes_of_different_kinds_are_removed_and_added() -> None:
    old, new = [update("One", status="a")], [{"kind": "background", "label": "One", "do": []}]
    assert told(old, new) == [("added", "", "0"), ("removed", "0", "")]


def test_a_part_is_known_by_what_is_in_it() -> None:
    inner = [update("In it", **VALUES)]
    old = [{"kind": "background", "label": "Part", "do": inner}]
    new = [
        {"kind": "background", "label": "New", "do": [update("Else", status="x")]},
        {"kind": "background", "label": "Renamed", "do": inner},
    ]
    assert ("changed", "0", "1") in told(old, new)


def test_a_long_stretch_that_is_written_anew_is_paired_in_its_order() -> None:
    number = int(MOST_PAIRS**0.5) + 1
    old, new = ([update(f"{word} {at}", status=word) for at in range(number)] for word in ("a", "b"))
    assert told(old, new) == [("changed", str(at), str(at)) for at in range(number)]


def test_of_a_large_node_a_bounded_part_is_compared() -> None:
    written: list[object] = []

    class Setting:
        def __str__(self) -> str:
            written.append(self)
            return "here"

    large = {"kind": "call", "params": {str(at): Setting() for at in range(10 * MOST_SETTINGS)}}
    assert likeliest_pairs([large], [large], [0], [0]) == {0: 0}
    assert len(written) <= 2 * (MOST_SETTINGS + 1)
