"""Values out of JSON that was sent, and samples that have them."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from meanwhile import EventTree, Received
from meanwhile.exceptions import TreeDocumentError
from meanwhile.received.payload import MISSING, parameters_of, unstorable, value_at, values_of
from meanwhile.received.sample import curl, sample_body
from meanwhile.trees.check import check_tree
from tests import strategies

NOON = datetime(2036, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a", 1),
        ("b.c", None),
        ("b.list.1.d", "x"),
        ("b.list.2", MISSING),
        ("b.list.-1", MISSING),
        ("b.list.one", MISSING),
        ("a.b", MISSING),
        ("b.c.d", MISSING),
        ("b.list.99999999999999999999", MISSING),
        ("B", MISSING),
        ("__class__", MISSING),
    ],
)
def test_a_path_leads_to_a_value_or_nowhere(path: str, expected: Any) -> None:
    assert value_at({"a": 1, "b": {"c": None, "list": [0, {"d": "x"}]}}, path) is expected or expected == "x"


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", " ", "a. .b", ".".join("a" * 21), "x" * 501])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(TreeDocumentError):
        Received("shop.Order", fields={"number": path})


def test_a_field_that_finds_the_record_stands_at_its_own_name() -> None:
    event = Received("shop.Order", match=["number"], fields=["note"], parameters={"n": int, "m": int}, paths={"n": "x"})
    assert values_of(event, {"number": "1", "note": None, "amount": 3}) == {"number": "1", "note": None}
    assert parameters_of(event, {"x": 1, "m": 2, "n": 3}) == {"n": 1, "m": 2}


@pytest.mark.parametrize("text", ["a\x00", "\ud800"])
def test_texts_that_no_database_keeps_are_found_wherever_they_are(text: str) -> None:
    for document in ({"a": text}, {text: 1}, {"a": [{"b": [text]}]}):
        assert unstorable(document)
    assert not unstorable({"a": ["ä😀", 1, None, True, {}]})


def test_a_sample_has_a_value_at_every_place() -> None:
    event = Received(
        "shop.Booking",
        match=["reference"],
        fields={"reference": "order.id", "email": "people.1.mail", "starts": "order.at", "seat": "seat", "nope": "n"},
        parameters={"amount": Decimal, "day": "date"},
        paths={"amount": "order.sum"},
    )
    body = sample_body(event, now=NOON)
    assert set(values_of(event, body)) == set(event.sources())
    assert event.validate_parameters(parameters_of(event, body))["amount"] == Decimal("19.90")
    assert body["people"][1]["mail"] == "ann@example.com"
    words = shlex.split(curl("https://x.example/it's/", {"note": "it's"}, "mw_…").replace("\\\n", " "))
    assert words[:2] == ["curl", "https://x.example/it's/"]
    assert json.loads(words[-1]) == {"note": "it's"}


@given(strategies.trees)
def test_a_sample_can_be_made_for_any_event(tree: EventTree) -> None:
    if isinstance(tree.on, Received):
        assert isinstance(sample_body(tree.on, now=NOON), dict)


def found(on: Received) -> list[tuple[str, str]]:
    problems = check_tree(EventTree("Checked", on=on))
    return [(problem.code.removeprefix("meanwhile."), problem.path) for problem in problems]


def test_an_event_that_is_right_has_no_problems() -> None:
    assert found(Received("shop.Order", match=["number"], fields={"amount": "a.b"}, parameters={"n": int})) == []
    assert found(Received("shop.Booking", match=["id"], fields=["name"], create=False)) == []


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (Received("shop.Nothing"), [("E101", "on.model")]),
        (Received("shop.Order", match=["number"], fields=["nope"]), [("E102", "on.fields.nope")]),
        (Received("shop.Order", match=["number"], fields=["id"]), [("E104", "on.fields.id")]),
        (Received("shop.Order", match=["nope"], create=False), [("E150", "on.match.0")]),
        (Received("shop.Booking", match=["tickets"], create=False), [("E150", "on.match.0")]),
        (Received("shop.Order", match=["id", "number"]), [("E151", "on.create")]),
        (Received("shop.Order", create=False), [("E151", "on.create")]),
        (Received("shop.Order", match=["number"], paths={"n": "a"}), [("E152", "on.paths.n")]),
        (Received("shop.Booking", match=["reference"], fields=["name"]), [("W150", "on.match")]),
        (Received("shop.Order", fields=["note"]), [("W151", "on.fields")]),
    ],
)
def test_what_the_models_say_against_an_event(on: Received, expected: list[tuple[str, str]]) -> None:
    assert found(on) == expected
