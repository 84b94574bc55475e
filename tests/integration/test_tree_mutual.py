"""Trees that set each other off, and records that are met as a proxy, a child and their parent."""

from __future__ import annotations

import pytest

from meanwhile import Background, Created, Deleted, DeleteRecord, EventTree, If, Is, Saved, Updated, UpdateField, action
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.testing import run_background, use_trees
from meanwhile.trees.models import Run
from meanwhile.trees.status import runs_of
from tests.shop.models import Airport, Booking, FamousPlace, Leg, Place, Terminal

pytestmark = pytest.mark.django_db


@action(name="mutual.append")
def append(record: Booking, text: str) -> None:
    record.notes += text
    record.save(update_fields=["notes"])


@action(name="mutual.toggle")
def toggle(record: Booking, field: str) -> None:
    setattr(record, field, "" if getattr(record, field) == "x" else "x")
    record.save(update_fields=[field])


@action(name="mutual.append_as_proxy")
def append_as_proxy(record: Place, text: str) -> None:
    proxy = FamousPlace.objects.get(pk=record.pk)
    proxy.city += text
    proxy.save()


@pytest.mark.parametrize("background", [False, True])
def test_two_trees_on_one_model_fire_for_each_others_changes_once_and_come_to_an_end(background):
    def tree(name):
        return EventTree(name, on=Saved(Booking), do=[Background(append(name)) if background else append(name)])

    with use_trees(tree("a"), tree("b")):
        booking = Booking.objects.create(name="Ann")
        run_background(raise_errors=True)
    booking.refresh_from_db()
    chains = sorted(Run.objects.values_list("tree", "depth"))
    assert chains == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    assert sorted(booking.notes) == ["a", "a", "b", "b"]


def test_reentrant_trees_that_set_each_other_off_end_at_depth_20():
    trees = [
        EventTree(name, on=Updated(Booking, field), reentrant=True, do=[Background(toggle(other))])
        for name, field, other in (("ping", "status", "reference"), ("pong", "reference", "status"))
    ]
    with use_trees(*trees):
        booking = Booking.objects.create(name="Ann")
        booking.status = "x"
        booking.save()
        run_background(limit=40)
    assert " → ".join(["ping", "pong"] * 10) in Job.objects.get(state=State.FAILED).error


def test_a_tree_is_quiet_about_its_record_although_its_run_meets_it_as_a_proxy():
    tree = EventTree("Own", on=Saved(Place), do=[append_as_proxy("x"), Background(append_as_proxy("y"))])
    with use_trees(tree):
        place = Place.objects.create(name="Rome")
        run_background(raise_errors=True)
    place.refresh_from_db()
    assert (place.city, Run.objects.count()) == ("xy", 1)


def test_serial_jobs_of_one_record_share_a_key_however_the_record_was_saved():
    with use_trees(EventTree("Serial", on=Saved(Place), do=[Background(UpdateField(city="c"), serial=True)])):
        terminal = Terminal.objects.create(name="Rome", code="FCO")
        Airport.objects.get(pk=terminal.pk).save()
        FamousPlace.objects.get(pk=terminal.pk).save()
        Place.objects.get(pk=terminal.pk).save()
    assert set(Job.objects.values_list("serial_key", flat=True)) == {f"shop.Place:{terminal.pk}"}
    assert Job.objects.count() == 4


def test_the_runs_of_a_record_are_found_from_its_parent_its_proxy_and_its_child():
    with use_trees(EventTree("All", on=Saved(Place), do=[UpdateField(city="c")])):
        airport = Airport.objects.create(name="Rome", code="FCO")
        FamousPlace.objects.create(name="Other")
        Place.objects.get(pk=airport.pk).save()
    assert sorted(Run.objects.values_list("model", flat=True)) == ["shop.Airport", "shop.FamousPlace", "shop.Place"]
    for seen_as in (airport, Place.objects.get(pk=airport.pk), FamousPlace.objects.get(pk=airport.pk)):
        assert sorted(run.model for run in runs_of(seen_as)) == ["shop.Airport", "shop.Place"]


def test_a_record_with_a_key_of_two_fields_is_worked_on_behind():
    do = [Background(UpdateField(note="behind"), If(Is("note", "behind"), Background(DeleteRecord())), serial=True)]
    with use_trees(EventTree("Leg", on=Created(Leg), do=do)):
        leg = Leg.objects.create(flight=7, number=2)
        assert [job.serial_key for job in Job.objects.all()] == ["shop.Leg:(7, 2)"]
        assert list(runs_of(leg)) == list(Run.objects.all())
        run_background(raise_errors=True)
    assert set(Job.objects.values_list("state", flat=True)) == {State.SUCCEEDED}
    assert not Leg.objects.exists()


def test_the_run_of_a_deletion_knows_the_key_of_two_fields():
    with use_trees(EventTree("Gone", on=Deleted(Leg), do=[Background(UpdateField(note="x"))])):
        Leg.objects.create(flight=7, number=2).delete()
    assert Run.objects.get().record_pk == "(7, 2)"
