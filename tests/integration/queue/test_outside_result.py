"""The result of a function with an effect outside the database: its field, its mark and the fence are one."""

from __future__ import annotations

import pytest

from meanwhile import Background, Created, EventTree, action
from meanwhile.queue.drain import drain
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.testing.registered import use_trees
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db

TAKEN_OVER = 99


@action(name="outside_result.pay", outside=True)
def pay(record: Booking) -> str:
    if record.name == "lost":
        Job.objects.update(lease_token=TAKEN_OVER)
    return "paid"


@pytest.fixture
def tree():
    with use_trees(EventTree("Pay", on=Created(Booking), do=[Background(pay().options(result="reference"))])):
        yield


@pytest.mark.usefixtures("tree")
def test_the_result_is_kept_in_the_field_and_in_the_history():
    booking = Booking.objects.create(name="Ann")
    drain()
    booking.refresh_from_db()
    job = Job.objects.get()
    assert (booking.reference, job.state) == ("paid", State.SUCCEEDED)
    assert [step["result"] for step in job.steps["done"].values()] == ["paid"]


@pytest.mark.usefixtures("tree")
def test_nothing_is_kept_when_the_job_was_taken_over_meanwhile():
    booking = Booking.objects.create(name="lost")
    drain()
    booking.refresh_from_db()
    assert booking.reference == ""
