"""One change for each deleted record, with its last values."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.models.signals import pre_delete

from meanwhile.trees.capture import Interest
from tests.shop.models import (
    Airport,
    Booking,
    Customer,
    FamousPlace,
    Lounge,
    Node,
    Parcel,
    Place,
    Runway,
    SpecialNode,
    Terminal,
    Ticket,
    Unheard,
    UnheardLine,
)

pytestmark = pytest.mark.django_db


def test_a_deletion_carries_the_last_values_and_the_key(capture):
    booking = Booking.objects.create(name="Ann", status="paid")
    pk = booking.pk
    keys = []
    changes = capture(Booking, on_change=lambda change: keys.append(change.record.pk))
    booking.delete()
    (change,) = changes
    assert (change.record, change.model, change.created, change.deleted) == (booking, Booking, False, True)
    assert (change.old["id"], change.old["status"]) == (pk, "paid")
    assert change.new == {}
    assert change.changed == frozenset()
    assert change.using == "default"
    assert keys == [pk]


def test_the_row_is_gone_and_the_transaction_open_when_a_deletion_is_reported(capture):
    booking = Booking.objects.create(name="Ann")
    seen = []
    capture(Booking, on_change=lambda change: seen.append((Booking.objects.exists(), connection.in_atomic_block)))
    booking.delete()
    assert seen == [(False, True)]


def test_the_last_values_are_the_database_s(capture):
    booking = Booking.objects.create(name="Ann")
    Booking.objects.update(status="paid")
    booking.name = "never saved"
    changes = capture(Booking)
    booking.delete()
    assert (changes[0].old["name"], changes[0].old["status"]) == ("Ann", "paid")


def test_deferred_fields_are_there_and_stay_deferred(capture):
    Booking.objects.create(name="Ann", notes="long")
    booking = Booking.objects.defer("notes").get()
    changes = capture(Booking)
    booking.delete()
    assert changes[0].old["notes"] == "long"
    assert "notes" in booking.get_deferred_fields()


def test_a_queryset_s_deletion_is_a_change_for_each_record(capture):
    for name in ("a", "b", "c"):
        Booking.objects.create(name=name)
    changes = capture(Booking)
    Booking.objects.exclude(name="b").delete()
    assert {change.old["name"] for change in changes} == {"a", "c"}


def test_what_goes_by_a_cascade_is_deleted_too(capture):
    booking = Booking.objects.create(name="Ann")
    Ticket.objects.create(booking=booking, passenger="Ann")
    Ticket.objects.create(booking=booking, passenger="Bob")
    changes = capture(Ticket)
    booking.delete()
    assert {change.old["passenger"] for change in changes} == {"Ann", "Bob"}
    assert all(change.old["booking"] for change in changes)


def test_a_relation_set_to_null_by_a_deletion_is_no_change(capture):
    customer = Customer.objects.create(name="Ann")
    Booking.objects.create(name="Ann", customer=customer)
    changes = capture(Booking)
    customer.delete()
    assert changes == []


@pytest.mark.parametrize("listening", [[Place], [Airport], [Terminal], [Place, Airport, Terminal]])
@pytest.mark.parametrize("through", [Place, Airport, Terminal])
def test_a_multi_table_child_is_one_record_wherever_the_deletion_begins(capture, through, listening):
    terminal = Terminal.objects.create(name="a", code="AAA", gates=3)
    Runway.objects.create(airport=terminal)
    changes = capture(*listening)
    through.objects.get(pk=terminal.pk).delete()
    (change,) = changes
    assert change.model is Terminal
    assert [change.old[name] for name in ("name", "code", "gates")] == ["a", "AAA", 3]
    assert change.old["id"] == change.old["place_ptr"] == terminal.id


def test_a_parent_without_a_child_row_is_a_record_of_its_own(capture):
    Airport.objects.create(name="child")
    Place.objects.create(name="alone")
    changes = capture(Place)
    Place.objects.all().delete()
    assert {(change.model, change.old["name"]) for change in changes} == {(Airport, "child"), (Place, "alone")}
    assert len(changes) == 2


def test_a_child_s_deletion_is_reported_when_all_its_rows_are_gone(capture):
    Airport.objects.create(name="a")
    seen = []
    capture(Place, on_change=lambda change: seen.append((Airport.objects.exists(), Place.objects.exists())))
    Airport.objects.get().delete()
    assert seen == [(False, False)]


def test_deleting_a_child_alone_is_not_a_deletion_of_its_parent(capture):
    airport = Airport.objects.create(name="a")
    parents = capture(Place)
    children = capture(Airport)
    airport.delete(keep_parents=True)
    assert parents == []
    assert len(children) == 1
    assert Place.objects.exists()


def test_proxies(capture):
    FamousPlace.objects.create(name="a")
    Place.objects.create(name="b")
    proxies = capture(FamousPlace)
    places = capture(Place)
    FamousPlace.objects.get(name="a").delete()
    Place.objects.get(name="b").delete()
    assert [change.old["name"] for change in proxies] == ["a"]
    assert [change.old["name"] for change in places] == ["a", "b"]


def test_a_record_collected_as_proxy_and_as_itself_is_deleted_once(capture):
    node = SpecialNode.objects.create()
    node.parent = node
    node.save()
    child = Node.objects.create(parent=node)
    pks = {node.pk, child.pk}
    changes = capture(Node, SpecialNode)
    SpecialNode.objects.get(pk=node.pk).delete()
    assert len(changes) == 2
    assert {change.old["id"] for change in changes} == pks


def test_a_record_that_is_gone_already_is_not_deleted_again(capture):
    booking = Booking.objects.create(name="Ann")
    twin = Booking.objects.get()
    changes = capture(Booking)
    booking.delete()
    twin.delete()
    assert len(changes) == 1


def test_a_deletion_inside_the_report_of_another(capture):
    Parcel.objects.create(tag="a")
    Parcel.objects.create(tag="b")
    booking = Booking.objects.create(name="Ann")
    changes = capture(Booking, Parcel, on_change=lambda change: Parcel.objects.all().delete())
    booking.delete()
    assert sorted(change.model.__name__ for change in changes) == ["Booking", "Parcel", "Parcel"]


def test_after_a_deletion_that_failed_halfway_the_next_one_is_right(capture):
    terminal = Terminal.objects.create(name="a")

    class Boom(Exception):
        pass

    def handler(**_):
        raise Boom

    changes = capture(Place)
    pre_delete.connect(handler, sender=Place)
    try:
        with transaction.atomic(), pytest.raises(Boom), transaction.atomic():
            terminal.delete()
    finally:
        pre_delete.disconnect(handler, sender=Place)
    assert changes == []
    terminal.delete()
    assert [change.model for change in changes] == [Terminal]


def test_a_model_s_own_delete_is_used(capture):
    lounge = Lounge.objects.create(name="Sky")
    changes = capture(Lounge)
    lounge.delete()
    assert lounge.name == "deleted"
    assert changes[0].old["name"] == "Sky"


def test_deletions_nobody_listens_to_are_no_changes(capture):
    changes = capture(interests={Booking: Interest(insert=True, update=True)})
    booking = Booking.objects.create(name="Ann")
    booking.delete()
    assert [change.created for change in changes] == [True]


def test_deletions_of_other_models_stay_fast(capture, django_assert_num_queries):
    capture(Booking, Place)
    owner = Unheard.objects.create(name="a")
    UnheardLine.objects.create(owner=owner)
    line = UnheardLine.objects.create(owner=owner)
    with django_assert_num_queries(1):
        line.delete()
    with django_assert_num_queries(1):
        UnheardLine.objects.all().delete()
