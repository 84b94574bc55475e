"""Values on their way into a job and the history, and what a failed or called node leaves behind."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from meanwhile import (
    ActionFailed,
    Background,
    Called,
    CallTree,
    Changed,
    Created,
    CreateRecord,
    DeleteRecord,
    EventTree,
    Field,
    If,
    Param,
    Query,
    Saved,
    Step,
    Updated,
    UpdateField,
    Was,
    action,
    call_tree,
)
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.testing import run_background, use_trees
from meanwhile.trees.models import Run
from tests.shop.models import Booking, Parcel, Seat

pytestmark = pytest.mark.django_db


@action(name="values.fail")
def fail() -> None:
    raise ValueError


@action(name="values.name_and_fail")
def name_and_fail(step: Step) -> None:
    step.name_record("seat_made", Seat.objects.create(number="z"))
    raise ValueError


# On error: continue


def test_a_failed_action_that_is_passed_over_leaves_no_related_record_in_memory():
    made = CreateRecord(Seat, number="9", price=9, name="made")
    take = UpdateField(seat=Field("made"), on_error="continue")
    with use_trees(
        EventTree("Take", on=Created(Booking), do=[made, take, UpdateField(price=Field("seat.price"))]),
        EventTree("Refuse", on=Updated(Booking, "seat"), do=[fail()]),
    ):
        booking = Booking.objects.create(name="Ann", seat=Seat.objects.create(number="1", price=1))
    booking.refresh_from_db()
    assert (booking.seat.number, booking.price) == ("1", 1)


def test_a_failed_action_that_is_passed_over_leaves_no_name_of_a_record_that_is_gone():
    do = [name_and_fail().options(on_error="continue"), UpdateField(reference=Field("seat_made.number"))]
    with use_trees(EventTree("Named", on=Created(Booking), do=do)), pytest.raises(ActionFailed, match="seat_made"):
        Booking.objects.create(name="Ann")
    assert not Seat.objects.exists()


# Call Tree


def test_a_called_tree_may_delete_each_record_it_is_called_for(monkeypatch):
    monkeypatch.setattr("meanwhile.actions.call_tree.CHUNK", 2)
    with use_trees(
        EventTree("Remove", on=Called(Booking), do=[DeleteRecord()]),
        EventTree("Remove all", on=Called(), do=[CallTree("Remove", each=Query(Booking))]),
    ):
        Booking.objects.bulk_create([Booking(name=str(number)) for number in range(5)])
        call_tree("remove-all")
    assert not Booking.objects.exists()


def test_a_moment_among_the_parameters_keeps_its_microseconds_behind():
    moment = datetime(2036, 1, 1, 1, 1, 1, 123456, tzinfo=UTC)
    do = [Background(UpdateField(starts=Param("at")))]
    with use_trees(EventTree("At", on=Called(Booking, parameters={"at": datetime}), do=do)):
        booking = Booking.objects.create(name="Ann")
        call_tree("At", booking, {"at": moment})
        run_background(raise_errors=True)
    booking.refresh_from_db()
    assert booking.starts == moment


# Long values


def use_small_payloads(settings):
    settings.MEANWHILE = {**getattr(settings, "MEANWHILE", {}), "MAX_PAYLOAD": 8_000, "RETRY": {"max_attempts": 1}}


def test_a_record_with_several_long_values_is_saved_and_worked_on_behind(settings):
    use_small_payloads(settings)
    with use_trees(EventTree("Long", on=Saved(Parcel), do=[Background(UpdateField(pieces=3))])):
        parcel = Parcel.objects.create(tag="t", flags={"a": "é" * 450}, data=b"x" * 700)
        parcel.flags, parcel.data = {"a": ["木" * 300]}, b"y" * 700
        parcel.save()
        run_background(raise_errors=True)
    parcel.refresh_from_db()
    assert parcel.pieces == 3
    event = Job.objects.latest("pk").payload["event"]
    assert (event["old"]["cut"], event["new"]["cut"]) == (["flags"], ["flags"])
    assert event["new"]["values"]["tag"] == "t"


def test_the_longest_value_is_cut_first_and_a_condition_on_the_old_value_of_its_field_says_so(settings):
    use_small_payloads(settings)
    Booking.objects.bulk_create([Booking(name="本" * 100, notes="本" * 330)])
    asked = [
        If(Was("name", "本" * 100), UpdateField(email="was@example.com")),
        If(Changed("notes"), UpdateField(reference="changed")),
        If(Was("notes", "木" * 300), UpdateField(reference="wrong"), otherwise=[UpdateField(reference="wrong")]),
    ]
    with use_trees(EventTree("Long", on=Saved(Booking), do=[Background(*asked)])):
        booking = Booking.objects.get()
        booking.name, booking.notes = "木" * 100, "木" * 300
        booking.save()
        run_background()
    job = Job.objects.get()
    event = job.payload["event"]
    assert (event["old"]["cut"], event["new"]["cut"]) == (["notes"], [])
    assert job.state == State.FAILED
    assert "The old value of “notes” is not known" in job.error
    booking.refresh_from_db()
    assert (booking.email, booking.reference) == ("was@example.com", "changed")


# Characters


@pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL takes no NUL in any text")
def test_a_text_with_a_nul_character_is_saved_as_without_trees():
    with use_trees(EventTree("Nul", on=Saved(Booking), do=[UpdateField(ready=True), Background(UpdateField(price=1))])):
        booking = Booking.objects.create(name="a\0b")
        run_background(raise_errors=True)
    booking.refresh_from_db()
    assert (booking.name, booking.ready, booking.price) == ("a\0b", True, 1)
    assert Run.objects.get().changes["new"]["values"]["name"] == "a\N{REPLACEMENT CHARACTER}b"
