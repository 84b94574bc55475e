"""One transaction: with a failure at any statement, a submit has done everything or nothing.

The failure is a real one, a statement that the database refuses, so that on PostgreSQL the transaction is broken too.
Commits are counted as statements: refused before they happen, and cut off after they happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection, connections, transaction

from meanwhile import (
    Background,
    Called,
    CallTree,
    Created,
    CreateRecord,
    Delay,
    Deleted,
    EventTree,
    Field,
    If,
    Is,
    Saved,
    Submitted,
    Updated,
    UpdateField,
    later,
)
from meanwhile.exceptions import MeanwhileError
from meanwhile.forms.transaction import one_transaction
from meanwhile.queue.models import Job
from meanwhile.testing import use_trees
from meanwhile.trees.models import Run, RunState
from meanwhile.trees.runner import call_tree, submitted
from tests.shop.models import Booking, Customer, Ticket

pytestmark = pytest.mark.django_db(transaction=True)

TREES = (
    EventTree(
        "Booking made",
        on=Created(Booking),
        do=[
            UpdateField(status="received"),
            Background(UpdateField(ready=True), serial=True),
            CreateRecord(Customer, set={"name": Field("name")}, name="customer"),
            If(Is("name", "Ann"), CallTree("Welcome", of="customer")),
            Delay(later(days=2), UpdateField(notes="See you soon")),
            UpdateField(reference="done"),
        ],
    ),
    EventTree(
        "Welcome", on=Called(Customer), do=[UpdateField(email="a@example.com"), Background(UpdateField(name="w"))]
    ),
    EventTree("Booking changed", on=Updated(Booking, "email"), do=[CreateRecord(Customer, set={"name": "changed"})]),
    EventTree("Submitted", on=Submitted(Booking), do=[Background(UpdateField(notes="s")), UpdateField(notes="f")]),
    EventTree("Ticket saved", on=Saved(Ticket), do=[Background(UpdateField(paid=True))]),
    EventTree(
        "Booking gone",
        on=Deleted(Booking),
        do=[CreateRecord(Customer, set={"name": "gone"}), Background(CreateRecord(Customer, set={"name": "later"}))],
    ),
)


@pytest.fixture(autouse=True)
def _trees() -> Iterator[None]:
    with use_trees(*TREES):
        yield


class Failure:
    """Fails the n-th statement, commits included, and no other."""

    def __init__(self, number: int, *, after_commit: bool = False) -> None:
        self.number, self.after_commit = number, after_commit
        self.count, self.statement, self.committed = 0, "", False

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self._is_next(sql):
            return execute("SELECT 1 FROM a_table_that_is_not_there", None, False, context)
        return execute(sql, params, many, context)

    def commit(self, really: Callable[[], None]) -> None:
        if not self._is_next("COMMIT"):
            really()
        elif self.after_commit:
            really()
            self.committed = True
            raise OperationalError("server closed the connection unexpectedly")
        else:
            raise OperationalError("database or disk is full")

    def _is_next(self, sql: str) -> bool:
        self.count += 1
        if self.count != self.number:
            return False
        self.statement = sql
        return True

    @contextmanager
    def installed(self) -> Iterator[None]:
        real = connections["default"]
        really = real._commit
        real._commit = lambda: self.commit(really)
        with ExitStack() as stack:
            stack.callback(lambda: real.__dict__.pop("_commit"))
            stack.enter_context(connection.execute_wrapper(self))
            yield


def state() -> dict[str, Any]:
    """All that a submit leaves: records with their values, jobs, and runs that did not fail."""
    return {
        "bookings": sorted(Booking.objects.values_list("name", "email", "status", "reference", "notes", "ready")),
        "customers": sorted(Customer.objects.values_list("name", "email")),
        "tickets": sorted(Ticket.objects.values_list("passenger", "paid")),
        "jobs": sorted((job.name, job.state, job.kind, bool(job.serial_key)) for job in Job.objects.all()),
        "runs": sorted(Run.objects.exclude(state=RunState.FAILED).values_list("tree", "state", "open_jobs", "depth")),
    }


def create() -> None:
    Booking.objects.create(name="Ann")


def create_in_a_transaction() -> None:
    with transaction.atomic():
        Booking.objects.create(name="Ann")


def update() -> None:
    booking = Booking.objects.get(name="Old")
    booking.email = "new@example.com"
    booking.save()


def delete() -> None:
    Booking.objects.get(name="Old").delete()


def call() -> None:
    call_tree("Welcome", Customer.objects.get(name="Carl"))


def submit() -> None:
    """What the form mixins do: the record, its inlines, and the event of the submission."""
    with one_transaction("default"):
        booking = Booking(name="Ann", email="ann@example.com")
        booking.save()
        for passenger in ("Ann", "Bob"):
            Ticket.objects.create(booking=booking, passenger=passenger)
        submitted(booking, created=True)


def catch_and_go_on() -> None:
    """Code that saves in a transaction of its own, survives a failed save and saves something else."""
    with transaction.atomic():
        try:
            Booking.objects.create(name="Ann")
        except (DatabaseError, MeanwhileError):
            return


def prepare() -> None:
    for model in (Ticket, Booking, Customer, Job, Run):
        model._base_manager.all()._raw_delete("default")
    with use_trees():
        Booking.objects.create(name="Old", email="old@example.com")
        Customer.objects.create(name="Carl")


ACTS = [create, create_in_a_transaction, update, delete, call, submit]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("after_commit", [False, True], ids=["refused", "answer lost"])
def test_everything_or_nothing(act: Callable[[], None], after_commit: bool) -> None:
    prepare()
    nothing = state()
    act()
    everything = state()
    assert everything != nothing
    number = 0
    while True:
        number += 1
        prepare()
        failure = Failure(number, after_commit=after_commit)
        try:
            with failure.installed():
                act()
        except (DatabaseError, MeanwhileError):
            assert failure.statement, "only the statement that was made to fail may fail"
            expected = everything if failure.committed else nothing
        else:
            assert not failure.statement, f"statement {number} failed and nobody was told: {failure.statement}"
            expected = everything
        assert not connection.in_atomic_block
        assert state() == expected, f"statement {number}: {failure.statement}"
        if not failure.statement:
            break
    assert number >= 4


def test_a_failed_save_inside_a_transaction_that_goes_on_leaves_nothing_of_itself() -> None:
    number = 0
    while True:
        number += 1
        prepare()
        nothing = state()
        failure = Failure(number)
        try:
            with failure.installed():
                catch_and_go_on()
        except (DatabaseError, MeanwhileError):
            pass
        if not failure.statement:
            break
        assert state() == nothing, f"statement {number}: {failure.statement}"
    assert number > 15


def test_the_instance_of_a_failed_save_can_be_saved_again() -> None:
    for number in range(1, 40):
        prepare()
        booking = Booking(name="Ann")
        failure = Failure(number)
        try:
            with failure.installed():
                booking.save()
        except (DatabaseError, MeanwhileError):
            assert (booking.pk, booking._state.adding, booking.status) == (None, True, "draft")
            booking.save()
        assert Booking.objects.filter(name="Ann", status="received", reference="done").count() == 1
        assert Run.objects.filter(tree="booking-made", state=RunState.RUNNING).count() == 1
        if not failure.statement:
            break
    else:
        pytest.fail("a save takes fewer statements than that")
