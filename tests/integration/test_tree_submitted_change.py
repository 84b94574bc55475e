"""What a Submitted tree is told of the form's change."""

from __future__ import annotations

import copy
import pickle

import pytest
from django.db import transaction

from meanwhile import Changed, EventTree, If, IsNew, Saved, Submitted, UpdateField, Was
from meanwhile.testing import use_trees
from meanwhile.trees.matching import KEPT, taken_change
from meanwhile.trees.runner import submitted
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db

TOLD = EventTree(
    "Told",
    on=Submitted(Booking),
    do=[
        If(IsNew(), UpdateField(notes="new"), otherwise=[UpdateField(notes="not new")]),
        If(Changed("price"), UpdateField(reference="price")),
        If(Was("status", "draft"), UpdateField(email="was@example.com")),
    ],
)


def told(booking):
    booking.refresh_from_db()
    return booking.notes, booking.reference, booking.email


def test_it_sees_the_forms_change_although_another_tree_saved_the_record_in_between():
    with use_trees(TOLD, EventTree("Before", on=Saved(Booking), do=[UpdateField(status="received")])):
        with transaction.atomic():
            booking = Booking(name="Ann", price=3)
            booking.save()
            submitted(booking, created=True)
        assert told(booking) == ("new", "price", "")
        Booking.objects.update(status="draft", reference="")
        with transaction.atomic():
            booking = Booking.objects.get()
            booking.price = 5
            booking.save()
            submitted(booking, created=False)
        assert told(booking) == ("not new", "price", "was@example.com")


def test_a_change_of_an_earlier_transaction_is_none_of_the_forms():
    with use_trees(TOLD):
        booking = Booking(name="Ann", price=3)
        booking.save()
        with transaction.atomic():
            submitted(booking, created=False)
    assert told(booking) == ("not new", "", "was@example.com")


def test_what_a_submission_does_is_not_the_change_of_the_next_one():
    do = [If(Changed("notes"), UpdateField(reference="wrong"), otherwise=[UpdateField(notes="seen")])]
    with use_trees(EventTree("Seen", on=Submitted(Booking), do=do)), transaction.atomic():
        Booking.objects.bulk_create([Booking(name="Ann")])
        booking = Booking.objects.get()
        booking.name = "Bob"
        booking.save()
        submitted(booking, created=False)
        submitted(booking, created=False)
    assert told(booking) == ("seen", "", "")


def test_the_form_says_whether_the_record_is_new():
    with use_trees(TOLD), transaction.atomic():
        booking = Booking(name="Ann")
        booking.save()
        assert taken_change(copy.copy(booking), created=True).created
        assert taken_change(booking, created=False) is None
        booking.save()
        submitted(booking, created=False)
    assert told(booking)[0] == "not new"


def test_the_form_is_believed_when_the_record_was_made_in_the_same_transaction():
    with use_trees(TOLD), transaction.atomic():
        booking = Booking(name="Ann")
        booking.save()
        submitted(booking, created=False)
    assert told(booking)[0] == "not new"


def test_a_pickled_record_carries_no_change():
    with use_trees(TOLD), transaction.atomic():
        booking = Booking(name="Ann", notes="n" * 5000)
        booking.save()
        assert booking.__dict__[KEPT] is not None
        data = pickle.dumps(booking)
        assert len(data) < 2 * 5000
        assert taken_change(pickle.loads(data)) is None
