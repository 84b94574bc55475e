"""What a save is taken for, and its old and new values."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.forms import modelform_factory
from django.utils import timezone

from meanwhile.trees.capture import Interest
from tests.shop.models import Booking, Country, Customer, Invoice, Leg, Lounge, Parcel, Permit, Seat, Token

pytestmark = pytest.mark.django_db

FIELDS = frozenset(field.name for field in Booking._meta.concrete_fields)


def only(changes):
    assert len(changes) == 1
    return changes[0]


def test_a_creation_has_all_values_and_no_old_ones(capture):
    changes = capture(Booking)
    seat = Seat.objects.create(number="1A", price=10)
    booking = Booking.objects.create(name="Ann", seat=seat, price="12.5", starts="2030-01-02T03:04:05Z")
    change = only(changes)
    assert (change.record, change.model, change.created, change.deleted) == (booking, Booking, True, False)
    assert change.old == {}
    assert change.using == "default"
    assert change.changed == FIELDS
    assert set(change.new) == FIELDS
    assert change.new["id"] == booking.pk
    assert change.new["seat"] == seat.pk
    assert change.new["price"] == Decimal("12.50")
    assert change.new["starts"] == dt.datetime(2030, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert change.new["status"] == "draft"


def test_an_update_has_old_and_new_values_and_what_differs(capture):
    booking = Booking.objects.create(name="Ann")
    changes = capture(Booking)
    booking.status = "paid"
    booking.save()
    change = only(changes)
    assert not change.created
    assert (change.old["status"], change.new["status"]) == ("draft", "paid")
    assert change.changed == {"status"}
    assert set(change.old) == set(change.new) == FIELDS


def test_a_save_without_a_difference_is_a_change_of_nothing(capture):
    booking = Booking.objects.create(name="Ann", price="1.50")
    changes = capture(Booking)
    booking.save()
    assert only(changes).changed == frozenset()


def test_old_values_are_the_database_s_not_the_instance_s(capture):
    booking = Booking.objects.create(name="Ann")
    Booking.objects.update(status="paid")
    changes = capture(Booking)
    booking.notes = "overwrites the status"
    booking.save()
    assert only(changes).old["status"] == "paid"
    assert only(changes).changed == {"status", "notes"}


def test_fields_left_out_by_update_fields_keep_their_old_value(capture):
    booking = Booking.objects.create(name="Ann")
    changes = capture(Booking)
    booking.status = "paid"
    booking.name = "not saved"
    booking.save(update_fields=["status"])
    assert only(changes).changed == {"status"}
    assert only(changes).new["name"] == "Ann"


def test_update_fields_take_the_column_name_of_a_relation(capture):
    booking = Booking.objects.create(name="Ann")
    seat = Seat.objects.create(number="1A")
    changes = capture(Booking)
    booking.seat = seat
    booking.save(update_fields=["seat_id"])
    assert (only(changes).old["seat"], only(changes).new["seat"]) == (None, seat.pk)
    assert only(changes).changed == {"seat"}


def test_empty_update_fields_are_no_save(capture):
    booking = Booking.objects.create(name="Ann")
    changes = capture(Booking)
    booking.save(update_fields=[])
    assert changes == []


@pytest.mark.parametrize(
    "load", [lambda: Booking.objects.defer("notes", "status"), lambda: Booking.objects.only("name")]
)
def test_deferred_fields_stay_deferred_and_keep_their_old_value(capture, load):
    Booking.objects.create(name="Ann", notes="long", status="paid")
    changes = capture(Booking)
    booking = load().get()
    booking.name = "Bob"
    booking.save()
    assert only(changes).changed == {"name"}
    assert only(changes).old["notes"] == only(changes).new["notes"] == "long"
    assert only(changes).new["status"] == "paid"
    assert {"notes", "status"} <= booking.get_deferred_fields()


def test_an_expression_s_new_value_is_read_from_the_database(capture):
    parcel = Parcel.objects.create(tag="p", pieces=2)
    other = Parcel.objects.create(tag="q", pieces=7)
    changes = capture(Parcel)
    parcel.pieces = F("pieces") + 1
    parcel.tag = Concat("tag", Value("!"))
    parcel.save(update_fields=["pieces", "tag"])
    assert (only(changes).old["pieces"], only(changes).new["pieces"]) == (2, 3)
    assert (only(changes).old["tag"], only(changes).new["tag"]) == ("p", "p!")
    assert only(changes).changed == {"pieces", "tag"}
    other.refresh_from_db()
    assert other.pieces == 7


def test_an_expression_that_is_not_written_counts_for_nothing(capture):
    parcel = Parcel.objects.create(tag="p", pieces=2)
    changes = capture(Parcel)
    parcel.pieces = F("pieces") + 1
    parcel.weight = 3
    parcel.save(update_fields=["weight"])
    assert only(changes).new["pieces"] == 2
    assert only(changes).changed == {"weight"}


def test_the_instance_s_expression_is_left_as_django_leaves_it(capture):
    left = Parcel.objects.create(tag="left", pieces=2)
    left.pieces = F("pieces") + 1
    left.save()
    capture(Parcel)
    captured = Parcel.objects.create(tag="captured", pieces=2)
    captured.pieces = F("pieces") + 1
    captured.save()
    assert type(captured.__dict__["pieces"]) is type(left.__dict__["pieces"])


def test_an_expression_can_be_inserted(capture):
    changes = capture(Parcel)
    Parcel.objects.create(tag="p", pieces=Value(4) + Value(5))
    assert only(changes).new["pieces"] == 9


def test_auto_now_is_a_change_only_where_it_is_written(capture):
    parcel = Parcel.objects.create(tag="p")
    before = parcel.updated
    changes = capture(Parcel)
    parcel.save()
    assert changes[0].changed == {"updated"}
    assert (changes[0].old["updated"], changes[0].new["updated"]) == (before, parcel.updated)
    parcel.save(update_fields=["weight"])
    assert changes[1].changed == frozenset()
    assert changes[1].new["updated"] == changes[0].new["updated"]


@pytest.mark.parametrize(
    ("name", "written", "plain"),
    [
        ("pieces", "5", 5),
        ("weight", "1.5", Decimal("1.50")),
        ("weight", 1.5, Decimal("1.50")),
        ("weight", Decimal("1.504"), Decimal("1.50")),
        ("ratio", "0.25", 0.25),
        ("day", "2030-05-06", dt.date(2030, 5, 6)),
        ("hour", "07:08", dt.time(7, 8)),
        ("at", "2030-05-06T07:08:09+02:00", dt.datetime(2030, 5, 6, 5, 8, 9, tzinfo=dt.UTC)),
        ("took", dt.timedelta(hours=26), dt.timedelta(days=1, hours=2)),
        ("ident", "11111111-2222-3333-4444-555555555555", uuid.UUID("11111111-2222-3333-4444-555555555555")),
        ("flags", {"days": [dt.date(2030, 1, 2)], "pair": (1, 2)}, {"days": ["2030-01-02"], "pair": [1, 2]}),
        ("data", bytearray(b"\x00\xff"), b"\x00\xff"),
    ],
)
def test_the_same_value_in_another_form_is_no_change(capture, name, written, plain):
    parcel = Parcel.objects.create(tag="p", **{name: plain})
    changes = capture(Parcel)
    setattr(parcel, name, written)
    parcel.save(update_fields=[name])
    assert only(changes).changed == frozenset()
    assert only(changes).new[name] == plain
    assert type(only(changes).new[name]) is type(plain)


@pytest.mark.filterwarnings("ignore:DateTimeField:RuntimeWarning")
def test_a_naive_time_is_in_the_default_zone(capture):
    parcel = Parcel.objects.create(tag="p", at="2030-05-06 07:08")
    changes = capture(Parcel)
    parcel.save(update_fields=["at"])
    assert only(changes).changed == frozenset()
    assert timezone.is_aware(only(changes).new["at"])


def test_values_are_detached_from_the_instance(capture):
    changes = capture(Parcel)
    parcel = Parcel.objects.create(tag="p", flags={"a": [1]})
    parcel.flags["a"].append(2)
    assert only(changes).new["flags"] == {"a": [1]}
    parcel.save()
    assert changes[1].old["flags"] == {"a": [1]}
    assert changes[1].changed == {"flags", "updated"}


def test_a_file_is_its_name(capture, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    changes = capture(Parcel)
    parcel = Parcel.objects.create(tag="p")
    parcel.label = ContentFile(b"x", name="label.txt")
    parcel.save()
    parcel.save(update_fields=["label"])
    assert changes[0].new["label"] == ""
    assert (changes[1].old["label"], changes[1].new["label"]) == ("", "labels/label.txt")
    assert type(changes[1].new["label"]) is str
    assert changes[2].changed == frozenset()


def test_what_the_database_makes_of_a_creation_is_read(capture):
    changes = capture(Invoice)
    Invoice.objects.create(net=4, text="ok")
    new = only(changes).new
    assert (new["gross"], new["loud"], new["state"]) == (Decimal(8), "OK", "new")
    assert isinstance(new["booked"], dt.datetime)


@pytest.mark.parametrize("update_fields", [None, ["net"]])
def test_what_the_database_makes_of_an_update_is_read(capture, update_fields):
    invoice = Invoice.objects.create(net=4, text="ok")
    changes = capture(Invoice)
    invoice.net = 5
    invoice.save(update_fields=update_fields)
    change = only(changes)
    assert change.changed == {"net", "gross"}
    assert (change.old["gross"], change.new["gross"]) == (Decimal(8), Decimal(10))
    assert change.new["loud"] == "OK"


def test_get_or_create_and_update_or_create(capture):
    changes = capture(Customer)
    Customer.objects.get_or_create(name="Ann")
    Customer.objects.get_or_create(name="Ann")
    Customer.objects.update_or_create(name="Ann", defaults={"email": "a@example.com"})
    Customer.objects.update_or_create(name="Bob")
    assert [(change.created, change.new["name"]) for change in changes] == [
        (True, "Ann"),
        (False, "Ann"),
        (True, "Bob"),
    ]
    assert changes[1].changed == {"email"}


def test_a_form_s_save(capture):
    changes = capture(Customer)
    form = modelform_factory(Customer, fields=["name", "email"])({"name": "Ann"})
    form.save()
    assert only(changes).new["name"] == "Ann"


def test_a_key_set_by_hand_updates_or_creates_as_the_database_says(capture):
    changes = capture(Country)
    Country(iso="de", name="Deutschland").save()
    Country(iso="de", name="Germany").save()
    assert [change.created for change in changes] == [True, False]
    assert (changes[1].old["name"], changes[1].new["name"]) == ("Deutschland", "Germany")
    assert changes[1].changed == {"name"}


def test_a_key_changed_by_hand_creates_another_record(capture):
    country = Country.objects.create(iso="de", name="Germany")
    changes = capture(Country)
    country.iso = "at"
    country.save()
    assert only(changes).created
    assert only(changes).new["iso"] == "at"


def test_saving_a_record_that_is_gone_creates_it(capture):
    booking = Booking.objects.create(name="Ann")
    Booking.objects.filter(pk=booking.pk).delete()
    changes = capture(interests={Booking: Interest(insert=True)})
    booking.save()
    assert only(changes).created


def test_a_copy_made_by_clearing_the_key_is_a_creation(capture):
    booking = Booking.objects.create(name="Ann")
    changes = capture(Booking)
    booking.pk = None
    booking.save()
    assert only(changes).created
    assert only(changes).new["id"] == booking.pk


def test_forced_inserts_and_updates(capture):
    changes = capture(Country)
    Country(iso="de").save(force_insert=True)
    Country(iso="de", name="Germany").save(force_update=True)
    assert [change.created for change in changes] == [True, False]
    assert changes[1].old["name"] == ""


def test_a_key_with_a_default(capture):
    changes = capture(Token)
    token = Token.objects.create(name="a")
    token.name = "b"
    token.save()
    assert [change.created for change in changes] == [True, False]
    assert changes[1].changed == {"name"}
    assert changes[0].new["id"] == token.pk


def test_a_key_that_is_a_relation(capture):
    country = Country.objects.create(iso="de")
    changes = capture(Permit)
    permit = Permit.objects.create(country=country)
    permit.days = 3
    permit.save()
    assert [(change.created, change.new["country"], change.new["days"]) for change in changes] == [
        (True, "de", 0),
        (False, "de", 3),
    ]


def test_a_key_of_two_fields(capture):
    changes = capture(Leg)
    leg = Leg.objects.create(flight=1, number=2)
    leg.note = "late"
    leg.save()
    leg.delete()
    assert [(change.created, change.deleted) for change in changes] == [(True, False), (False, False), (False, True)]
    assert changes[1].changed == {"note"}
    assert changes[2].old == {"flight": 1, "number": 2, "note": "late"}


def test_a_model_s_own_save_is_part_of_the_change(capture):
    changes = capture(Lounge)
    Lounge.objects.create(name="Sky")
    assert only(changes).new["slug"] == "sky"


def test_a_save_that_the_model_itself_refuses_is_no_change(capture):
    changes = capture(Lounge)
    Lounge(name="not to be saved").save()
    assert changes == []


def test_only_what_is_listened_to_arrives(capture):
    inserts = capture(interests={Booking: Interest(insert=True)})
    updates = capture(interests={Booking: Interest(update=True)})
    deletes = capture(interests={Booking: Interest(delete=True)})
    booking = Booking.objects.create(name="Ann")
    booking.save()
    booking.delete()
    assert only(inserts).created
    assert not only(updates).created
    assert not only(updates).deleted
    assert only(deletes).deleted
