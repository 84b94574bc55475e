from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import TestCase

from meanwhile import (
    ActionFailed,
    Background,
    Created,
    Delay,
    DuplicateTree,
    EventTree,
    UnknownTree,
    Updated,
    UpdateField,
    UserError,
    action,
    later,
)
from meanwhile.testing import clock_at, fired, use_trees
from meanwhile.trees import registry
from meanwhile.trees.models import Run
from tests.shop.models import Airport, Booking, Customer, FamousPlace, Place

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@action
def refuse(record: Booking) -> None:
    raise UserError("No flights on Sundays.")


RECEIVED = EventTree(
    "Received",
    on=Created(Booking),
    do=[
        UpdateField(status="received"),
        Background(UpdateField(ready=True)),
        Delay(later(days=1), UpdateField(notes="…")),
    ],
)
PRICED = EventTree("Priced", on=Updated(Booking, "price"), do=[])
REFUSED = EventTree("Refused", on=Created(Booking), do=[refuse()])


class FiredTests(TestCase):
    def test_the_trees_that_fired_are_recorded_with_their_records(self):
        with use_trees(RECEIVED, PRICED):
            earlier = Booking.objects.create(name="Eve")
            with fired() as log:
                booking = Booking.objects.create(name="Ada")
            log.assert_fired(RECEIVED, times=1, record=booking)
            log.assert_fired("received")
            log.assert_fired("Received")
            log.assert_not_fired("priced")
            log.assert_not_fired(RECEIVED, record=earlier)
            assert [run.tree for run in log.runs] == ["received"]
            Booking.objects.create(name="too late")
            log.assert_fired(RECEIVED, times=1)

    def test_a_wrong_expectation_says_what_happened(self):
        with use_trees(RECEIVED, PRICED), fired() as log:
            Booking.objects.create(name="Ada")
            with pytest.raises(
                AssertionError, match=r"“priced” should have fired at least once, and fired 0×.*received"
            ):
                log.assert_fired("priced")
            with pytest.raises(AssertionError, match="“received” should have fired 2×, and fired 1×"):
                log.assert_fired("received", times=2)
            with pytest.raises(AssertionError, match="should not have fired, and fired 1×"):
                log.assert_not_fired(RECEIVED)
            with pytest.raises(AssertionError, match="should have queued 1 jobs, and queued 2"):
                log.assert_queued(1)
            with pytest.raises(UnknownTree, match="recieved"):
                log.assert_not_fired("recieved")

    def test_jobs_are_recorded_with_when_they_are_due(self):
        with use_trees(RECEIVED), clock_at(NOON), fired() as log:
            Booking.objects.create(name="Ada")
            log.assert_queued(2)
            log.assert_queued(1, due=NOON)
            log.assert_queued(1, due=NOON + timedelta(days=1), tree=RECEIVED)
            with pytest.raises(AssertionError, match="due at 2026-03-03T13:00"):
                log.assert_queued(due=NOON + timedelta(days=1, hours=1))

    def test_one_tree_alone_can_be_recorded(self):
        with use_trees(RECEIVED, PRICED), fired("priced") as log:
            booking = Booking.objects.create(name="Ada")
            booking.price = 5
            booking.save()
            log.assert_fired(times=1)
            assert log.jobs == []

    def test_a_failed_run_is_among_them(self):
        with use_trees(REFUSED):
            with fired() as log, pytest.raises(ActionFailed):
                Booking.objects.create(name="Ada")
            (run,) = log.assert_fired(REFUSED, times=1)
        assert (run.state, "Sundays" in run.error) == ("failed", True)


class FamilyTests(TestCase):
    def test_a_record_is_the_same_by_whichever_class_it_was_met(self):
        with use_trees(EventTree("Named", on=Updated(Place, "name"), do=[])):
            airport = Airport.objects.create(name="Tempelhof")
            with fired() as log:
                famous = FamousPlace.objects.get(pk=airport.pk)
                famous.name = "Tegel"
                famous.save()
            log.assert_fired("named", times=1, record=airport)
            log.assert_fired("named", times=1, record=famous)


class UseTreesTests(TestCase):
    def test_only_these_trees_are_there(self):
        with use_trees(RECEIVED):
            with use_trees(PRICED):
                assert Booking.objects.create(name="Ada").status == "draft"
            assert Booking.objects.create(name="Ada").status == "received"
        assert Booking.objects.create(name="Ada").status == "draft"
        assert RECEIVED not in registry.current().all()

    def test_the_models_are_captured_only_meanwhile(self):
        with use_trees(RECEIVED):
            assert "save_base" in vars(Booking)
            assert "save_base" not in vars(Customer)
        assert "save_base" not in vars(Booking)

    def test_two_trees_of_one_key_are_refused_and_nothing_changes(self):
        twin = EventTree("Twin", key="received", on=Created(Booking), do=[])
        with pytest.raises(DuplicateTree), use_trees(RECEIVED, twin):
            pass
        assert registry.current().all() == []

    @use_trees(RECEIVED)
    def test_it_is_a_decorator_too(self):
        assert Booking.objects.create(name="Ada").status == "received"
        assert Run.objects.count() == 1
