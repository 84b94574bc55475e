"""A deletion that fails is undone alone: a transaction around it can go on, as after a save that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from meanwhile import ActionFailed, Deleted, EventTree, Saved, UserError, action
from meanwhile.testing import use_trees
from meanwhile.trees.capture_transaction import all_or_nothing
from meanwhile.trees.models import Run, RunState
from tests.shop.models import Booking, Customer, Ticket

pytestmark = pytest.mark.django_db(transaction=True)

DELETIONS: dict[str, Callable[[Ticket], object]] = {
    "of the instance": lambda ticket: ticket.delete(),
    "of a queryset": lambda ticket: Ticket.objects.all().delete(),
    "by a cascade": lambda ticket: ticket.booking.delete(),
}


@action(name="deletion.forbid")
def forbid() -> None:
    Customer.objects.create(name="effect")
    raise UserError("This ticket is kept.")


FORBIDDEN = EventTree("Kept", on=Deleted(Ticket), do=[forbid()])


@pytest.fixture
def ticket(db: None) -> Ticket:
    return Ticket.objects.create(booking=Booking.objects.create(name="Ada"), passenger="Ada")


@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS)
def test_inside_a_transaction_the_deletion_alone_is_undone(ticket: Ticket, delete: Callable[[Ticket], object]) -> None:
    with use_trees(FORBIDDEN):
        with transaction.atomic():
            Customer.objects.create(name="before")
            with pytest.raises(ActionFailed, match="This ticket is kept"):
                delete(ticket)
            Customer.objects.create(name="after")
        assert set(Customer.objects.values_list("name", flat=True)) == {"before", "after"}
    assert Ticket.objects.get() == ticket
    assert Booking.objects.exists()


@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS)
def test_the_failed_run_is_in_the_history_at_once(ticket: Ticket, delete: Callable[[Ticket], object]) -> None:
    with use_trees(FORBIDDEN), pytest.raises(ActionFailed):
        delete(ticket)
    assert (Run.objects.get().state, Run.objects.get().tree) == (RunState.FAILED, "kept")


def test_a_chain_goes_on_after_a_deletion_that_is_forgiven(ticket: Ticket) -> None:
    @action(name="deletion.try_to_delete")
    def try_to_delete(record: Booking) -> None:
        try:
            record.tickets.all().delete()
        except ActionFailed:
            Customer.objects.create(name="forgiven")

    with use_trees(FORBIDDEN, EventTree("Cleans", on=Saved(Booking), do=[try_to_delete()])):
        ticket.booking.save()
    assert Customer.objects.get().name == "forgiven"
    assert Ticket.objects.exists()


def test_a_block_that_ends_with_any_failure_needs_no_savepoint(ticket: Ticket) -> None:
    def savepoints(block: Any) -> int:
        with CaptureQueriesContext(connection) as queries, pytest.raises(ActionFailed), block:
            ticket.delete()
        return sum("SAVEPOINT" in query["sql"] for query in queries)

    with use_trees(FORBIDDEN):
        assert savepoints(all_or_nothing()) == 0
        assert savepoints(transaction.atomic()) > 0


def test_deletions_of_models_without_such_trees_are_djangos_own(ticket: Ticket) -> None:
    with use_trees(FORBIDDEN), transaction.atomic(), CaptureQueriesContext(connection) as queries:
        Customer.objects.create(name="x").delete()
    assert not any("SAVEPOINT" in query["sql"] for query in queries)


@pytest.fixture
def referrer(ticket: Ticket) -> Iterator[None]:
    """A row outside Django that refers to the ticket; the database looks at it when the deletion commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE referrer (ticket bigint REFERENCES shop_ticket (id) DEFERRABLE INITIALLY DEFERRED)"
        )
        cursor.execute("INSERT INTO referrer VALUES (%s)", [ticket.pk])
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE referrer")


@pytest.mark.usefixtures("referrer")
def test_a_record_whose_deletion_does_not_commit_keeps_its_key(ticket: Ticket) -> None:
    key = ticket.pk
    with use_trees(EventTree("Gone", on=Deleted(Ticket), do=[])):
        with pytest.raises(IntegrityError):
            ticket.delete()
        assert ticket.pk == key
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM referrer")
        ticket.delete()
    assert ticket.pk is None
    assert not Ticket.objects.exists()
