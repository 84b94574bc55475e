"""A draft in rows, words, forms, differences and problems; a half-done one has them too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meanwhile import (
    Background,
    Called,
    CallTree,
    Created,
    CreateRecord,
    Delay,
    EventTree,
    If,
    Is,
    Param,
    Saved,
    SendEmail,
    Updated,
    UpdateField,
    action,
    before,
    now,
)
from meanwhile.studio import describe, forms, places
from meanwhile.studio.diff import diff
from meanwhile.studio.edit import apply
from meanwhile.studio.problems import Found, problems_of
from meanwhile.studio.recheck import checked
from meanwhile.studio.wording import event_in_words
from meanwhile.trees.check import check_tree
from meanwhile.trees.setting_wording import settings_in_words
from tests import strategies
from tests.shop.models import Booking, Customer
from tests.unit.test_documents_property import mutated


@action(name="studio.grade", label="Grade")
def grade(record: Booking, mark: int, why: str = "") -> str:
    """Give a mark.

    More about it."""
    return ""


TREE = EventTree(
    "Booking received",
    on=Created(Booking),
    do=[
        UpdateField(status="received"),
        Background(UpdateField(ready=True), SendEmail(to="a@example.com", subject="Hi"), label="Later on"),
        Delay(
            before("starts", days=2), If(Is("ready", True), UpdateField(notes="x"), otherwise=[UpdateField(notes="y")])
        ),
        UpdateField(reference="R", disabled=True),
    ],
)


def row(document: dict[str, Any], path: str) -> describe.Row:
    return next(one for one in describe.rows(document) if one.path == path)


def test_each_row_says_when_its_node_runs() -> None:
    assert [(one.path, one.when, one.background) for one in describe.rows(TREE.as_json())] == [
        ("0", "before the next page", False),
        ("1", "after the page, as soon as possible", True),
        ("1.0", "after the page, as soon as possible", True),
        ("1.1", "after the page, as soon as possible", True),
        ("2", "2 days before “Starts”", True),
        ("2.0", "2 days before “Starts”", True),
        ("2.0.then.0", "2 days before “Starts”", True),
        ("2.0.otherwise.0", "2 days before “Starts”", True),
        ("3", "never: it is switched off", False),
    ]
    assert describe.when_of(TREE.as_json(), "2") == "2 days before “Starts”"


def test_rows_are_counted_as_a_tree_widget_needs_it() -> None:
    assert [
        (one.level, one.posinset, one.setsize, one.parent, one.expandable) for one in describe.rows(TREE.as_json())
    ] == [
        (1, 1, 4, "", False),
        (1, 2, 4, "", True),
        (2, 1, 2, "1", False),
        (2, 2, 2, "1", False),
        (1, 3, 4, "", True),
        (2, 1, 1, "2", True),
        (3, 1, 2, "2.0", False),
        (3, 2, 2, "2.0", False),
        (1, 4, 4, "", False),
    ]


def test_titles_say_what_a_node_does_also_when_another_one_is_half_done() -> None:
    document = TREE.as_json()
    document["do"].append({"kind": "delay"})
    titles = {one.path: one.title for one in describe.rows(document)}
    assert titles["0"] == "Update Status"
    assert titles["1"] == "Later on"
    assert titles["1.1"] == "Send e-mail “Hi”"
    assert titles["4"] == "Delay"


def test_rows_count_the_problems_at_and_below_them() -> None:
    document = TREE.as_json()
    found = [
        Found("1.1", "to", "x", "warning", "m"),
        Found("1.1", "", "y", "error", "m"),
        Found("", "", "z", "error", "m"),
    ]
    rows = {one.path: one for one in describe.rows(document, found)}
    assert (rows["1.1"].problems, rows["1.1"].worst, rows["1"].problems, rows["1"].below) == (2, "error", 0, 2)


def test_events_in_words() -> None:
    assert event_in_words(Updated(Booking, "price").as_json()) == "when Price of a booking changes"


def test_the_menu_offers_events_actions_functions_conditions_and_executions() -> None:
    menu = {group.key: {item.key: item for item in group.items} for group in describe.menu()}
    assert set(menu) == {"event", "action", "condition", "execution"}
    assert set(menu["execution"]) == {"background", "delay"}
    assert {"update_field", "create_record", "delete_record", "send_email", "call_tree"} <= set(menu["action"])
    assert menu["action"]["call:studio.grade"].title == "Grade"
    assert menu["action"]["call:studio.grade"].help == "Give a mark."


@pytest.mark.parametrize("group", [0, 1, 2, 3])
def test_whatever_the_menu_offers_can_be_put_in_and_worked_on(group: int) -> None:
    for item in describe.menu()[group].items:
        empty = {**TREE.as_json(), "do": []}
        part = dict(item.part)
        operation = {"op": "set_event", "event": part} if group == 0 else {"op": "insert", "at": "0", "node": part}
        document = apply(empty, operation)
        path = "" if group == 0 else "0"
        assert forms.form_of(document, path).fields
        problems_of(document)


def test_a_form_knows_the_fields_of_the_record_and_their_values() -> None:
    form = forms.form_of(TREE.as_json(), "0")
    values = next(one for one in form.fields if one.key == "set")
    assert [(one.key, one.label, one.data_type) for one in values.rows] == [("set.status", "Status", "text")]
    offered = {one.name: one for one in values.options}
    assert offered["seat"].relation == "shop.Seat"
    assert (offered["starts"].type, offered["ready"].type) == ("datetime", "yes_no")
    assert "id" not in offered
    assert "tickets" not in offered


def test_a_form_follows_the_record_that_a_node_is_for() -> None:
    tree = EventTree(
        "T", on=Saved(Booking), do=[CreateRecord(Customer, set={"name": "x"}, name="c"), UpdateField(of="c")]
    )
    form = forms.form_of(tree.as_json(), "1")
    values = next(one for one in form.fields if one.key == "set")
    assert values.model == "shop.Customer"
    assert {one.name for one in values.options} == {"name", "email"}
    target = next(one for one in form.fields if one.key == "of")
    assert ("c", "The new record “c”") in target.choices


def test_a_form_of_a_function_has_its_typed_parameters() -> None:
    form = forms.form_of(EventTree("T", on=Saved(Booking), do=[grade(mark=3)]).as_json(), "0")
    params = next(one for one in form.fields if one.key == "params")
    assert [(one.key, one.data_type, one.required) for one in params.rows] == [
        ("params.mark", "number", True), ("params.why", "text", False),
    ]  # fmt: skip
    assert params.rows[0].value == {"value": "literal", "literal": 3}


def test_parameters_are_a_kind_of_value_only_where_the_event_has_some() -> None:
    assert "param" not in dict(forms.value_kinds(TREE.as_json()))
    called = EventTree("T", on=Called(Booking, parameters={"x": int}))
    assert "param" in dict(forms.value_kinds(called.as_json()))


def fixed(document: dict[str, Any], problem: str) -> list[str]:
    """Use the fix of a problem, and return the ids of the problems that are left."""
    found = next(one for one in problems_of(document) if one.id == problem)
    assert found.fix is not None
    assert found.fix_label
    return [one.id for one in problems_of(apply(document, found.fix))]


@pytest.mark.parametrize(
    ("node", "problem"),
    [
        (SendEmail(to="a@example.com"), "meanwhile.W101"),
        (Background(), "meanwhile.W102"),
        (UpdateField(status="{{ record.name }}"), "meanwhile.W103"),
        (UpdateField(nothing=1, status="x"), "meanwhile.E102"),
    ],
)
def test_one_click_mends_a_problem(node: Any, problem: str) -> None:
    assert fixed(EventTree("T", on=Saved(Booking), do=[node]).as_json(), problem) == []


def test_one_click_declares_a_parameter() -> None:
    tree = EventTree("T", on=Called(Booking), do=[UpdateField(status=Param("text"))])
    assert fixed(tree.as_json(), "meanwhile.E121") == []


def test_one_click_takes_an_unknown_key_away() -> None:
    document = TREE.as_json()
    document["do"][0]["colour"] = "red"
    found = next(one for one in problems_of(document) if one.path == "0")
    assert found.fix == {"op": "set_value", "path": "0", "key": "colour", "value": None}


def test_a_half_done_node_is_told_and_the_others_are_checked_all_the_same() -> None:
    document = EventTree(
        "T", on=Saved(Booking), do=[UpdateField(nothing=1), Background(UpdateField(status=1))]
    ).as_json()
    document["do"][1]["serial"] = "perhaps"
    document["do"].append({"kind": "if", "then": [{"kind": "update_field", "set": {"gone": {"value": "actor"}}}]})
    found = {(one.path, one.place, one.id) for one in problems_of(document)}
    assert {("0", "set.nothing", "meanwhile.E102"), ("2.then.0", "set.gone", "meanwhile.E102")} <= found
    assert {("1", "serial", "studio.E06"), ("2", "condition", "studio.E06")} <= found


def test_problems_come_in_the_order_of_the_tree() -> None:
    nodes = [Background(UpdateField(nothing=1)), UpdateField(nothing=2), CallTree("nowhere")]
    paths = [one.path for one in problems_of(EventTree("T", on=Saved(Booking), do=nodes).as_json())]
    assert paths == ["0.0", "1", "2"]


@strategies.patiently
@given(strategies.trees, st.data())
def test_a_tree_that_is_checked_again_has_the_same_problems_as_at_first(tree: EventTree, data: st.DataObject) -> None:
    document = tree.as_json()
    checked(tree, document)
    assert sorted(map(str, checked(tree, document))) == sorted(map(str, check_tree(tree)))
    paths = [place.path for place in places.nodes_of(document)]
    if not paths:
        return
    changed = apply(document, {"op": "duplicate", "path": data.draw(st.sampled_from(paths))})
    if data.draw(st.booleans()):
        paths = [place.path for place in places.nodes_of(changed)]
        changed = apply(changed, {"op": "remove", "path": data.draw(st.sampled_from(paths))})
    again = EventTree.from_document(changed)
    assert sorted(map(str, checked(again, changed))) == sorted(map(str, check_tree(again)))


@strategies.patiently
@given(mutated())
def test_a_damaged_document_is_described_whatever_it_is(document: Any) -> None:
    document = json.loads(json.dumps(document))
    found = problems_of(document)
    rows = describe.rows(document, found)
    assert [one.path for one in rows] == [place.path for place in places.nodes_of(document)]
    for path in ["", *(one.path for one in rows)]:
        assert forms.form_of(document, path) is not None
    for place in places.nodes_of(document):
        settings_in_words(place.node)
    assert diff(document, document) == []
    for one in found:
        if one.fix is not None:
            apply(document, one.fix)


def test_a_difference_names_what_came_went_moved_and_changed() -> None:
    old = EventTree(
        "Old",
        on=Saved(Booking),
        do=[UpdateField(status="a"), UpdateField(notes="gone"), Background(SendEmail(to="a@x.org", subject="Hi"))],
        key="t",
    )
    new = EventTree(
        "New",
        on=Created(Booking),
        do=[
            UpdateField(status="b"),
            Background(UpdateField(notes="gone"), SendEmail(to="a@x.org", subject="Ho")),
            Delay(now()),
        ],
        key="t",
    )
    found = diff(old.as_json(), new.as_json())
    assert [(one.kind, one.path, one.old_path) for one in found] == [
        ("tree", "", ""), ("changed", "0", "0"), ("moved", "1.0", "1"), ("changed", "1.1", "2.0"), ("added", "2", ""),
    ]  # fmt: skip
    assert found[0].lines == (
        ("Name", "“Old”", "“New”", "name"),
        ("Event", "when a booking is created or changed", "when a booking is created", "on"),
    )  # fmt: skip
    assert found[1].lines == (("Status", "“a”", "“b”", "set.status: “a” → “b”"),)
    assert found[3].lines == (("Subject", "Hi", "Ho", "subject: Hi → Ho"),)
    assert [one.kind for one in diff(new.as_json(), old.as_json())].count("removed") == 1


@strategies.patiently
@given(strategies.trees, strategies.trees)
def test_a_difference_of_any_two_trees_accounts_for_every_node(old: EventTree, new: EventTree) -> None:
    found = diff(old.as_json(), new.as_json())
    kinds = [one.kind for one in found]
    before, after_ = len(list(old.walk())), len(list(new.walk()))
    assert after_ - before == kinds.count("added") - kinds.count("removed")


def test_an_edit_of_one_node_has_that_node_alone_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [SendEmail(to="a@example.com", subject=f"{number}") for number in range(50)]
    document = EventTree("T", on=Saved(Booking), do=[Background(*nodes)]).as_json()
    problems_of(document)
    looked_at: list[str] = []
    check = SendEmail.check
    monkeypatch.setattr(SendEmail, "check", lambda node, info: looked_at.append(node.subject) or check(node, info))
    problems_of(apply(document, {"op": "set_value", "path": "0.7", "key": "subject", "value": "new"}))
    assert looked_at == ["new"]
    problems_of(apply(document, {"op": "set_event", "event": {"event": "created", "model": "shop.Booking"}}))
    assert len(looked_at) == 51


@pytest.mark.parametrize(
    ("event", "first", "later"),
    [
        ({"event": "saved", "model": "shop.Booking"}, "before the next page", "after the page"),
        ({"event": "called"}, "before the caller goes on", "in the background"),
        ({"event": "received", "model": "shop.Booking"}, "before the answer", "after the answer"),
        ({"event": "scheduled", "every": {"days": 1}}, "with nobody waiting for it", "in the background"),
    ],
)
def test_who_is_waited_for_is_said_by_the_event(event, first, later):
    action = {"kind": "update_field", "set": {}}
    nodes = [action, {"kind": "background", "do": [action]}]
    tree = {"meanwhile": 1, "name": "T", "key": "t", "on": event, "do": nodes}
    foreground, background, inner = describe.rows(tree)
    assert first in foreground.when
    assert later in background.when
    assert later in inner.when
