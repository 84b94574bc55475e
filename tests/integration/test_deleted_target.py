"""A record whose deletion is the event can't be changed or deleted again."""

from __future__ import annotations

import pytest

from meanwhile import ActionFailed, Background, Deleted, DeleteRecord, EventTree, Field, TargetMissing, UpdateField
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.testing import run_background, use_trees
from tests.shop.models import Booking, Seat

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("node", [UpdateField(ready=True), DeleteRecord()])
def test_in_the_background_it_fails_at_once_and_says_why(node):
    with use_trees(EventTree("Late", on=Deleted(Booking), do=[Background(node)])):
        Booking.objects.create(name="Ada").delete()
        run_background()
    job = Job.objects.get()
    assert job.state == State.FAILED
    assert "its deletion is the event" in job.error


@pytest.mark.parametrize("node", [UpdateField(ready=True), DeleteRecord()])
def test_in_the_foreground_it_undoes_the_deletion_and_says_why(node):
    with use_trees(EventTree("Late", on=Deleted(Booking), do=[node])):
        booking = Booking.objects.create(name="Ada")
        with pytest.raises(ActionFailed, match="its deletion is the event") as caught:
            booking.delete()
    assert isinstance(caught.value.reason, TargetMissing)
    assert Booking.objects.exists()


def test_other_records_can_be_changed_by_its_last_values():
    seat = Seat.objects.create(number="1A", price=1)
    tree = EventTree("Free", on=Deleted(Booking), do=[Background(UpdateField(price=Field("price"), of="seat"))])
    with use_trees(tree):
        Booking.objects.create(name="Ada", seat=seat, price="9.00").delete()
        run_background()
    seat.refresh_from_db()
    assert seat.price == 9
