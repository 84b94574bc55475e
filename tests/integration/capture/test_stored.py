"""Values of a change in JSON and back."""

from __future__ import annotations

import datetime as dt
import json
import math
import uuid
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import models

from meanwhile.trees.snapshot import plain_values
from meanwhile.trees.stored import from_stored, to_stored
from tests.shop.models import Booking, Invoice, Parcel, Token

BIG = 100_000
ZONE = dt.timezone(dt.timedelta(hours=5, minutes=30))


def there_and_back(model, values):
    text = json.dumps(to_stored(model, values, [], BIG), allow_nan=False)
    return from_stored(model, json.loads(text))


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        (Parcel, "tag", 'ünïcode "quoted" \n 😀'),
        (Parcel, "pieces", 2**60),
        (Parcel, "weight", Decimal("-123456.70")),
        (Parcel, "ratio", 0.1 + 0.2),
        (Parcel, "ratio", math.inf),
        (Parcel, "ratio", None),
        (Parcel, "day", dt.date(1, 1, 1)),
        (Parcel, "hour", dt.time(23, 59, 59, 999999)),
        (Parcel, "at", dt.datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC)),
        (Parcel, "at", dt.datetime(2030, 1, 2, 3, 4, 5, tzinfo=ZONE)),
        (Parcel, "took", dt.timedelta(days=400, seconds=5, microseconds=7)),
        (Parcel, "took", -dt.timedelta(hours=3, microseconds=1)),
        (Parcel, "ident", uuid.UUID(int=7)),
        (Parcel, "flags", {"a": [1, 2.5, None, True, {"b": "c"}], "": {}}),
        (Parcel, "flags", "text"),
        (Parcel, "flags", None),
        (Parcel, "data", bytes(range(256))),
        (Parcel, "label", "labels/a.txt"),
        (Parcel, "place", 7),
        (Token, "id", uuid.UUID(int=7)),
        (Booking, "ready", True),
        (Invoice, "gross", Decimal("12.50")),
    ],
)
def test_every_type_comes_back_as_it_was(model, name, value):
    back = there_and_back(model, {name: value})[name]
    assert back == value
    assert type(back) is type(value)


def test_a_value_that_is_not_a_number_comes_back():
    assert math.isnan(there_and_back(Parcel, {"ratio": math.nan})["ratio"])


@pytest.mark.parametrize("patterns", [["api_?key", "NOTE"], ["^notes$"]])
def test_sensitive_fields_never_enter(patterns):
    stored = to_stored(Booking, {"notes": "xyzzy", "name": "Ann"}, patterns, BIG)
    assert stored == {"values": {"name": "Ann"}, "cut": []}


@pytest.mark.parametrize("model", [User, Parcel])
def test_passwords_never_enter_whatever_the_settings_say(model):
    stored = to_stored(model, {"password": "xyzzy"}, [], BIG)
    assert "xyzzy" not in json.dumps(stored)
    assert "password" not in stored["values"]


def test_what_is_too_long_is_left_out_and_named():
    values = {"name": "ä" * 50, "notes": "x" * 97, "status": "x" * 98, "reference": ""}
    stored = to_stored(Booking, values, [], 99)
    assert stored == {"values": {"notes": "x" * 97, "reference": ""}, "cut": ["name", "status"]}


def test_the_same_values_are_stored_as_the_same_text():
    values = {"name": "b", "status": "a"}
    turned = dict(reversed(values.items()))
    assert to_stored(Booking, values, [], 2)["cut"] == to_stored(Booking, turned, [], 2)["cut"] == ["name", "status"]


def test_fields_the_model_lost_or_changed_since_are_left_out():
    stored = {"values": {"name": "Ann", "gone": 1, "day": "not a day"}, "cut": []}
    assert from_stored(Booking, stored) == {"name": "Ann"}


class Size(models.TextChoices):
    SMALL = "s"


def test_plain_values_are_bare_and_leave_out_what_is_not_known():
    booking = Booking(name=Size.SMALL, price=models.F("price") + 1)
    del booking.__dict__["notes"]
    values = plain_values(booking)
    assert type(values["name"]) is str
    assert values["name"] == "s"
    assert not {"price", "notes"} & set(values)
    assert plain_values(booking, [Booking._meta.get_field("seat")]) == {"seat": None}
