"""Which classes are captured, once each, and which are left alone."""

from __future__ import annotations

import pytest
from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from meanwhile.trees.capture import Interest, install
from tests.shop.models import (
    Airport,
    Booking,
    FamousPlace,
    Lounge,
    Parcel,
    Place,
    Stamped,
    Terminal,
    Unheard,
)

pytestmark = pytest.mark.django_db


def test_a_tree_of_a_parent_hears_its_children_and_proxies(capture):
    changes = capture(Place)
    Place.objects.create(name="a")
    Airport.objects.create(name="b", code="BBB")
    Terminal.objects.create(name="c", gates=3)
    FamousPlace.objects.create(name="d")
    assert [change.model for change in changes] == [Place, Airport, Terminal, FamousPlace]
    assert changes[1].new["code"] == "BBB"
    assert changes[1].new["name"] == "b"
    assert changes[2].new["gates"] == 3


@pytest.mark.parametrize("model", [Airport, FamousPlace])
def test_a_tree_of_a_child_or_proxy_does_not_hear_the_parent(capture, model):
    airport = Airport.objects.create(name="a")
    changes = capture(model)
    place = Place.objects.get(pk=airport.pk)
    place.name = "b"
    place.save()
    assert changes == []


def test_parent_and_child_and_proxy_listening_is_one_change(capture):
    changes = capture(Place, Airport, Terminal, FamousPlace)
    for model in (Place, Airport, Terminal, FamousPlace):
        record = model.objects.create(name="a")
        record.name = "b"
        record.save()
    assert [(change.model, change.created) for change in changes] == [
        (model, created) for model in (Place, Airport, Terminal, FamousPlace) for created in (True, False)
    ]


def test_interests_of_parent_and_child_add_up(capture):
    changes = capture(interests={Place: Interest(update=True), Airport: Interest(insert=True)})
    airport = Airport.objects.create(name="a")
    airport.save()
    Place.objects.create(name="b")
    assert [(change.model, change.created) for change in changes] == [(Airport, True), (Airport, False)]


def test_a_child_s_change_has_old_values_of_all_its_tables(capture):
    terminal = Terminal.objects.create(name="a", code="AAA", gates=1)
    changes = capture(Place)
    terminal.name, terminal.code, terminal.gates = "b", "BBB", 2
    terminal.save()
    (change,) = changes
    assert change.changed == {"name", "code", "gates"}
    assert [change.old[name] for name in ("name", "code", "gates")] == ["a", "AAA", 1]


def test_a_child_saved_with_fields_of_its_parent_alone(capture):
    airport = Airport.objects.create(name="a", code="AAA")
    changes = capture(Airport)
    airport.name = "b"
    airport.code = "not saved"
    airport.save(update_fields=["name"])
    assert [(change.created, change.changed, change.new["code"]) for change in changes] == [(False, {"name"}, "AAA")]


def test_a_child_made_for_an_existing_parent_is_created(capture):
    place = Place.objects.create(name="a")
    changes = capture(Place)
    Airport(place_ptr=place, name="a", code="AAA").save()
    assert [(change.model, change.created) for change in changes] == [(Airport, True)]


def test_a_child_made_with_its_parent_s_key_updates_what_is_there(capture):
    airport = Airport.objects.create(name="a", code="AAA")
    changes = capture(Place)
    Airport(id=airport.pk, name="a", code="BBB").save()
    assert [(change.created, change.changed) for change in changes] == [(False, {"code"})]


@pytest.mark.parametrize("model", [Parcel, Stamped])
def test_a_model_with_an_abstract_base(capture, model):
    changes = capture(model)
    parcel = Parcel.objects.create(tag="p")
    parcel.delete()
    assert [change.model for change in changes] == [Parcel, Parcel]
    assert changes[0].new["created"] == changes[1].old["created"]


def test_saving_the_same_record_in_on_change_is_a_change_of_its_own(capture):
    def on_change(change):
        if change.created:
            change.record.status = "received"
            change.record.save(update_fields=["status"])

    changes = capture(Booking, on_change=on_change)
    Booking.objects.create(name="Ann")
    assert [(change.created, change.new["status"]) for change in changes] == [(True, "draft"), (False, "received")]
    assert changes[1].old["status"] == "draft"


def test_a_model_that_saves_itself_twice_has_two_changes(capture, monkeypatch):
    def save(self, *args, **options):
        super(Lounge, self).save(*args, **options)
        self.visits += 1
        super(Lounge, self).save(update_fields=["visits"])

    monkeypatch.setattr(Lounge, "save", save)
    changes = capture(Lounge)
    Lounge(name="Sky").save()
    assert [(change.created, change.new["visits"]) for change in changes] == [(True, 0), (False, 1)]


@pytest.fixture
def handler(request):
    """Connect a function to a signal of Booking for one test."""
    connected = []

    def connect(signal, function):
        signal.connect(function, sender=Booking)
        connected.append((signal, function))

    yield connect
    for signal, function in connected:
        signal.disconnect(function, sender=Booking)


def test_what_pre_save_handlers_set_is_saved_and_seen(capture, handler):
    def lower(instance, **_):
        instance.name = instance.name.lower()

    handler(pre_save, lower)
    changes = capture(Booking)
    Booking.objects.create(name="ANN")
    assert changes[0].new["name"] == "ann"


def test_what_post_save_handlers_set_without_saving_is_not_seen(capture, handler):
    def blur(instance, **_):
        instance.name = "blurred"

    handler(post_save, blur)
    changes = capture(Booking)
    Booking.objects.create(name="Ann")
    assert changes[0].new["name"] == "Ann"


def test_a_save_of_the_same_record_in_a_post_save_handler_is_a_change_of_its_own(capture, handler):
    def again(instance, created, **_):
        if created:
            instance.status = "received"
            instance.save()

    handler(post_save, again)
    changes = capture(Booking)
    Booking.objects.create(name="Ann")
    by_kind = {change.created: change for change in changes}
    assert len(changes) == 2
    assert by_kind[True].new["status"] == "draft"
    assert (by_kind[False].old["status"], by_kind[False].new["status"]) == ("draft", "received")


def test_a_save_of_another_record_in_a_handler_is_a_change_of_its_own(capture, handler):
    def second(instance, **_):
        if instance.name == "first":
            Booking.objects.create(name="second")

    handler(pre_save, second)
    changes = capture(Booking)
    Booking.objects.create(name="first")
    assert [change.new["name"] for change in changes] == ["second", "first"]


def test_a_save_nobody_listens_to_in_a_handler_is_not_taken_for_the_one_around_it(capture, handler):
    def second(**_):
        Place.objects.create(name="a")

    handler(post_save, second)
    booking = Booking.objects.create(name="Ann")
    changes = capture(interests={Booking: Interest(update=True, insert=True), Place: Interest(update=True)})
    booking.name = "Bob"
    booking.save()
    assert [(change.model, change.created, change.changed) for change in changes] == [(Booking, False, {"name"})]


def test_a_raw_save_in_a_handler_is_not_taken_for_the_one_around_it(capture, handler):
    def raw_again(instance, raw, **_):
        if not raw:
            instance.save_base(raw=True)

    handler(post_save, raw_again)
    changes = capture(Booking)
    Booking.objects.create(name="Ann")
    assert [change.created for change in changes] == [True]


def test_a_model_nobody_listens_to_keeps_django_s_own_methods_and_signals(capture):
    capture(Booking)
    assert Unheard.save_base is Model.save_base
    assert Unheard._save_table is Model._save_table
    for signal in (pre_save, post_save, pre_delete, post_delete):
        assert not signal.has_listeners(Unheard)


def test_a_model_whose_deletions_alone_are_heard_saves_as_ever(capture):
    capture(interests={Booking: Interest(delete=True)})
    assert Booking.save_base is Model.save_base


def test_uninstalling_restores_every_class_exactly():
    own = Lounge.__dict__["save_base"]
    before = {model: dict(model.__dict__) for model in (Place, Airport, FamousPlace, Lounge)}
    everything = Interest(insert=True, update=True, delete=True)
    first = install(dict.fromkeys(before, everything), lambda change: None)
    second = install({Place: everything}, lambda change: None)
    assert Lounge.__dict__["save_base"] is not own
    second.uninstall()
    first.uninstall()
    assert {model: dict(model.__dict__) for model in before} == before
    assert not any(signal.has_listeners(Place) for signal in (pre_delete, post_delete))


def test_uninstalled_under_another_patch_nothing_is_captured_any_more(monkeypatch):
    changes = []
    installation = install({Booking: Interest(insert=True)}, changes.append)
    captured = Booking.save_base

    def on_top(self, *args, **options):
        captured(self, *args, **options)

    monkeypatch.setattr(Booking, "save_base", on_top)
    installation.uninstall()
    try:
        Booking.objects.create(name="Ann")
    finally:
        monkeypatch.undo()
        for name in ("save_base", "_save_table"):
            if name in Booking.__dict__:
                delattr(Booking, name)
    assert changes == []


def test_a_captured_save_method_cannot_be_called_from_a_template(capture):
    capture(Booking)
    assert Booking.save_base.alters_data
