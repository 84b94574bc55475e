"""Nodes are recognised in what another person made of a draft, and changes go where they were meant, or nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meanwhile.studio import places
from meanwhile.studio.alignment import Alignment
from meanwhile.studio.edit import apply
from meanwhile.studio.rebase import rebase, seen


def node(label: str, **more: Any) -> dict[str, Any]:
    return {"kind": "update_field", "label": label, **more}


def background(*inner: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "background", **more, "do": list(inner)}


def tree(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {
        "meanwhile": 1,
        "name": "T",
        "key": "t",
        "on": {"event": "saved", "model": "shop.Booking"},
        "do": list(nodes),
    }


OLD = tree(node("a"), node("b"), background(node("c"), node("d")), node("e"))


@pytest.mark.parametrize(
    ("theirs", "path", "now"),
    [
        ({"op": "remove", "path": "0"}, "1", "0"),
        ({"op": "remove", "path": "1"}, "1", None),
        ({"op": "move", "path": "3", "to": "2.0"}, "3", "2.0"),
        ({"op": "move", "path": "3", "to": "2.0"}, "2.1", "2.2"),
        ({"op": "wrap", "path": "1", "in": "if"}, "1", "1.then.0"),
        ({"op": "unwrap", "path": "2"}, "2.1", "3"),
        ({"op": "insert", "at": "2.1", "node": node("new")}, "2", "2"),
        ({"op": "insert", "at": "0", "node": node("new")}, "2.0", "3.0"),
        ({"op": "set_value", "path": "1", "key": "label", "value": "B"}, "1", "1"),
        ({"op": "set_value", "path": "2", "key": "serial", "value": True}, "2.1", "2.1"),
        ({"op": "duplicate", "path": "0"}, "1", "2"),
    ],
)
def test_a_node_is_found_where_another_person_left_it(theirs: dict[str, Any], path: str, now: str | None) -> None:
    assert Alignment(OLD, apply(OLD, theirs)).node(path) == now


@pytest.mark.parametrize(
    ("theirs", "place", "now"),
    [
        ({"op": "remove", "path": "0"}, "2", "1"),
        ({"op": "insert", "at": "0", "node": node("new")}, "0", "1"),
        ({"op": "insert", "at": "2.2", "node": node("new")}, "2.2", "2.2"),
        ({"op": "remove", "path": "2.0"}, "2.1", "2.0"),
        ({"op": "remove", "path": "2"}, "2.1", None),
        ({"op": "move", "path": "2", "to": "0"}, "2.2", "0.2"),
    ],
)
def test_a_place_to_insert_at_keeps_its_neighbour(theirs: dict[str, Any], place: str, now: str | None) -> None:
    assert Alignment(OLD, apply(OLD, theirs)).slot(place) == now


@pytest.mark.parametrize(
    ("theirs", "mine", "safe"),
    [
        ({"op": "insert", "at": "2.0", "node": node("t")}, {"op": "insert", "at": "2.2", "node": node("m")}, True),
        ({"op": "insert", "at": "0", "node": node("t")}, {"op": "remove", "path": "3"}, True),
        (
            {"op": "set_value", "path": "0", "key": "label", "value": "A"},
            {"op": "set_value", "path": "0", "key": "disabled", "value": True},
            False,
        ),
        (
            {"op": "set_value", "path": "2", "key": "serial", "value": True},
            {"op": "set_value", "path": "2", "key": "priority", "value": 5},
            True,
        ),
        ({"op": "set_value", "path": "2.0", "key": "label", "value": "C"}, {"op": "remove", "path": "2"}, False),
        ({"op": "set_value", "path": "2.0", "key": "label", "value": "C"}, {"op": "duplicate", "path": "2"}, False),
        ({"op": "remove", "path": "0"}, {"op": "shift", "path": "3", "by": "up"}, True),
        ({"op": "move", "path": "3", "to": "0"}, {"op": "move", "path": "3", "to": "2.0"}, False),
        ({"op": "remove", "path": "0"}, {"op": "wrap", "path": "1", "in": "background"}, True),
    ],
)
def test_a_change_is_made_besides_only_where_the_other_person_left_it_alone(
    theirs: dict[str, Any], mine: dict[str, Any], safe: bool
) -> None:
    rebased = rebase(mine, OLD, apply(OLD, theirs), is_next=False)
    assert (rebased.operation is not None, rebased.safe) == (True, safe)


def test_a_change_of_what_is_gone_is_no_change_of_anything_else() -> None:
    theirs = apply(OLD, {"op": "remove", "path": "1"})
    assert rebase({"op": "remove", "path": "1"}, OLD, theirs, is_next=False).operation is None


def test_changes_before_it_count_even_those_that_were_refused() -> None:
    before = [{"op": "insert", "at": "0", "node": node("mine")}, {"op": "remove", "path": "99"}]
    mine = {"op": "set_value", "path": "2", "key": "label", "value": "B"}
    rebased = rebase(mine, seen(OLD, before), OLD, is_next=False)
    assert rebased.operation is not None
    assert rebased.operation["path"] == "1"
    of_mine = rebase({**mine, "path": "0"}, seen(OLD, before), OLD, is_next=False)
    assert of_mine.operation is None


def test_what_is_no_node_is_in_nobodys_way() -> None:
    odd = {**OLD, "do": ["x", *OLD["do"], None]}
    assert Alignment(odd, apply(odd, {"op": "remove", "path": "1"})).node("2") == "1"


LABELS = st.integers(0, 40).map(lambda number: f"n{number}")


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Any]:
    names = iter(draw(st.lists(LABELS, min_size=4, max_size=12, unique=True)))
    nodes: list[dict[str, Any]] = []
    for name in names:
        inner = draw(st.booleans()) and next(names, None)
        nodes.append(background(node(inner), label=name) if inner else node(name))
    return tree(*nodes)


@given(trees(), st.data())
def test_whatever_is_moved_a_named_node_is_found_again_or_not_at_all(
    document: dict[str, Any], data: st.DataObject
) -> None:
    theirs: Mapping[str, Any] = document
    for _ in range(3):
        paths = [place.path for place in places.nodes_of(theirs)]
        if paths:
            path = data.draw(st.sampled_from(paths))
            by = data.draw(st.sampled_from(["up", "down", "in", "out"]))
            try:
                theirs = apply(theirs, {"op": "shift", "path": path, "by": by})
            except Exception:  # noqa: BLE001 - it can't go there
                theirs = apply(theirs, {"op": "remove", "path": path})
    alignment = Alignment(document, theirs)
    for place in places.nodes_of(document):
        now = alignment.node(place.path)
        if now is not None:
            assert places.node_at(theirs, now)["label"] == place.node["label"]
