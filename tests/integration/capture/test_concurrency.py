"""Threads, asynchronous code and a second database."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, connections, transaction
from django.db.models import F

from tests.shop.models import Airport, Booking, Parcel, Place

pytestmark = pytest.mark.django_db(transaction=True)


def test_saves_in_many_threads_don_t_mix(capture):
    changes = capture(Place, Airport)
    start = threading.Barrier(4)

    def work(number: int) -> None:
        try:
            start.wait(timeout=30)
            for turn in range(5):
                airport = Airport.objects.create(name=f"{number}", code="A")
                airport.name = f"{number}.{turn}"
                airport.save()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(changes) == 40
    for change in changes:
        assert change.new["name"] == change.record.name.split(".")[0] or change.new["name"] == change.record.name
        if not change.created:
            assert change.changed == {"name"}
            assert change.new["name"].startswith(change.old["name"])


def test_concurrent_updates_of_one_row_see_each_other_s_values(capture):
    """Without a lock on the old row two updates would report the same old value."""
    Parcel.objects.create(tag="p", pieces=0)
    changes = capture(Parcel)
    start = threading.Barrier(4)

    def work(_: int) -> None:
        try:
            start.wait(timeout=30)
            for _turn in range(5):
                parcel = Parcel.objects.only("pieces").get()
                parcel.pieces = F("pieces") + 1
                parcel.save(update_fields=["pieces"])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert sorted((change.old["pieces"], change.new["pieces"]) for change in changes) == [
        (number, number + 1) for number in range(20)
    ]


@pytest.mark.postgres
def test_the_lock_on_the_old_row_does_not_hinder_new_foreign_keys(capture):
    place = Place.objects.create(name="a")
    done = []

    def insert() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '3s'")
            Parcel.objects.create(tag="p", place=place)
            done.append(True)
        finally:
            connection.close()

    def on_change(change):
        thread = threading.Thread(target=insert)
        thread.start()
        thread.join()

    capture(Place, on_change=on_change)
    place.name = "b"
    place.save()
    assert done == [True]


@pytest.mark.postgres
def test_a_record_two_deletions_collected_is_reported_once(capture):
    Booking.objects.create(name="Ann")
    changes = capture(Booking)
    thread = None

    def delete() -> None:
        try:
            Booking.objects.all().delete()
        finally:
            connection.close()

    with transaction.atomic():
        Booking.objects.all().delete()
        thread = threading.Thread(target=delete)
        thread.start()
        while not _somebody_waits_for_a_lock():
            assert thread.is_alive()
    thread.join()
    assert len(changes) == 1


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.01), count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[1])


def test_asynchronous_saves_and_deletions(capture):
    changes = capture(Booking)

    async def story() -> None:
        booking = await Booking.objects.acreate(name="Ann")
        booking.status = "paid"
        await booking.asave()
        await booking.adelete()

    async_to_sync(story)()
    assert [(change.created, change.deleted) for change in changes] == [(True, False), (False, False), (False, True)]
    assert changes[1].changed == {"status"}


@pytest.fixture
def other(tmp_path):
    """A second database, with the table of bookings and what it points to."""
    alias = "other"
    connections.settings[alias] = {
        **connections.settings["default"],
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": tmp_path / "other.sqlite3",
        "OPTIONS": {},
    }
    database = connections[alias]
    database.connect()  # asked for by name, as the test case only lets in what the settings knew
    with database.schema_editor() as editor:
        for model in (Booking.seat.field.related_model, Booking.customer.field.related_model, Booking):
            editor.create_model(model)
        editor.create_model(Booking._meta.get_field("tickets").related_model)
    yield alias
    database.close()
    del connections[alias], connections.settings[alias]


def test_another_database(capture, other):
    class Boom(Exception):
        pass

    def on_change(change):
        assert connections[other].in_atomic_block
        assert not connection.in_atomic_block
        if change.new.get("name") == "Bob":
            raise Boom

    changes = capture(Booking, on_change=on_change)
    booking = Booking(name="Ann")
    booking.save(using=other)
    booking.status = "paid"
    booking.save()
    with pytest.raises(Boom):
        Booking(name="Bob").save(using=other)
    assert Booking.objects.using(other).count() == 1
    assert not Booking.objects.exists()
    booking.delete()
    assert [change.using for change in changes] == [other] * 4
    assert changes[1].changed == {"status"}
    assert changes[3].deleted
