"""What fires nothing, by Django's own rules or on purpose."""

from __future__ import annotations

import json

import pytest
from django.core import serializers
from django.core.management import call_command

from tests.shop.models import Airport, Booking, Place

pytestmark = pytest.mark.django_db


def test_fixtures(capture, tmp_path):
    fixture = tmp_path / "bookings.json"
    fixture.write_text(json.dumps([{"model": "shop.booking", "pk": 1, "fields": {"name": "Ann"}}]))
    changes = capture(Booking)
    call_command("loaddata", fixture, verbosity=0)
    assert Booking.objects.get(pk=1).name == "Ann"
    assert changes == []


def test_objects_of_a_deserialiser(capture):
    airport = Airport.objects.create(name="a", code="AAA")
    text = serializers.serialize("json", [*Place.objects.all(), airport])
    changes = capture(Place)
    for item in serializers.deserialize("json", text):
        item.save()
    assert changes == []


def test_a_raw_save_through_the_instance(capture):
    changes = capture(Booking)
    Booking(name="Ann").save_base(raw=True)
    assert Booking.objects.exists()
    assert changes == []


def test_bulk_writes(capture):
    changes = capture(Booking)
    Booking.objects.bulk_create([Booking(name="Ann"), Booking(name="Bob")])
    Booking.objects.update(status="paid")
    bookings = list(Booking.objects.all())
    Booking.objects.bulk_update(bookings, ["name"])
    assert changes == []
