"""The record's write and everything `on_change` does: together or not at all."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models.signals import post_save
from django.db.transaction import TransactionManagementError

from meanwhile.trees.capture_transaction import all_or_nothing
from tests.shop.models import Airport, Booking, Country, Customer, Parcel, Place, Token

pytestmark = pytest.mark.django_db(transaction=True)


class Boom(Exception):
    pass


def boom(change):
    raise Boom


def writes_then_fails(change):
    Customer.objects.create(name="effect")
    raise Boom


def test_in_autocommit_a_failure_leaves_nothing(capture):
    capture(Booking, on_change=writes_then_fails)
    with pytest.raises(Boom):
        Booking(name="Ann").save()
    assert not Booking.objects.exists()
    assert not Customer.objects.exists()
    assert not connection.in_atomic_block


def test_in_autocommit_the_write_and_its_effects_commit_together(capture):
    seen = []

    def effect(change):
        assert connection.in_atomic_block
        Customer.objects.create(name="effect")
        transaction.on_commit(lambda: seen.append(connection.in_atomic_block))

    capture(Booking, on_change=effect)
    Booking.objects.create(name="Ann")
    assert seen == [False]
    assert (Booking.objects.count(), Customer.objects.count()) == (1, 1)


def test_a_failed_update_leaves_the_row_and_the_typed_values(capture):
    booking = Booking.objects.create(name="Ann")
    capture(Booking, on_change=writes_then_fails)
    booking.name = "Bob"
    with pytest.raises(Boom):
        booking.save()
    assert Booking.objects.get().name == "Ann"
    assert booking.name == "Bob"
    assert not Customer.objects.exists()


@pytest.mark.parametrize("deletion", [lambda booking: booking.delete(), lambda booking: Booking.objects.all().delete()])
def test_a_failed_deletion_leaves_the_record(capture, deletion):
    booking = Booking.objects.create(name="Ann")
    pk = booking.pk
    capture(Booking, on_change=writes_then_fails)
    with pytest.raises(Boom):
        deletion(booking)
    assert Booking.objects.filter(pk=pk).exists()
    assert booking.pk == pk
    assert not Customer.objects.exists()


def test_inside_a_transaction_that_survives_only_the_failed_write_is_undone(capture):
    capture(Booking, on_change=writes_then_fails)
    with transaction.atomic():
        Country.objects.create(iso="de")
        with pytest.raises(Boom):
            Booking(name="Ann").save()
        Country.objects.create(iso="at")
    assert Country.objects.count() == 2
    assert not Booking.objects.exists()
    assert not Customer.objects.exists()


def test_a_failed_write_of_the_database_s_own_is_undone_like_any(capture):
    Parcel.objects.create(tag="taken")
    capture(Parcel)
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            Parcel(tag="taken").save()
        Parcel.objects.create(tag="free")
    assert Parcel.objects.count() == 2


@pytest.mark.parametrize("surrounding", [transaction.atomic, None], ids=["in a transaction", "in autocommit"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: Booking(name="Ann"),
        lambda: Airport(name="Tegel", code="TXL"),
        lambda: Token(name="a"),
        lambda: Parcel(tag="p"),
    ],
    ids=["auto key", "child", "key with a default", "automatic times"],
)
def test_a_failed_creation_leaves_the_instance_as_it_was(capture, make, surrounding):
    record = make()
    before = {name: value for name, value in record.__dict__.items() if name != "_state"}
    capture(Booking, Place, Token, Parcel, on_change=boom)
    if surrounding:
        with surrounding(), pytest.raises(Boom):
            record.save()
    else:
        with pytest.raises(Boom):
            record.save()
    assert {name: value for name, value in record.__dict__.items() if name != "_state"} == before
    assert record._state.adding
    assert record._state.db is None
    assert not type(record).objects.exists()


def test_after_a_failed_creation_the_same_instance_can_be_saved(capture):
    failures = [Boom()]

    def on_change(change):
        change.record.status = "received"
        change.record.save()
        if failures:
            raise failures.pop()

    changes = capture(Booking, on_change=lambda change: change.created and on_change(change))
    booking = Booking(name="Ann")
    with pytest.raises(Boom):
        booking.save()
    assert (booking.pk, booking.status) == (None, "draft")
    booking.save()
    assert Booking.objects.get(pk=booking.pk).status == "received"
    # The change of the creation comes first, that of the save inside it second; and both once more.
    assert [change.created for change in changes] == [True, False, True, False]


def test_what_the_trees_set_on_the_instance_is_undone_with_the_rest(capture):
    customer = Customer.objects.create(name="Ann")

    def on_change(change):
        change.record.status = "received"
        change.record.customer = customer
        raise Boom

    booking = Booking.objects.create(name="Ann")
    capture(Booking, on_change=on_change)
    with pytest.raises(Boom):
        booking.save()
    assert (booking.status, booking.customer_id) == ("draft", None)
    assert booking.customer is None


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interruption_is_a_failure(capture, error):
    def interrupted(change):
        raise error

    capture(Booking, on_change=interrupted)
    booking = Booking(name="Ann")
    with pytest.raises(error):
        booking.save()
    assert booking.pk is None
    assert not Booking.objects.exists()


def test_a_failing_signal_handler_undoes_the_save_in_autocommit_too(capture):
    def handler(**_):
        raise Boom

    changes = capture(Booking)
    post_save.connect(handler, sender=Booking)
    try:
        with pytest.raises(Boom):
            Booking(name="Ann").save()
    finally:
        post_save.disconnect(handler, sender=Booking)
    assert changes == []
    assert not Booking.objects.exists()


def test_a_failing_commit_leaves_the_instance_as_it_was(capture, monkeypatch):
    capture(Booking)
    booking = Booking(name="Ann")

    def commit():
        raise DatabaseError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "_commit", commit)
        with pytest.raises(DatabaseError, match="disk full"):
            booking.save()
    assert booking.pk is None
    assert booking._state.adding
    assert not Booking.objects.exists()


def test_a_callback_that_fails_after_the_commit_leaves_the_instance_saved(capture):
    def callback():
        raise Boom

    capture(Booking, on_change=lambda change: transaction.on_commit(callback))
    booking = Booking(name="Ann")
    with pytest.raises(Boom):
        booking.save()
    assert Booking.objects.get().pk == booking.pk
    assert not booking._state.adding


def test_without_autocommit_the_caller_decides_what_is_committed(capture):
    capture(Booking, on_change=lambda change: change.new["name"] == "Bob" and boom(change))
    transaction.set_autocommit(False)
    try:
        Booking.objects.create(name="Ann")
        with pytest.raises(Boom):
            Booking.objects.create(name="Bob")
        transaction.commit()
    finally:
        transaction.set_autocommit(True)
    assert [booking.name for booking in Booking.objects.all()] == ["Ann"]


def test_in_an_all_or_nothing_block_a_failure_ends_the_block(capture):
    capture(Booking, on_change=boom)

    def submission():
        Country.objects.create(iso="de")
        Booking(name="Ann").save()

    with pytest.raises(Boom), all_or_nothing():
        submission()
    assert not Country.objects.exists()


def test_in_an_all_or_nothing_block_a_swallowed_failure_cannot_be_committed(capture):
    capture(Booking, on_change=boom)
    with all_or_nothing():
        booking = Booking(name="Ann")
        with pytest.raises(Boom):
            booking.save()
        with pytest.raises(TransactionManagementError):
            Booking.objects.exists()
    assert not Booking.objects.exists()
    assert booking.pk is None


def test_an_all_or_nothing_block_inside_a_transaction_takes_only_itself_down(capture):
    capture(Booking, on_change=boom)

    def part():
        Country.objects.create(iso="at")
        Booking(name="Ann").save()

    with transaction.atomic():
        Country.objects.create(iso="de")
        with pytest.raises(Boom), all_or_nothing():
            part()
    assert [country.iso for country in Country.objects.all()] == ["de"]
