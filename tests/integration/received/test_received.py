"""What is sent to a tree's address makes or finds a record, and fires the tree in the same transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, User

from meanwhile import (
    Background,
    Created,
    CreateRecord,
    EventTree,
    If,
    Param,
    Received,
    Saved,
    Template,
    UpdateField,
    UserError,
    Was,
    action,
)
from meanwhile.queue.models import Job
from meanwhile.received import record
from meanwhile.received.fitting import same_text
from meanwhile.testing import run_background, use_trees
from meanwhile.trees.models import Run, RunState
from tests.integration.received.sending import ORDERS, Sender, orders, sent
from tests.shop.models import Airport, Booking, Customer, FamousPlace, Lounge, Order, Parcel, Place, Seat

pytestmark = pytest.mark.django_db


@action(name="received.fail")
def fail(record: Order, text: str = "", boom: str = "") -> None:
    if boom:
        raise RuntimeError(boom)
    raise UserError(text)


def test_a_new_record_is_made_and_the_tree_runs():
    with use_trees(orders(UpdateField(amount=7), Background(UpdateField(amount=9)))):
        answer = Sender().send(sent(amount="1.50"))
        order = Order.objects.get()
        assert answer.status_code == 201
        run = Run.objects.get()
        assert answer.json() == {"run": str(run.pk), "record": order.pk, "created": True}
        assert (order.number, order.amount) == ("P1", Decimal(7))
        assert (run.tree, run.event, run.model, run.record_pk) == ("orders", "received", "shop.Order", str(order.pk))
        run_background()
    order.refresh_from_db()
    assert order.amount == 9


def test_a_record_that_is_there_is_found_and_updated():
    order = Order.objects.create(number="P1", amount=2)
    with use_trees(orders(If(Was("amount", 2), then=[UpdateField(amount=20)]))):
        answer = Sender().send(sent(amount="3"))
    order.refresh_from_db()
    assert (answer.status_code, answer.json()["created"], answer.json()["record"]) == (200, False, order.pk)
    assert order.amount == 20  # it knew what the amount was before


def test_what_was_not_sent_stays_and_null_empties():
    on = Received(Booking, match=["reference"], fields={"reference": "id", "notes": "notes", "day": "day"})
    booking = Booking.objects.create(name="Ann", reference="B1", notes="kept", day="2030-01-01")
    with use_trees(EventTree("Bookings", on=on, do=[UpdateField(status="heard")])):
        assert Sender("bookings").send({"id": "B1", "day": None}).status_code == 200
    booking.refresh_from_db()
    assert (booking.notes, booking.day, booking.name, booking.status) == ("kept", None, "Ann", "heard")


def test_without_match_each_request_makes_a_record():
    on = Received(Customer, fields=["name", "email"])
    with use_trees(EventTree("Customers", on=on, do=[])):
        sender = Sender("customers")
        assert [sender.send({"name": "Ann"}).status_code for _ in range(2)] == [201, 201]
    assert Customer.objects.filter(name="Ann").count() == 2


def test_relations_are_given_by_key_and_lists_by_number():
    seat = Seat.objects.create(number="1A")
    on = Received(Booking, fields={"name": "people.0.name", "seat": "seat"})
    with use_trees(EventTree("Bookings", on=on, do=[])):
        sender = Sender("bookings")
        assert sender.send({"people": [{"name": "Ann"}], "seat": seat.pk}).status_code == 201
        refused = sender.send({"people": [{"name": "Bob"}], "seat": seat.pk + 1})
    assert Booking.objects.get().seat == seat
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, ["seat"])


def test_a_record_can_be_found_by_its_key_alone():
    booking = Booking.objects.create(name="Ann")
    on = Received(Booking, match=["id"], fields=["status"], create=False)
    with use_trees(EventTree("Bookings", on=on, do=[])):
        assert Sender("bookings").send({"id": booking.pk, "status": "paid"}).status_code == 200
        assert Sender("bookings").send({"id": booking.pk + 1, "status": "paid"}).status_code == 404
    booking.refresh_from_db()
    assert booking.status == "paid"


def test_with_create_off_what_is_not_there_is_not_found():
    with use_trees(orders(on=Received(Order, match=["number"], create=False))):
        answer = Sender().send({"number": "P1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert not Order.objects.exists()


def test_parameters_reach_the_foreground_and_the_background():
    on = Received(Order, match=["number"], parameters={"amount": Decimal, "by": str}, paths={"amount": "order.amount"})
    tree = orders(
        UpdateField(amount=Param("amount")),
        Background(CreateRecord("shop.Customer", set={"name": Template("{{ params.by }}")})),
        on=on,
    )
    with use_trees(tree):
        answer = Sender().send({"number": "P1", "by": "Zoe", "order": {"amount": 12.5}})
        assert answer.status_code == 201, answer.json()
        run_background()
    assert Order.objects.get().amount == Decimal("12.5")
    assert Customer.objects.get().name == "Zoe"


def test_all_that_is_wrong_is_told_by_its_place_in_the_json():
    on = Received(Order, match=["number"], fields={"number": "order.id"}, parameters={"n": int}, paths={"n": "deep.n"})
    with use_trees(orders(on=on)):
        answer = Sender().send({"order": {}, "deep": {"n": "many"}})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert (error["code"], set(error["fields"])) == ("invalid", {"order.id", "deep.n"})
    assert not Run.objects.exists()


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_is_looked_up_by_an_empty_value(value):
    Order.objects.create(number="")
    with use_trees(orders()):
        assert Sender().send(sent(value)).status_code == 422


def test_values_are_validated_as_a_form_would_do_it():
    with use_trees(orders()):
        sender = Sender()
        for amount in ("heavy", "1.555", 10**9, {"a": 1}, [1], True):
            answer = sender.send(sent(amount=amount))
            if amount is not True:
                assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["order.amount"]), amount
        assert sender.send(sent("x" * 21)).status_code == 422


def test_several_records_that_fit_are_refused():
    Booking.objects.create(name="Ann", reference="B1")
    Booking.objects.create(name="Bob", reference="B1")
    with use_trees(EventTree("Bookings", on=Received(Booking, match=["reference"], fields=["name"]), do=[])):
        answer = Sender("bookings").send({"reference": "B1", "name": "Zoe"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ambiguous")
    assert set(Booking.objects.values_list("name", flat=True)) == {"Ann", "Bob"}


def test_a_failed_foreground_leaves_nothing_but_its_run():
    with use_trees(orders(fail(text="Not on Sundays."))):
        answer = Sender().send(sent())
    assert (answer.status_code, answer.json()["error"]) == (422, {"code": "user_error", "message": "Not on Sundays."})
    assert not Order.objects.exists()
    assert Run.objects.get().state == RunState.FAILED


def test_an_error_that_is_not_for_people_is_not_told():
    with use_trees(orders(fail(boom="s3cret path"))):
        answer = Sender().send(sent())
    assert answer.status_code == 500
    assert "s3cret" not in answer.content.decode()
    assert not Order.objects.exists()
    assert "s3cret" in Run.objects.get().error


def test_trees_on_the_save_fire_too_and_before():
    first = EventTree("First", on=Created(Order), do=[UpdateField(amount=1)])
    with use_trees(first, orders(If(Was("amount", 0), then=[UpdateField(amount=99)]))):
        assert Sender().send(sent()).status_code == 201
    assert Run.objects.filter(tree="first").exists()


def test_a_save_does_not_fire_it():
    with use_trees(orders(), EventTree("Other", on=Saved(Order), do=[])):
        Order.objects.create(number="P9")
    assert [run.tree for run in Run.objects.all()] == ["other"]


def test_runs_are_in_the_name_of_the_keys_person():
    ann = User.objects.create_user("ann")
    with use_trees(orders()):
        Sender(user=ann).send(sent())
        Sender().send(sent())
    assert sorted(Run.objects.values_list("actor_name", flat=True)) == ["", "ann"]


def test_a_constraint_of_the_database_alone_is_a_conflict():
    Order.objects.create(number="P1")
    with use_trees(orders(on=Received(Order, fields={"number": "order.id"}))):
        answer = Sender().send(sent())
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["order.id"])


def test_what_somebody_else_made_in_the_same_moment_is_found(monkeypatch):
    from meanwhile.received import record

    real, calls = record._find, []

    def find(*args, **kwargs):
        calls.append(1)
        if len(calls) == 1:
            return None  # as it was a moment ago
        return real(*args, **kwargs)

    Order.objects.create(number="P1", amount=1)
    monkeypatch.setattr(record, "_find", find)
    with use_trees(orders(UpdateField(amount=8))):
        answer = Sender().send(sent())
    assert (answer.status_code, answer.json()["created"], len(calls)) == (200, False, 2)


def test_secrets_are_not_shown_in_errors():
    on = Received(Order, match=["number"], fields={"password": "login.word"})
    with use_trees(orders(on=on)):
        answer = Sender().send({"number": "1", "login": {"word": "zebra" * 5}})
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == ["login.word"]
    assert "zebra" not in answer.content.decode()


def test_a_tree_on_another_model_of_the_same_family_is_not_fired():
    with use_trees(orders(), orders_of_bookings()):
        Sender().send(sent())
    assert Run.objects.filter(tree="orders").count() == 1
    assert Run.objects.count() == 1


def orders_of_bookings() -> EventTree:
    return EventTree("Others", on=Received(Order, match=["number"]), do=[UpdateField(amount=1)])


def test_its_json_goes_there_and_back():
    tree = orders(on=Received(Order, match=["number"], parameters={"n": int}, paths={"n": "deep.n"}, create=False))
    assert EventTree.from_json(tree.to_json()) == tree
    assert ORDERS.as_json() == {
        "event": "received",
        "model": "shop.Order",
        "match": ["number"],
        "fields": {"number": "order.id", "amount": "order.amount"},
    }


@pytest.mark.parametrize("key", [True, 1.5, 10**30, [1], {"pk": 1}])
def test_no_other_record_is_taken_for_one_that_has_no_such_key(key):
    seat = Seat.objects.create(pk=1, number="1A")
    with use_trees(orders(on=Received(Seat, match=["pk"], fields={"pk": "id", "number": "to"}, create=False))):
        assert Sender().send({"id": key, "to": "9Z"}).status_code in {404, 422}
    with use_trees(orders(on=Received(Booking, fields={"name": "name", "seat": "seat"}))):
        answer = Sender().send({"name": "Ada", "seat": key})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["seat"])
    seat.refresh_from_db()
    assert seat.number == "1A"


def test_no_other_rows_are_related_than_those_that_were_named():
    group = Group.objects.create(pk=1, name="all")
    users = Received(User, match=["username"], fields=["username", "groups"], create=False)
    with use_trees(orders(UpdateField(first_name="Ada"), on=users)):
        user, sender = User.objects.create(username="ada"), Sender()
        for key in (True, 1.5, [True], [1.5], [[1]], [{}]):
            answer = sender.send({"username": "ada", "groups": key})
            assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["groups"])
        assert not user.groups.exists()
        assert sender.send({"username": "ada", "groups": [group.pk]}).status_code == 200
    assert user.groups.get() == group


def test_a_child_of_another_table_is_not_found_by_a_number_that_is_none():
    with use_trees(orders(on=Received(Airport, match=["pk"], fields={"pk": "id", "code": "code"}, create=False))):
        sender = Sender()
        for key in (10**30, 1e300):
            assert sender.send({"id": key, "code": "TXL"}).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", {"a": 1}),
        ("number", ["P1"]),
        ("note", {}),
        ("amount", True),
        ("amount", "NaN"),
    ],
)
def test_json_of_another_type_is_no_value(field, value):
    with use_trees(orders(on=Received(Order, fields={"number": "number", field: field}))):
        answer = Sender().send({"number": "P1", field: value})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])
    assert not Order.objects.exists()


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("match", [["name"], ["starts"]])
def test_a_moment_that_some_zone_has_no_date_for_is_refused(moment, match):
    with use_trees(orders(on=Received(Booking, match=match, fields=["name", "starts"]))):
        answer = Sender().send({"name": "Ada", "starts": moment})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["starts"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ratio", "Infinity"),
        ("ratio", "1e400"),
        ("ratio", "NaN"),
        ("label", 1),
        ("label", True),
        ("label", "../../secret.txt"),
        ("label", "a\\..\\..\\secret.txt"),
        ("label", "/etc/passwd"),
        ("label", "a" * 101),
        ("data", 1),
    ],
)
def test_what_no_column_and_no_file_may_hold_is_refused(field, value):
    Parcel.objects.create(tag="T1")
    parcels = Received(Parcel, match=["tag"], fields=["tag", field])
    with use_trees(orders(UpdateField(pieces=2), on=parcels)):
        sender = Sender()
        answer = sender.send({"tag": "T1", field: value})
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])
        assert (
            sender.send({"tag": "T1", field: {"ratio": 1.5, "label": "a/b.txt", "data": "aGk="}[field]}).status_code
            == 200
        )


@pytest.mark.parametrize("amount", ["1e99999999", "1e-99999999", "0e99999999", "-1e2000"])
def test_a_number_of_endless_digits_is_none(amount):
    lounges = Received(Lounge, fields=["name"], parameters={"n": Decimal})
    with use_trees(orders(UpdateField(visits=Param("n")), on=lounges)):
        answer = Sender().send({"name": "A", "n": amount})
    assert (answer.status_code, answer.json()["error"]["fields"]) == (422, {"n": ["must be a number"]})


def test_what_is_too_large_for_a_job_is_not_to_be_sent_again():
    named = Received(Order, fields=["number"], parameters={"text": str})
    with use_trees(orders(Background(UpdateField(note=Param("text"))), on=named)):
        answer = Sender().send({"number": "P1", "text": "x" * 900_000})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert not Order.objects.exists()


@pytest.mark.postgres
def test_proxies_of_one_table_wait_for_one_another(monkeypatch):
    written = []
    monkeypatch.setattr(record, "lock_number", lambda text: written.append(text) or 1)
    for model in (Place, FamousPlace):
        with use_trees(orders(UpdateField(city="X"), on=Received(model, match=["name"], fields=["name"]))):
            assert Sender().send({"name": "A"}).status_code < 300
    assert written[0] == written[1]


def test_a_secret_parameter_is_in_no_error_and_no_log(caplog):
    """It is in the job, which needs it, and in nothing that is told of the job."""
    sent_secretly = Received(Order, fields=["number"], parameters={"secret": str})
    wrong = UpdateField(amount=Param("secret")), CreateRecord(Order, number="N", amount=Param("secret"))
    for number, do in enumerate([*wrong, Background(wrong[0])]):
        with use_trees(orders(do, on=sent_secretly)):
            Sender().send({"number": f"P{number}", "secret": "not-to-be-seen"})
            run_background()
    kept = [*Run.objects.values(), *Job.objects.values("steps", "error")]
    assert "********" in str(kept)
    assert "not-to-be-seen" not in f"{kept} {caplog.text}"


def test_values_that_are_equal_wait_for_one_another():
    """Without a unique constraint this alone keeps two requests from making one record twice."""
    berlin = timezone(timedelta(hours=1))
    assert same_text(Decimal("1.5")) == same_text(Decimal("1.50"))
    assert same_text(datetime(2026, 3, 1, 13, tzinfo=berlin)) == same_text(datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert same_text("1.5") != same_text("1.50")
