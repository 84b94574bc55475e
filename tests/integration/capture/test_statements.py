"""How many statements capturing adds."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from meanwhile.trees.capture import Interest
from meanwhile.trees.capture_row import fresh
from meanwhile.trees.capture_transaction import all_or_nothing
from tests.shop.models import Airport, Booking, Country, Invoice, Parcel, Token, Unheard

pytestmark = pytest.mark.django_db(transaction=True)


def statements(action) -> list[str]:
    """Return the first word of each statement."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        action()
    return [query["sql"].split()[0].upper() for query in queries]


def test_autocommit_needs_a_transaction_and_a_look_at_the_old_row(capture):
    capture(Booking)
    booking = Booking(name="Ann")
    assert statements(booking.save) == ["BEGIN", "INSERT", "COMMIT"]
    assert statements(booking.save) == ["BEGIN", "SELECT", "UPDATE", "COMMIT"]


def test_inside_a_transaction_a_savepoint_is_added(capture):
    capture(Booking)
    booking = Booking(name="Ann")
    with transaction.atomic():
        assert statements(booking.save) == ["SAVEPOINT", "INSERT", "RELEASE"]
        assert statements(booking.save) == ["SAVEPOINT", "SELECT", "UPDATE", "RELEASE"]


def test_in_an_all_or_nothing_block_there_is_no_savepoint(capture):
    capture(Booking)
    booking = Booking(name="Ann")
    with all_or_nothing():
        assert statements(booking.save) == ["INSERT"]
        assert statements(booking.save) == ["SELECT", "UPDATE"]
        with transaction.atomic():
            assert statements(booking.save) == ["SAVEPOINT", "SELECT", "UPDATE", "RELEASE"]


def test_who_listens_to_creations_alone_doesn_t_read_old_rows(capture):
    capture(interests={Booking: Interest(insert=True)})
    booking = Booking(name="Ann")
    assert statements(booking.save) == ["BEGIN", "INSERT", "COMMIT"]
    assert statements(booking.save) == ["BEGIN", "UPDATE", "COMMIT"]
    assert statements(lambda: booking.save(update_fields=["name"])) == ["UPDATE"]
    assert statements(lambda: booking.save(force_update=True)) == ["UPDATE"]


def test_who_listens_to_updates_alone_adds_nothing_to_a_creation(capture):
    capture(interests={model: Interest(update=True) for model in (Booking, Token)})
    assert statements(Booking(name="Ann").save) == ["INSERT"]
    assert statements(Token(name="Ann").save) == ["INSERT"]


def test_who_listens_to_deletions_alone_adds_nothing_to_a_save(capture):
    capture(interests={Booking: Interest(delete=True)})
    assert statements(Booking(name="Ann").save) == ["INSERT"]


def test_a_raw_save_is_django_s_own(capture):
    capture(Booking)
    assert statements(lambda: Booking(name="Ann").save_base(raw=True)) == ["INSERT"]


def test_a_key_set_by_hand_is_looked_up(capture):
    capture(Country)
    assert statements(Country(iso="de").save) == ["BEGIN", "SELECT", "UPDATE", "INSERT", "COMMIT"]


def test_a_child_adds_one_look_at_its_joined_row(capture):
    capture(Airport)
    airport = Airport(name="a")
    assert statements(airport.save) == ["BEGIN", "INSERT", "INSERT", "COMMIT"]
    assert statements(airport.save) == ["BEGIN", "SELECT", "UPDATE", "UPDATE", "COMMIT"]


def test_expressions_and_generated_fields_are_read_back_at_most_once(capture):
    invoice = Invoice.objects.create(net=1)
    parcel = Parcel.objects.create(tag="p")
    airport = Airport.objects.create(name="a")
    capture(Invoice, Parcel, Airport)
    invoice.net = F("net") + 1
    parcel.pieces = F("pieces") + 1
    airport.name = Concat("name", Value("!"))
    airport.code = Concat("code", Value("!"))
    for record in (invoice, parcel, airport):
        assert statements(record.save).count("SELECT") <= 2


def test_a_model_nobody_listens_to_adds_nothing(capture):
    capture(Booking)
    unheard = Unheard(name="a")
    assert statements(unheard.save) == ["INSERT"]
    assert statements(unheard.save) == ["UPDATE"]
    assert statements(unheard.delete)[0] in {"BEGIN", "SELECT", "DELETE"}


def test_a_row_known_from_loading_is_not_read_again(capture):
    Booking.objects.create(name="Ann")
    changes = capture(Booking)
    with all_or_nothing():
        booking = Booking.objects.select_for_update().get()
        with fresh(booking):
            booking.status = "paid"
            assert statements(lambda: booking.save(update_fields=["status"])) == ["UPDATE"]
            booking.status = "sent"
            assert statements(booking.save) == ["SELECT", "UPDATE"]
    assert [(change.old["status"], change.new["status"]) for change in changes] == [("draft", "paid"), ("paid", "sent")]


def test_a_row_is_known_only_in_the_transaction_that_loaded_it_and_only_in_full(capture):
    Booking.objects.create(name="Ann")
    capture(Booking)
    booking = Booking.objects.get()
    with fresh(booking):
        assert statements(booking.save) == ["BEGIN", "SELECT", "UPDATE", "COMMIT"]
    with transaction.atomic():
        known = fresh(booking)
        known.__enter__()
    assert "SELECT" in statements(booking.save)
    known.__exit__(None, None, None)
    with all_or_nothing(), fresh(partial := Booking.objects.defer("notes").get()):
        assert statements(partial.save) == ["SELECT", "UPDATE"]
    with all_or_nothing():
        with fresh(booking):
            pass
        assert statements(booking.save) == ["SELECT", "UPDATE"]
    with all_or_nothing(), fresh(booking):
        booking.pk = None
        assert statements(booking.save) == ["INSERT"]
