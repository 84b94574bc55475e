"""What a check finds in a tree of this project, each kind once, and nothing in a tree that is right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import meanwhile
from meanwhile.actions.call import Call
from meanwhile.actions.call_tree import CallTree, Query
from meanwhile.actions.create_record import CreateRecord
from meanwhile.actions.delete_record import DeleteRecord
from meanwhile.actions.function import action
from meanwhile.actions.recipients import Groups
from meanwhile.actions.registry import actions
from meanwhile.actions.send_email import SendEmail
from meanwhile.actions.update_field import UpdateField
from meanwhile.actions.values import Actor, Field, Now, Param, Template
from meanwhile.trees import registry
from meanwhile.trees.check import CODES, check_tree
from meanwhile.trees.conditions import Changed, ChangedTo, Count, Is, IsNew, Was
from meanwhile.trees.document import EventTree
from meanwhile.trees.events import Called, Created, Deleted, Saved, Submitted, Updated
from meanwhile.trees.moments import after, before, field, later, start_of_next
from meanwhile.trees.nodes import Background, Delay, If

LOG = "admin.LogEntry"
USER = "auth.User"


@pytest.fixture(autouse=True)
def _called_tree_and_function() -> Iterator[None]:
    @action(name="check.assign")
    def assign(record: Any, cabin: str, row: int = 1) -> str:
        return cabin

    @action(name="check.outside", outside=True, atomic=False)
    def outside() -> None: ...

    refund = EventTree("Check refund", on=Called("shop.Booking", parameters={"amount": Decimal}), do=[])
    saved = EventTree("Check saved", on=Saved("shop.Booking"), do=[])
    registry.current().add(refund)
    registry.current().add(saved)
    yield
    registry.current().remove(refund.key)
    registry.current().remove(saved.key)
    actions.remove("check.assign")
    actions.remove("check.outside")


def only_if(condition: Any) -> If:
    return If(condition, UpdateField(ready=True))


def noted(template: str) -> UpdateField:
    return UpdateField(notes=Template(template))


def found(*nodes: Any, on: Any = None) -> list[tuple[str, str]]:
    tree = EventTree("Checked", on=on or Saved("shop.Booking"), do=list(nodes))
    return [(problem.code.removeprefix("meanwhile."), problem.path) for problem in check_tree(tree)]


def test_a_tree_that_is_right_has_no_problems() -> None:
    assert (
        found(
            UpdateField(status="received", seat=5, price="9.90", day=date(2026, 1, 1), starts=Now(days=1)),
            UpdateField(notes=Template("{{ record.seat.price|default:'record.nothing' }} {{ record.starts.year }}")),
            If(
                (Is("price", ">", 100) | Was("status", "draft"))
                & Changed("status", "seat")
                & ChangedTo("seat", 5)
                & ~IsNew()
                & Count("tickets", ">", 1, where={"paid": True, "passenger__startswith": Field("name")})
                & Count("shop.Seat", ">", 1, where={"number": "1A"})
                & Is("seat.number", "in", ["1A", "1B"])
                & Is("day", "between", ["2026-01-01", "2026-02-01"])
                & Is("notes", "icontains", "x"),
                CreateRecord("shop.Ticket", booking=Field("pk"), passenger=Field("name"), name="ticket"),
                UpdateField(paid=True, of="ticket"),
                otherwise=[DeleteRecord("seat")],
            ),
            Background(
                SendEmail(
                    ["{{ record.email }}", Groups("staff")],
                    "{{ ticket.passenger }}",
                    "{% if record.ready %}x{% endif %}",
                ),
                Delay(after("day", months=1), UpdateField(ready=True)),
                Delay(later(days=1), DeleteRecord("ticket")),
                serial=True,
            ),
            Delay(before("starts", days=2), CallTree("check-refund", params={"amount": Field("price")})),
            Delay(start_of_next("month"), Call("check.assign", params={"cabin": "x"}, result="reference")),
            CallTree("Check refund", each=Query("shop.Booking", where={"ready": False}), params={"amount": 5}),
            UpdateField(
                set={"notes": Template("{% for a, b in params.items %}{{ a.x }}{{ forloop.counter }}{% endfor %}")}
            ),
        )
        == []
    )


@pytest.mark.parametrize(
    ("nodes", "problems"),
    [
        # E101 and E102: models and fields that are not there.
        ([CreateRecord("shop.Nothing")], [("E101", "0.model")]),
        ([only_if(Count("shop.Nothing", ">", 1))], [("E101", "0.condition.model")]),
        (
            [CallTree("check-refund", each=Query("shop.Nothing"), params={"amount": 1})],
            [("E101", "0.each.model"), ("E124", "0.of")],
        ),
        ([UpdateField(colour="red")], [("E102", "0.set.colour")]),
        ([CreateRecord("shop.Ticket", colour="red")], [("E102", "0.set.colour")]),
        ([UpdateField(price=Field("seat.colour"))], [("E102", "0.set.price")]),
        ([UpdateField(price=Field("name.length"))], [("E102", "0.set.price")]),
        ([UpdateField(price=1, of="owner")], [("E102", "0.of")]),
        ([only_if(Is("colour", "red"))], [("E102", "0.condition")]),
        ([only_if(IsNew() & ~Is("colour", "red"))], [("E102", "0.condition.of.1.of")]),
        ([only_if(Was("seat.price", 5))], [("E102", "0.condition")]),
        ([only_if(Changed("status", "colour"))], [("E102", "0.condition")]),
        ([only_if(Count("seat", ">", 1))], [("E102", "0.condition.of")]),
        ([only_if(Count("tickets", ">", 1, where={"colour": 1}))], [("E102", "0.condition.where.colour")]),
        ([Delay("colour", UpdateField(ready=True))], [("E102", "0.moment")]),
        ([Call("check.assign", params={"cabin": "x"}, result="colour")], [("E102", "0.result")]),
        # E103: values that don't fit.
        ([UpdateField(price="much")], [("E103", "0.set.price")]),
        ([UpdateField(price="123456789.00")], [("E103", "0.set.price")]),
        ([UpdateField(name="x" * 101)], [("E103", "0.set.name")]),
        ([UpdateField(email="nobody")], [("E103", "0.set.email")]),
        ([UpdateField(status=None)], [("E103", "0.set.status")]),
        ([UpdateField(ready="perhaps")], [("E103", "0.set.ready")]),
        ([UpdateField(seat="first")], [("E103", "0.set.seat")]),
        ([UpdateField(day="tomorrow")], [("E103", "0.set.day")]),
        ([UpdateField(price=Now())], [("E103", "0.set.price")]),
        ([UpdateField(seat=Actor())], [("E103", "0.set.seat")]),
        ([CreateRecord(LOG, action_flag=9)], [("E103", "0.set.action_flag")]),
        ([CreateRecord(USER, groups=["x"])], [("E103", "0.set.groups")]),
        ([only_if(Is("price", "much"))], [("E103", "0.condition.to")]),
        ([only_if(Is("price", "in", 5))], [("E103", "0.condition.to")]),
        ([only_if(Is("price", "between", [1]))], [("E103", "0.condition.to")]),
        ([only_if(Is("seat", "first"))], [("E103", "0.condition.to")]),
        ([only_if(ChangedTo("day", "tomorrow"))], [("E103", "0.condition.to")]),
        ([only_if(Count("tickets", ">", 1, where={"pk": "x"}))], [("E103", "0.condition.where.pk")]),
        # E104: fields that can't be set.
        ([UpdateField(id=5)], [("E104", "0.set.id")]),
        ([UpdateField(tickets=[])], [("E104", "0.set.tickets")]),
        # E105: operators that don't fit.
        ([only_if(Is("price", "startswith", "1"))], [("E105", "0.condition")]),
        ([only_if(Is("ready", "<", 1))], [("E105", "0.condition")]),
        ([only_if(Is("seat", ">", 1))], [("E105", "0.condition")]),
        ([only_if(Is("price", "contains", "1"))], [("E105", "0.condition")]),
        # E106 and E107: templates.
        ([noted("{{ record.name")], []),
        ([noted("{% if %}")], [("E106", "0.set.notes")]),
        ([noted("{% if 1 %}" * 2000 + "{% endif %}" * 2000)], [("E106", "0.set.notes")]),
        ([noted("{% include 'x' %}{% nothing %}")], [("E106", "0.set.notes")]),
        ([noted("{{ record.colour }}")], [("E107", "0.set.notes")]),
        ([noted("{{ booking.name }}")], [("E107", "0.set.notes")]),
        ([noted("{% if record.colour == 'x' %}{% endif %}")], [("E107", "0.set.notes")]),
        ([noted("{{ record.seat.colour|upper }}")], [("E107", "0.set.notes")]),
        ([noted("{{ record.tickets }}")], [("E107", "0.set.notes")]),
        ([noted("{{ event.old.colour }}")], [("E107", "0.set.notes")]),
        ([noted("{{ params.amount }}")], [("E107", "0.set.notes")]),
        (
            [Background(SendEmail("{{ record.mail }}", "{{ x }}", html="{{ y }}"))],
            [("E107", "0.0.subject"), ("E107", "0.0.html"), ("E107", "0.0.to.0")],
        ),
        # E108, E109, E124: calls of trees.
        ([CallTree("nobody")], [("E108", "0.tree")]),
        ([CallTree("check-saved")], [("E108", "0.tree")]),
        ([CallTree("check-refund")], [("E109", "0.params.amount")]),
        ([CallTree("check-refund", params={"amount": "much"})], [("E109", "0.params.amount")]),
        ([CallTree("check-refund", params={"amount": 5, "colour": Field("name")})], [("E109", "0.params.colour")]),
        ([CallTree("check-refund", params={"amount": Field("colour")})], [("E102", "0.params.amount")]),
        ([CallTree("check-refund", of="seat", params={"amount": 5})], [("E124", "0.of")]),
        # E110, E111: calls of functions.
        ([Call("check.nobody")], [("E110", "0.function")]),
        ([Call("check.assign")], [("E111", "0.params.cabin")]),
        (
            [Call("check.assign", params={"cabin": 5, "row": "x"})],
            [("E111", "0.params.cabin"), ("E111", "0.params.row")],
        ),
        (
            [Call("check.assign", params={"cabin": Field("colour"), "colour": 1})],
            [("E111", "0.params.colour"), ("E102", "0.params.cabin")],
        ),
        ([Background(Call("check.outside", result="notes"))], [("E111", "0.0.result")]),
        # E113, E119: names of records.
        (
            [UpdateField(paid=True, of="ticket"), CreateRecord("shop.Ticket", passenger="x", name="ticket")],
            [("E113", "0.of")],
        ),
        ([CreateRecord("shop.Ticket", name="seat")], [("E119", "0.name")]),
        ([CreateRecord("shop.Ticket", name="record")], [("E119", "0.name")]),
        ([CreateRecord("shop.Ticket", name="t"), CreateRecord("shop.Ticket", name="t")], [("E119", "1.name")]),
        # E115: Delays until what is no date.
        ([Delay("price", UpdateField(ready=True))], [("E115", "0.moment")]),
        ([Delay(before(after("name", days=1), days=1), UpdateField(ready=True))], [("E115", "0.moment.base.base")]),
        # E121, E122, E123
        ([UpdateField(price=Param("amount"))], [("E121", "0.set.price")]),
        ([UpdateField(paid=True, of="tickets")], [("E122", "0.of")]),
        ([UpdateField(price=Field("tickets"))], [("E122", "0.set.price")]),
        ([DeleteRecord("price")], [("E122", "0.of")]),
        ([Background(SendEmail(subject="x"))], [("E123", "0.0.to")]),
        # W101, W102
        ([SendEmail("a@example.com")], [("W101", "0")]),
        ([SendEmail("a@example.com", on_error="continue")], [("W101", "0")]),
        ([If(IsNew(), Call("check.outside"))], [("W101", "0.then.0")]),
        ([Background()], [("W102", "0.do")]),
        ([Delay(later(days=1))], [("W102", "0.do")]),
        ([If(IsNew())], [("W102", "0.then")]),
        ([UpdateField()], [("W102", "0.set")]),
        ([UpdateField(notes="{{ record.name }}")], [("W103", "0.set.notes")]),
        # E127: regular expressions in queries.
        (
            [only_if(Count("tickets", ">", 1, where={"passenger__regex": "("}))],
            [("E127", "0.condition.where.passenger__regex")],
        ),
        (
            [CallTree("check-refund", each=Query("shop.Booking", where={"name__iregex": "x"}), params={"amount": 1})],
            [("E127", "0.each.where.name__iregex")],
        ),
    ],
)  # fmt: skip
def test_each_kind_of_problem_is_found_at_its_place(nodes: list[Any], problems: list[tuple[str, str]]) -> None:
    assert found(*nodes) == problems


@pytest.mark.parametrize(
    ("event", "nodes", "problems"),
    [
        (Saved("shop.Nothing"), [UpdateField(anything=1)], [("E101", "on.model")]),
        (Updated("shop.Booking", "price", "colour", "tickets"), [], [("E116", "on.fields.1"), ("E116", "on.fields.2")]),
        (Deleted("shop.Booking"), [If(Was("status", "x"), UpdateField(price=1, of="seat"))], [("E117", "0.condition")]),
        # E126: the record that is deleted.
        (Deleted("shop.Booking"), [Background(UpdateField(ready=True))], [("E126", "0.0.of")]),
        (Deleted("shop.Booking"), [DeleteRecord(), DeleteRecord("seat")], [("E126", "0.of")]),
        (
            Deleted("shop.Booking"),
            [Call("check.assign", params={"cabin": "x"}, result="notes"), Call("check.assign", params={"cabin": "x"})],
            [("E126", "0.result")],
        ),
        # W104 and E107: secrets.
        (Saved("shop.Parcel"), [UpdateField(tag=Field("password"))], [("W104", "0.set.tag")]),
        (Saved("shop.Parcel"), [If(Is("password", "x"), UpdateField(tag="x"))], [("W104", "0.condition")]),
        (Saved("shop.Parcel"), [If(Is("password", "not_empty"), UpdateField(tag="x"))], []),
        (Saved("shop.Parcel"), [If(Was("password", "x"), UpdateField(tag="x"))], [("W104", "0.condition")]),
        (Saved("shop.Parcel"), [If(ChangedTo("password", "x"), UpdateField(tag="x"))], [("W104", "0.condition")]),
        (Saved("shop.Parcel"), [If(Changed("password"), UpdateField(tag="x"))], []),
        (Saved("shop.Parcel"), [UpdateField(tag=Template("{{ event.new.password }}"))], [("E107", "0.set.tag")]),
        (Created("shop.Booking"), [only_if(Changed("status"))], [("E117", "0.condition")]),
        (Called("shop.Booking"), [only_if(ChangedTo("status", "x"))], [("E117", "0.condition")]),
        (Submitted("shop.Booking"), [only_if(ChangedTo("status", "x"))], []),
        (Called(), [UpdateField(ready=True)], [("E122", "0.of")]),
        (Called(), [CreateRecord("shop.Ticket", passenger=Field("name"))], [("E102", "0.set.passenger")]),
        (Called(), [Background(CreateRecord("shop.Seat"), serial=True)], [("E114", "0.serial")]),
        (Called(), [Delay("starts", CreateRecord("shop.Seat"))], [("E102", "0.moment")]),
        (Called(), [CallTree("check-refund", params={"amount": 1})], [("E124", "0.of")]),
        (Called(), [CreateRecord("shop.Seat", number=Template("{{ record.name }}"))], [("E107", "0.set.number")]),
        (Called(USER), [UpdateField(first_name=Template("{{ record.password }}"))], [("E107", "0.set.first_name")]),
        (
            Called(parameters={"amount": int}),
            [CreateRecord("shop.Seat", price=Param("amount"), number=Template("{{ params.amount }}"))],
            [],
        ),
    ],
)
def test_the_event_decides_what_is_there(event: Any, nodes: list[Any], problems: list[tuple[str, str]]) -> None:
    assert found(*nodes, on=event) == problems


def test_jobs_of_the_foreground_know_the_records_made_below_them() -> None:
    made = CreateRecord("shop.Ticket", passenger="x", name="ticket")
    assert found(Background(UpdateField(paid=True, of="ticket")), made) == []
    assert found(Background(made), UpdateField(paid=True, of="ticket")) == [("E113", "1.of")]
    inside = Background(Background(UpdateField(paid=True, of="ticket")), made)
    assert found(inside) == [("E113", "0.0.0.of")]


def test_groups_need_a_user_model_with_groups(settings: Any) -> None:
    mail = Background(SendEmail(Groups("staff"), bcc=["a@example.com", Groups("desk")]))
    assert found(mail) == []
    settings.AUTH_USER_MODEL = "shop.Customer"
    assert found(mail) == [("E125", "0.0.to.0"), ("E125", "0.0.bcc.1")]


def test_disabled_nodes_are_not_checked_and_make_no_records() -> None:
    assert found(UpdateField(colour=1, disabled=True), Background(UpdateField(colour=1), disabled=True)) == []
    made = CreateRecord("shop.Ticket", passenger="x", name="ticket", disabled=True)
    assert found(made, DeleteRecord("ticket")) == [("E113", "1.of")]


def test_a_tree_may_call_itself_before_it_is_registered() -> None:
    assert found(CallTree("checked", params={}), on=Called("shop.Booking")) == []


def test_the_size_of_a_tree_is_limited_by_the_settings(settings: Any) -> None:
    settings.MEANWHILE = {"MAX_NODES": 2}
    assert found(UpdateField(ready=True), UpdateField(ready=True), UpdateField(ready=True)) == [("E120", "do")]


def test_a_check_asks_no_database() -> None:
    """This module has no database mark: any query in it fails its tests."""
    assert found(UpdateField(seat=12345), If(Is("seat", 12345) & Count("tickets", ">", 0), DeleteRecord())) == []


def test_a_problem_says_what_and_what_to_do() -> None:
    (problem,) = check_tree(EventTree("T", on=Saved("shop.Booking"), do=[UpdateField(colour="red")]))
    assert problem.level == "error"
    assert "shop.Booking" in problem.message
    assert "colour" in problem.message
    assert "status" in problem.hint
    (warning,) = check_tree(EventTree("T", on=Saved("shop.Booking"), do=[SendEmail("a@example.com")]))
    assert warning.level == "warning"
    assert "Background" in warning.hint


def test_every_code_in_use_is_in_the_table_and_every_code_there_is_in_use() -> None:
    folder = Path(meanwhile.__file__).parent
    sources = [*folder.glob("actions/*.py"), *folder.glob("trees/*.py")]
    text = "\n".join(
        path.read_text().partition("CODES: dict")[0] + path.read_text().partition('"""Every id')[2] for path in sources
    )
    assert set(re.findall(r"meanwhile\.[EW]1\d\d", text)) == set(CODES)


def test_moments_given_as_dates_need_no_field() -> None:
    assert (
        found(
            Delay(datetime(2030, 1, 1, tzinfo=UTC), UpdateField(ready=True)),
            Delay(field("day"), UpdateField(ready=True)),
        )
        == []
    )
