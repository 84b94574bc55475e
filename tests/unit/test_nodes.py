from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from meanwhile.actions.call import Call
from meanwhile.actions.call_tree import CallTree, Query
from meanwhile.actions.create_record import CreateRecord
from meanwhile.actions.delete_record import DeleteRecord
from meanwhile.actions.recipients import Addresses, Groups, Users
from meanwhile.actions.send_email import SendEmail
from meanwhile.actions.update_field import UpdateField, UpdateFields
from meanwhile.actions.values import Field, Literal, Template
from meanwhile.exceptions import TreeDocumentError
from meanwhile.queue.backoff import RetryPolicy
from meanwhile.trees.conditions import Is
from meanwhile.trees.document import EventTree
from meanwhile.trees.events import Called, Created
from meanwhile.trees.moments import DateField, DateTime, RightNow, before, now
from meanwhile.trees.nodes import Background, Delay, If
from tests.shop.models import Booking, Ticket


def test_fields_to_set_are_keywords_or_a_dict() -> None:
    node = UpdateField(status="received", price=Field("seat.price"), set={"label": "x", "of": Template("y")}, of="seat")
    assert node.set == {
        "label": Literal("x"),
        "of": Template("y"),
        "status": Literal("received"),
        "price": Field("seat.price"),
    }
    assert node.of == "seat"
    assert node.label == ""
    assert UpdateFields is UpdateField


def test_a_field_given_twice_is_refused() -> None:
    with pytest.raises(TreeDocumentError, match=r"set\.status: is given twice"):
        UpdateField(status="a", set={"status": "b"})


def test_options_stand_beside_fields() -> None:
    node = UpdateField(
        ready=True, label="Ready", disabled=True, on_error="continue", retry=RetryPolicy(max_attempts=2), timeout=5
    )
    assert (node.label, node.disabled, node.on_error, node.timeout) == ("Ready", True, "continue", 5)
    assert node.retry_policy == RetryPolicy(max_attempts=2)
    assert node.time_limit == 5
    assert list(node.set) == ["ready"]


def test_a_created_record_has_a_model_fields_and_a_name() -> None:
    node = CreateRecord(Ticket, passenger=Field("name"), set={"name": "x"}, name="ticket")
    assert (node.model, node.name) == ("shop.Ticket", "ticket")
    assert node.set == {"name": Literal("x"), "passenger": Field("name")}
    assert node == CreateRecord("shop.Ticket", set={"passenger": Field("name"), "name": "x"}, name="ticket")


def test_recipients_are_text_users_groups_or_a_list() -> None:
    assert SendEmail("a@example.com").to == (Addresses("a@example.com"),)
    node = SendEmail(to=["{{ record.email }}", Users("anna", 7), Groups("staff")], bcc="b@example.com")
    assert node.to == (Addresses("{{ record.email }}"), Users("anna", 7), Groups("staff"))
    assert node.bcc == (Addresses("b@example.com"),)
    with pytest.raises(TreeDocumentError):
        SendEmail(to=5)


def test_only_effects_that_cannot_be_rolled_back_are_outside() -> None:
    assert SendEmail("a@example.com").outside
    assert not UpdateField(a=1).outside
    assert not CallTree("x").outside


def test_a_tree_is_called_by_key_name_or_itself() -> None:
    tree = EventTree("Refund", on=Called(), do=[])
    assert CallTree(tree).tree == "refund"
    assert CallTree("Refund", params={"amount": 5}).params == {"amount": Literal(5)}
    query = Query(Ticket, where={"paid": False, "booking": Field("pk")})
    assert CallTree("x", each=query).each == query
    with pytest.raises(TreeDocumentError, match="not both"):
        CallTree("x", of="seat", each=query)


def test_containers_take_their_nodes_by_position() -> None:
    one, two = UpdateField(a=1), DeleteRecord()
    assert Background(one, two, serial=True, priority=3).do == (one, two)
    assert If(Is("a", 1), one, otherwise=[two]).otherwise == (two,)
    assert Delay(now(), one).moment == RightNow()
    assert Background(one).moment == now()


def test_containers_take_their_nodes_as_one_list_too() -> None:
    one, two = UpdateField(a=1), DeleteRecord()
    assert Background([one, two], serial=True) == Background(one, two, serial=True)
    assert Delay(now(), [one, two]) == Delay(now(), one, two)
    assert If(Is("a", 1), (one, two), otherwise=(two,)) == If(Is("a", 1), one, two, otherwise=[two])
    assert Background([]).do == ()


@pytest.mark.parametrize(
    "make", [lambda: If(Is("a", 1), otherwise=DeleteRecord()), lambda: Background(do=DeleteRecord())]
)
def test_a_node_where_a_list_belongs_is_told(make: Any) -> None:
    with pytest.raises(TreeDocumentError, match=r"takes a list of nodes"):
        make()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: UpdateField(kind="vip"), "kind"),
        (lambda: UpdateField(label=Field("name")), "label"),
        (lambda: CreateRecord(Ticket, kind="vip"), "kind"),
    ],
)
def test_an_option_that_is_meant_for_a_field_is_told_where_it_goes(make: Any, name: str) -> None:
    with pytest.raises(TreeDocumentError, match=rf"\.{name}: .*set={{“{name}”: …}}"):
        make()
    assert UpdateField(set={"kind": "vip"}).set == {"kind": Literal("vip")}


def test_users_are_named_by_uuid_too() -> None:
    assert Users(UUID(int=5), "anna", 7).users == (str(UUID(int=5)), "anna", 7)


def test_a_delay_takes_a_field_or_a_date_for_a_moment() -> None:
    assert Delay("starts").moment == DateField(field="starts")
    assert Delay(datetime(2026, 1, 1, tzinfo=UTC)).moment == DateTime(when=datetime(2026, 1, 1, tzinfo=UTC))
    assert Delay(before("starts", days=2)).moment == before("starts", days=2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Background("x"),
        lambda: Background(Is("a", 1)),
        lambda: Background(UpdateField),
        lambda: Delay(5),
        lambda: If("x"),  # type: ignore[arg-type]
        lambda: UpdateField(a=object()),
        lambda: UpdateField(of="a b"),
        lambda: UpdateField(a=1, timeout=0),
        lambda: UpdateField(a=1, on_error="ignore"),
        lambda: UpdateField(a=1, retry=3),
        lambda: CreateRecord("Ticket"),
        lambda: CreateRecord(Ticket, name="my ticket"),
        lambda: Background(priority=10**6),
        lambda: Background(serial="yes"),
        lambda: Background(colour="red"),
        lambda: CallTree(""),
        lambda: Call(""),
    ],
)
def test_a_node_that_makes_no_sense_is_refused(make: Any) -> None:
    with pytest.raises(TreeDocumentError):
        make()


def test_options_make_a_changed_copy() -> None:
    node = UpdateField(status="received")
    assert node.options(label="Received", on_error="continue") == UpdateField(
        status="received", label="Received", on_error="continue"
    )
    assert node.label == ""
    with pytest.raises(TreeDocumentError, match="colour"):
        node.options(colour="red")
    with pytest.raises(TreeDocumentError, match="on_error"):
        node.options(on_error="ignore")


@pytest.mark.parametrize(
    ("node", "title"),
    [
        (UpdateField(status=1, price=2), "Update status, price"),
        (UpdateField(status=1, label="Received"), "Received"),
        (CreateRecord(Ticket), "Create shop.Ticket"),
        (DeleteRecord(), "Delete the record"),
        (SendEmail("a@example.com", "Your booking"), "Send e-mail “Your booking”"),
        (SendEmail("a@example.com"), "Send Email"),
        (CallTree("refund"), "Call “refund”"),
        (Call("bookings.assign_seat"), "Assign seat"),
        (Background(), "Background"),
    ],
)
def test_a_node_has_a_title_that_people_can_read(node: Any, title: str) -> None:
    assert node.title() == title


def test_json_has_no_conveniences() -> None:
    """What is a keyword for a field in Python is an unknown key in JSON."""
    document = EventTree("T", on=Created(Booking), do=[UpdateField(a=1)]).as_json()
    document["do"][0]["status"] = "received"
    with pytest.raises(TreeDocumentError) as caught:
        EventTree.from_document(document)
    assert caught.value.problems == [("do.0.status", "is no key that is known here")]
