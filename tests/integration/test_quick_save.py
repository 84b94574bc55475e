"""`save_fields` does what `save(update_fields=…)` does; only the plain case is done by a prepared statement."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from unittest import mock

import pytest
from django.db import DatabaseError, connection
from django.db.models import F, Model
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext

from meanwhile import EventTree, Updated, UpdateField
from meanwhile.testing import use_trees
from meanwhile.trees.quick_save import save_fields
from tests.shop.models import Booking, Seat

pytestmark = pytest.mark.django_db

STARTS = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture
def booking():
    return Booking.objects.create(name="Ada", seat=Seat.objects.create(number="1A"))


def saved(booking) -> Booking:
    return Booking.objects.get(pk=booking.pk)


def used_django(record, names) -> bool:
    with mock.patch.object(Model, "save", autospec=True, side_effect=Model.save) as save:
        save_fields(record, names)
    return save.called


def test_the_named_fields_are_saved_and_no_others(booking):
    other = Seat.objects.create(number="2B")
    booking.price, booking.starts, booking.seat = Decimal("12.50"), STARTS, other
    booking.status, booking.name = "received", "not this one"
    with CaptureQueriesContext(connection) as queries:
        save_fields(booking, ["price", "seat", "starts", "status"])
    now = saved(booking)
    assert (now.price, now.starts, now.seat, now.status) == (Decimal("12.50"), STARTS, other, "received")
    assert now.name == "Ada"
    assert len(queries) == 1


def test_a_row_that_is_gone_is_told_in_djangos_words(booking):
    Booking.objects.filter(pk=booking.pk).delete()
    with pytest.raises(DatabaseError, match="did not affect any rows"):
        save_fields(booking, ["status"])


def test_an_expression_is_left_to_django(booking):
    Booking.objects.update(price=1)
    booking.price = F("price") + 1
    assert used_django(booking, ["price"])
    assert saved(booking).price == 2


def test_who_listens_to_the_signals_hears_of_it(booking):
    heard = []

    def hear(instance, update_fields, **_):
        heard.append((instance, sorted(update_fields)))

    post_save.connect(hear, sender=Booking)
    try:
        save_fields(booking, ["status"])
    finally:
        post_save.disconnect(hear, sender=Booking)
    assert heard == [(booking, ["status"])]


def test_a_tree_on_updates_fires(booking):
    with use_trees(EventTree("Price", on=Updated(Booking, "price"), do=[UpdateField(notes="new price")])):
        booking.price = 7
        save_fields(booking, ["price"])
    assert saved(booking).notes == "new price"


def test_a_save_of_the_models_own_is_called(booking):
    class Shouting(Booking):
        class Meta:
            proxy = True
            app_label = "shop"

        def save(self, *args, **options):
            self.status = self.status.upper()
            super().save(*args, **options)

    loud = Shouting.objects.get(pk=booking.pk)
    loud.status = "received"
    save_fields(loud, ["status"])
    assert saved(booking).status == "RECEIVED"


def test_the_plain_case_takes_the_short_way(booking):
    booking.status = "received"
    assert not used_django(booking, ["status"])
    assert saved(booking).status == "received"
