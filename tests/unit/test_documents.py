"""A tree document: what it looks like, and each kind of mistake in it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from meanwhile.actions.create_record import CreateRecord
from meanwhile.actions.send_email import SendEmail
from meanwhile.actions.update_field import UpdateField
from meanwhile.actions.values import Field
from meanwhile.exceptions import TreeDocumentError, UnknownNode
from meanwhile.trees.conditions import Is, Not
from meanwhile.trees.document import EventTree, key_of
from meanwhile.trees.events import Created
from meanwhile.trees.limits import Limits
from meanwhile.trees.moments import before
from meanwhile.trees.nodes import Background, Delay, If

TREE = EventTree(
    "Booking received",
    on=Created("shop.Booking"),
    do=[
        UpdateField(status="received"),
        Background(UpdateField(price=Field("seat.price")), SendEmail("{{ record.email }}", "Hi"), serial=True),
        If(Is("price", ">", 100), UpdateField(ready=True), otherwise=[CreateRecord("shop.Ticket", passenger="x")]),
        Delay(before("starts", days=2), UpdateField(ready=False)),
    ],
)


def problems_of(document: Any, limits: Limits | None = None) -> list[tuple[str, str]]:
    with pytest.raises(TreeDocumentError) as caught:
        EventTree.from_json(document if isinstance(document, str) else json.dumps(document), limits)
    return caught.value.problems


def changed(*changes: tuple[str, Any]) -> dict[str, Any]:
    """The document with values put at paths; ``...`` removes."""
    document = copy.deepcopy(TREE.as_json())
    for path, value in changes:
        *above, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
        parent: Any = document
        for key in above:
            parent = parent[key]
        if value is ...:
            del parent[last]
        else:
            parent[last] = value
    return document


def test_a_document_begins_with_its_format_and_keeps_the_order_of_its_keys() -> None:
    assert list(TREE.as_json()) == ["meanwhile", "name", "key", "on", "do"]
    assert TREE.to_json().startswith('{\n  "meanwhile": 1,\n  "name": "Booking received",\n')
    assert TREE.to_json().endswith("}\n")
    assert TREE.as_json()["do"][0] == {
        "kind": "update_field",
        "set": {"status": {"value": "literal", "literal": "received"}},
    }


def test_the_key_follows_from_the_name() -> None:
    assert key_of("Größe & Gewicht!") == "groe-gewicht"
    assert EventTree("Booking received", on=Created("a.B"), key="mine").key == "mine"
    with pytest.raises(TreeDocumentError, match="key"):
        EventTree("予約", on=Created("a.B"))


def test_nodes_are_walked_and_found_by_path() -> None:
    assert [path for path, _node in TREE.walk()] == [
        "0",
        "1",
        "1.0",
        "1.1",
        "2",
        "2.then.0",
        "2.otherwise.0",
        "3",
        "3.0",
    ]
    assert TREE.node_at("1.0") == UpdateField(price=Field("seat.price"))
    assert TREE.node_at("2.otherwise.0") == CreateRecord("shop.Ticket", passenger="x")


@pytest.mark.parametrize("path", ["", "9", "0.0", "2.0", "2.then", "2.else.0", "x", "-1", "1.0.0", "1.then.0"])
def test_a_path_without_a_node_is_told(path: str) -> None:
    with pytest.raises(UnknownNode):
        TREE.node_at(path)


def test_the_hash_is_of_what_the_tree_means() -> None:
    same = [
        TREE.model_copy(update={"description": "More words"}),
        TREE.model_copy(update={"enabled": False}),
        EventTree.from_json(json.dumps(TREE.as_json(), sort_keys=True)),
    ]
    other = [
        TREE.model_copy(update={"do": TREE.do[:-1]}),
        TREE.model_copy(update={"reentrant": True}),
        TREE.model_copy(update={"on": Created("shop.Seat")}),
    ]
    assert {tree.content_hash for tree in same} == {TREE.content_hash}
    assert len({tree.content_hash for tree in [*other, TREE]}) == 4
    assert len(TREE.content_hash) == 64


@pytest.mark.parametrize(
    ("change", "path", "text"),
    [
        (("name", ...), "name", "is missing"),
        (("name", "  "), "name", "needs a text"),
        (("name", 5), "name", "must be a text"),
        (("key", "Not A Key"), "key", "needs a key"),
        (("on", ...), "on", "is missing"),
        (("on.event", "exploded"), "on", "unknown event “exploded”; known are saved, created"),
        (("on.event", ...), "on", "says its event"),
        (("on.model", "Booking"), "on.model", "app_label.Model"),
        (("on", "created"), "on", "must be an object"),
        (("do", {}), "do", "takes a list of nodes"),
        (("do.0", "update"), "do.0", "must be an object"),
        (("do.0", None), "do.0", "must be an object"),
        (("do.0.kind", "set_field"), "do.0", "unknown kind “set_field”; known are update_field"),
        (("do.0.kind", ...), "do.0", "says its kind"),
        (("do.0.sett", {}), "do.0.sett", "no key that is known"),
        (("do.0.set.status", "received"), "do.0.set.status", "must be an object"),
        (("do.0.set.status.value", "magic"), "do.0.set.status", "unknown value “magic”"),
        (("do.0.set.sta tus", {"value": "actor"}), "do.0.set.sta tus", "no name"),
        (("do.0.disabled", "yes"), "do.0.disabled", "must be yes or no"),
        (("do.0.on_error", "ignore"), "do.0.on_error", "must be one of: stop, continue"),
        (("do.0.retry", {"max_attempts": 0}), "do.0.retry.max_attempts", "must be at least 1"),
        (("do.1.do.0.set.price.field", "seat price"), "do.1.do.0.set.price.field", "no field path"),
        (("do.1.do.1.to.0", "a@example.com"), "do.1.do.1.to.0", "must be an object"),
        (("do.1.do.1.to.0.recipients", "everybody"), "do.1.do.1.to.0", "unknown recipients"),
        (("do.1.serial", 1), "do.1.serial", "must be yes or no"),
        (("do.1.priority", "high"), "do.1.priority", "must be a whole number"),
        (("do.2.condition", ...), "do.2.condition", "is missing"),
        (("do.2.condition.op", "~"), "do.2.condition.op", "must be one of: ==, !="),
        (("do.2.condition.to", ...), "do.2.condition", "needs a value"),
        (("do.2.condition", {"test": "all", "of": []}), "do.2.condition.of", "needs at least 1 entries"),
        (("do.2.condition", {"test": "not", "of": {"test": "is_new", "x": 1}}), "do.2.condition.of.x", "no key"),
        (("do.2.otherwise.0.model", 5), "do.2.otherwise.0.model", "must be a text"),
        (("do.3.moment.days", -2), "do.3.moment.days", "must be at least 0"),
        (("do.3.moment.days", ...), "do.3.moment", "needs a span"),
        (("do.3.moment.base.at", "later"), "do.3.moment.base", "unknown at “later”"),
        (("do.3.moment", {"at": "datetime", "when": "tomorrow"}), "do.3.moment.when", "isoformat"),
        (("do.3.moment", {"at": "datetime", "when": 5}), "do.3.moment.when", "must be a date and time"),
        (("author", "me"), "author", "no key that is known"),
        (("meanwhile", 2), "meanwhile", "format 2"),
        (("meanwhile", "1"), "meanwhile", 'format "1"'),
        (("meanwhile", True), "meanwhile", "format true"),
        (("meanwhile", ...), "meanwhile", "is missing"),
        (("name", "a\0b"), "name", "no database can store"),
        (("do.0.label", "\ud800"), "do.0.label", "no database can store"),
        (("do.0.set.status.literal", "\0"), "do.0.set.status.literal", "no database can store"),
    ],
)
def test_each_mistake_is_told_with_its_place(change: tuple[str, Any], path: str, text: str) -> None:
    (found,) = problems_of(changed(change))
    assert found[0] == path
    assert text in found[1]


def test_all_mistakes_are_told_at_once() -> None:
    document = changed(
        ("meanwhile", 7),
        ("on.model", "x"),
        ("do.0.colour", "red"),
        ("do.1.do.0.set.price", 5),
        ("do.2.condition.op", "~"),
        ("do.3.moment.days", "two"),
    )
    assert [path for path, _text in problems_of(document)] == [
        "meanwhile",
        "on.model",
        "do.0.colour",
        "do.1.do.0.set.price",
        "do.2.condition.op",
        "do.3.moment.days",
    ]


NO_JSON = ["", "{", "nonsense", '{"a": NaN}', '{"b": Infinity}', "[" * 10**6, '{"a":' * 10**6, "9" * 5000]


@pytest.mark.parametrize("text", NO_JSON)
def test_what_is_no_json_is_told(text: str) -> None:
    ((path, message),) = problems_of(text)
    assert path == ""
    assert message.startswith(("The text is no JSON: ", "The document is nested too deep", "A tree document is"))
    assert message.endswith(".")


@pytest.mark.parametrize("document", [None, 5, "text", [], [{}], True])
def test_a_document_is_an_object(document: Any) -> None:
    assert problems_of(json.dumps(document)) == [("", "A tree document is a JSON object, and this is none.")]


def test_a_key_that_is_there_twice_is_told() -> None:
    text = TREE.to_json().replace('"name": "Booking received",', '"name": "One", "name": "Two",')
    assert problems_of(text) == [("", "The key “name” is there twice in one object.")]


def nested(levels: int) -> dict[str, Any]:
    node: dict[str, Any] = {"kind": "background", "do": []}
    for _level in range(levels - 1):
        node = {"kind": "background", "do": [node]}
    return {**TREE.as_json(), "do": [node]}


def test_the_levels_of_a_document_are_limited_before_they_are_read() -> None:
    assert EventTree.from_json(json.dumps(nested(50)))
    ((path, message),) = problems_of(nested(51))
    assert path.startswith("do.0.do.0.")
    assert "deeper than 50 levels (MAX_NESTING)" in message
    assert problems_of(nested(300))
    assert EventTree.from_json(json.dumps(nested(60)), Limits(max_nesting=60))


@pytest.mark.parametrize(
    ("place", "part", "around"),
    [
        ("do.2.condition", {"test": "is_new"}, lambda part: {"test": "not", "of": part}),
        ("do.3.moment", {"at": "now"}, lambda part: {"at": "after", "base": part, "days": 1}),
        ("do.0.set.status.literal", [], lambda part: [part]),
    ],
)
def test_no_other_part_can_be_nested_without_end(place: str, part: Any, around: Any) -> None:
    for _level in range(300):
        part = around(part)
    assert "deeper" in str(problems_of(changed((place, part))))


def test_the_nodes_of_a_document_are_limited() -> None:
    many = {**TREE.as_json(), "do": [{"kind": "delete_record"}] * 1001}
    assert problems_of(many) == [("do", "has 1001 nodes, and 1000 are allowed (MAX_NODES)")]
    assert EventTree.from_json(json.dumps(many), Limits(max_nodes=1001))


def test_a_stored_document_is_read_whatever_the_limits_are_now() -> None:
    stored = {**nested(80), "do": [*nested(80)["do"], *[{"kind": "delete_record"}] * 2000]}
    assert len(EventTree.from_document(stored).do) == 2001


def test_a_tree_too_deep_to_be_written_cannot_be_built() -> None:
    condition: Any = Is("a", 1)
    for _level in range(200):
        condition = Not(condition)
    with pytest.raises(TreeDocumentError, match="deeper than 100"):
        EventTree("Deep", on=Created("a.B"), do=[If(condition, UpdateField(a=1))])


def test_all_mistakes_of_a_constructor_are_told() -> None:
    with pytest.raises(TreeDocumentError) as caught:
        EventTree("", on=Created("a.B"), do=[Is("a", 1), "x"], colour="red")
    assert {path for path, _text in caught.value.problems} == {
        "EventTree.name", "EventTree.key", "EventTree.do.0", "EventTree.do.1", "EventTree.colour",
    }  # fmt: skip


def test_a_node_where_a_list_belongs_is_told() -> None:
    with pytest.raises(TreeDocumentError) as caught:
        EventTree("T", on=Created("a.B"), do=UpdateField(a=1))
    assert caught.value.problems == [("EventTree.do", "takes a list of nodes: […]")]


def test_a_function_that_was_not_called_is_told() -> None:
    from meanwhile.actions.function import FunctionAction

    def act() -> None: ...

    with pytest.raises(TreeDocumentError, match=r"do\.0"):
        EventTree("T", on=Created("a.B"), do=[FunctionAction(act, name="a.act")])
