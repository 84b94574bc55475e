"""The editor's operations on documents, without Django."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meanwhile.studio.edit import apply, perform
from meanwhile.studio.errors import EditProblem
from meanwhile.studio.moves import move_targets
from meanwhile.studio.places import nodes_of
from tests import strategies


def action(name: str) -> dict[str, Any]:
    return {"kind": "update_field", "label": name}


def background(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "background", "do": list(nodes)}


def condition(*then: dict[str, Any], otherwise: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"kind": "if", "condition": {"test": "is_new"}, "then": list(then), "otherwise": list(otherwise)}


def document(*nodes: Any) -> dict[str, Any]:
    return {
        "meanwhile": 1,
        "name": "T",
        "key": "t",
        "on": {"event": "saved", "model": "shop.Booking"},
        "do": list(nodes),
    }


def order(document: dict[str, Any]) -> list[str]:
    """The labels of all nodes with their paths."""
    return [f"{place.path} {place.node.get('label', place.node.get('kind'))}" for place in nodes_of(document)]


A, B, C, D = map(action, "abcd")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("0", ["0 d", "1 a", "2 background", "2.0 b"]),
        ("2", ["0 a", "1 background", "1.0 b", "2 d"]),
        ("1.0", ["0 a", "1 background", "1.0 d", "1.1 b"]),
        ("1.1", ["0 a", "1 background", "1.0 b", "1.1 d"]),
    ],
)
def test_insert(at: str, expected: list[str]) -> None:
    edited = perform(document(A, background(B)), {"op": "insert", "at": at, "node": D})
    assert order(edited.document) == expected
    assert edited.select == at


def test_insert_into_an_empty_branch_of_a_condition() -> None:
    given = document({"kind": "if", "condition": {}})
    after = apply(given, {"op": "insert", "at": "0.otherwise.0", "node": A})
    assert order(after) == ["0 if", "0.otherwise.0 a"]


@pytest.mark.parametrize(
    "at", ["3", "0.0", "1.then.0", "", "1.", "x", "-1", "1.2", "999999999999", "1.0.0.0", "then.0"]
)
def test_there_is_no_inserting_where_no_node_can_stand(at: str) -> None:
    with pytest.raises(EditProblem):
        apply(document(A, background(B)), {"op": "insert", "at": at, "node": D})


@pytest.mark.parametrize(
    ("path", "left", "select"),
    [("0", ["0 b"], "0"), ("1", ["0 a"], "0")],
)
def test_remove_selects_what_took_its_place(path: str, left: list[str], select: str) -> None:
    edited = perform(document(A, B), {"op": "remove", "path": path})
    assert (order(edited.document), edited.select) == (left, select)


def test_what_is_cut_is_not_told_to_be_deleted() -> None:
    assert perform(document(A, B), {"op": "remove", "path": "0"}).label.startswith("Delete ")
    assert perform(document(A, B), {"op": "remove", "path": "0", "cut": True}).label.startswith("Cut ")


def test_removing_the_last_child_selects_the_parent() -> None:
    assert perform(document(A, condition(B)), {"op": "remove", "path": "1.then.0"}).select == "1"
    assert perform(document(A), {"op": "remove", "path": "0"}).select == ""


@pytest.mark.parametrize(
    ("path", "to", "expected", "select"),
    [
        ("0", "3", ["0 b", "1 background", "1.0 c", "2 a"], "2"),
        ("0", "2", ["0 b", "1 a", "2 background", "2.0 c"], "1"),
        ("1", "0", ["0 b", "1 a", "2 background", "2.0 c"], "0"),
        ("0", "2.1", ["0 b", "1 background", "1.0 c", "1.1 a"], "1.1"),
        ("2.0", "0", ["0 c", "1 a", "2 b", "3 background"], "0"),
        ("2", "0", ["0 background", "0.0 c", "1 a", "2 b"], "0"),
        ("1", "1", ["0 a", "1 b", "2 background", "2.0 c"], "1"),
        ("1", "2", ["0 a", "1 b", "2 background", "2.0 c"], "1"),
    ],
)
def test_a_node_is_moved_to_a_place_as_it_is_shown_before(path: str, to: str, expected: list[str], select: str) -> None:
    edited = perform(document(A, B, background(C)), {"op": "move", "path": path, "to": to})
    assert (order(edited.document), edited.select) == (expected, select)


def test_a_node_is_not_moved_into_itself() -> None:
    with pytest.raises(EditProblem, match="into itself"):
        apply(document(background(A)), {"op": "move", "path": "0", "to": "0.1"})


@pytest.mark.parametrize(
    ("path", "by", "expected"),
    [
        ("1", "up", ["0 b", "1 a", "2 if", "2.then.0 c", "2.otherwise.0 d"]),
        ("0", "down", ["0 b", "1 a", "2 if", "2.then.0 c", "2.otherwise.0 d"]),
        ("2.then.0", "up", ["0 a", "1 b", "2 c", "3 if", "3.otherwise.0 d"]),
        ("2.then.0", "down", ["0 a", "1 b", "2 if", "2.otherwise.0 c", "2.otherwise.1 d"]),
        ("2.otherwise.0", "up", ["0 a", "1 b", "2 if", "2.then.0 c", "2.then.1 d"]),
        ("2.otherwise.0", "down", ["0 a", "1 b", "2 if", "2.then.0 c", "3 d"]),
        ("2.then.0", "out", ["0 a", "1 b", "2 if", "2.otherwise.0 d", "3 c"]),
    ],
)
def test_alt_and_arrows_move_a_node_through_all_places(path: str, by: str, expected: list[str]) -> None:
    given = document(A, B, condition(C, otherwise=(D,)))
    edited = perform(given, {"op": "shift", "path": path, "by": by})
    assert order(edited.document) == expected


def test_in_puts_a_node_under_the_one_above_it() -> None:
    after = apply(document(background(A), B), {"op": "shift", "path": "1", "by": "in"})
    assert order(after) == ["0 background", "0.0 a", "0.1 b"]
    with pytest.raises(EditProblem):
        apply(document(A, B), {"op": "shift", "path": "1", "by": "in"})


@pytest.mark.parametrize(("path", "by"), [("0", "up"), ("1", "down"), ("0", "out"), ("0", "in"), ("0", "sideways")])
def test_a_node_that_can_go_no_further_says_so(path: str, by: str) -> None:
    with pytest.raises(EditProblem):
        apply(document(A, B), {"op": "shift", "path": path, "by": by})


def test_duplicate_paste_wrap_and_unwrap() -> None:
    after = apply(document(background(A)), {"op": "duplicate", "path": "0"})
    assert order(after) == ["0 background", "0.0 a", "1 background", "1.0 a"]
    after = apply(after, {"op": "paste", "at": "1", "nodes": [B, C]})
    assert order(after) == ["0 background", "0.0 a", "1 b", "2 c", "3 background", "3.0 a"]
    after = apply(after, {"op": "wrap", "path": "1", "in": "if"})
    assert order(after)[2:4] == ["1 if", "1.then.0 b"]
    after = apply(after, {"op": "unwrap", "path": "1"})
    assert order(after)[2] == "1 b"
    after = apply(after, {"op": "wrap", "path": "1", "in": "background"})
    assert after["do"][1] == background(B)


def test_values_are_set_and_taken_away_at_any_depth() -> None:
    given = document(A)
    literal = {"value": "literal", "literal": 1}
    after = apply(given, {"op": "set_value", "path": "0", "key": "set.price", "value": literal})
    assert after["do"][0]["set"] == {"price": literal}
    after = apply(after, {"op": "set_value", "path": "0", "key": "set.price", "value": None})
    assert after["do"][0]["set"] == {}
    after = apply(after, {"op": "set_value", "path": "0", "key": "to.0", "value": "x"})
    after = apply(after, {"op": "set_value", "path": "0", "key": "to.1", "value": "y"})
    after = apply(after, {"op": "set_value", "path": "0", "key": "to.0", "value": None})
    assert after["do"][0]["to"] == ["y"]


@pytest.mark.parametrize("key", ["kind", "do", "do.0", "then", "", ".", "a..b", "0.a", "to.7.x", "to.5"])
def test_what_is_no_value_of_a_node_is_not_set(key: str) -> None:
    with pytest.raises(EditProblem):
        apply(document({**A, "to": []}), {"op": "set_value", "path": "0", "key": key, "value": "x"})


def test_another_event_keeps_what_it_has_too_and_drops_the_rest() -> None:
    given = document(A)
    given["on"] = {"event": "updated", "model": "shop.Booking", "fields": ["price"]}
    after = apply(given, {"op": "set_value", "path": "", "key": "on.event", "value": "created"})
    assert after["on"] == {"event": "created", "model": "shop.Booking"}


def test_rename_disable_event_and_condition() -> None:
    given = document(condition(A))
    after = apply(given, {"op": "rename", "path": "0.then.0", "label": "New"})
    after = apply(after, {"op": "rename", "path": "", "label": "Tree"})
    after = apply(after, {"op": "disable", "path": "0", "disabled": True})
    after = apply(after, {"op": "set_event", "event": {"event": "deleted"}})
    after = apply(after, {"op": "set_condition", "path": "0", "condition": {"test": "changed", "fields": ["x"]}})
    assert (after["name"], after["on"]) == ("Tree", {"event": "deleted"})
    assert after["do"][0]["disabled"] is True
    assert after["do"][0]["condition"]["test"] == "changed"
    assert after["do"][0]["then"][0]["label"] == "New"
    after = apply(after, {"op": "disable", "path": "0", "disabled": False})
    after = apply(after, {"op": "rename", "path": "0.then.0", "label": ""})
    assert "disabled" not in after["do"][0]
    assert "label" not in after["do"][0]["then"][0]


def test_every_place_offered_for_a_move_can_be_moved_to() -> None:
    given = document(A, condition(B, background(C), otherwise=(D,)))
    for path in ("0", "1", "1.then.0", "1.then.1.0", "1.otherwise.0"):
        targets = move_targets(given, path)
        assert targets
        for to, words in targets:
            assert words
            after = apply(given, {"op": "move", "path": path, "to": to})
            assert order(after) != order(given)
            assert len(order(after)) == len(order(given))


paths = st.lists(st.sampled_from(["0", "1", "2", "then", "otherwise", "x", ""]), min_size=0, max_size=4).map(".".join)
json_values = strategies.json_values
NAMES = (
    *("insert", "remove", "move", "shift", "duplicate", "paste", "wrap", "unwrap", "set_value", "rename", "disable"),
    *("set_event", "set_condition", "unknown"),
)
operations = st.fixed_dictionaries(
    {"op": st.sampled_from(NAMES)},
    optional={
        "at": paths | json_values,
        "path": paths | json_values,
        "to": paths | json_values,
        "by": st.sampled_from(["up", "down", "in", "out"]) | json_values,
        "in": st.sampled_from(["background", "if", "delay"]) | json_values,
        "key": paths | json_values,
        "value": json_values,
        "label": json_values,
        "disabled": json_values,
        "event": json_values,
        "condition": json_values,
        "node": strategies.nodes.map(lambda node: node.as_json()) | json_values,
        "nodes": st.lists(json_values) | json_values,
    },
)


@strategies.patiently
@given(strategies.trees, st.lists(operations, max_size=4))
def test_any_operation_gives_a_document_or_says_why_not_and_changes_nothing_given(
    tree: Any, several: list[Any]
) -> None:
    current = tree.as_json()
    for operation in several:
        before, asked = copy.deepcopy(current), copy.deepcopy(operation)
        try:
            edited = perform(current, operation)
        except EditProblem:
            continue
        finally:
            assert (current, operation) == (before, asked)
        if edited.select:
            assert edited.select in {place.path for place in nodes_of(edited.document)}
        current = edited.document


@strategies.patiently
@given(strategies.trees, st.data())
def test_moving_a_node_loses_none(tree: Any, data: st.DataObject) -> None:
    given = tree.as_json()
    places = [place.path for place in nodes_of(given)]
    if not places:
        return
    path = data.draw(st.sampled_from(places))
    targets = move_targets(given, path)
    if not targets:
        return
    after = apply(given, {"op": "move", "path": path, "to": data.draw(st.sampled_from(targets))[0]})
    assert sorted(repr(place.node.get("kind")) for place in nodes_of(after)) == sorted(
        repr(place.node.get("kind")) for place in nodes_of(given)
    )
