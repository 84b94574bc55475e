"""One transaction: a failure at each statement of a submit in turn leaves everything or nothing, and a clear page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from meanwhile import Background, Created, Delay, EventTree, Submitted, UpdateField, later
from meanwhile.queue.models import Job
from meanwhile.trees.models import Run
from tests.integration.forms.test_submit import TWO_TICKETS, TYPED, count_tickets
from tests.shop.models import Booking, Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.integration.forms.site")]

TREES = [
    EventTree(
        "Created",
        on=Created(Booking),
        do=[
            UpdateField(status="received"),
            Background(UpdateField(ready=True)),
            Delay(later(days=2), UpdateField(notes="remembered")),
            UpdateField(reference="below"),
        ],
    ),
    EventTree("Submitted", on=Submitted(Booking), do=[count_tickets(), Background(UpdateField(notes="later"))]),
]
EVERYTHING = {"bookings": 1, "tickets": 2, "runs": 2, "jobs": 3, "reference": "2 tickets", "status": "received"}
NOTHING = {"bookings": 0, "tickets": 0, "runs": 0, "jobs": 0, "reference": None, "status": None}


def what_is_there() -> dict[str, Any]:
    booking = Booking.objects.first()
    return {
        "bookings": Booking.objects.count(),
        "tickets": Ticket.objects.count(),
        "runs": Run.objects.filter(page_at__isnull=False).count(),
        "jobs": Job.objects.count(),
        "reference": booking.reference if booking else None,
        "status": booking.status if booking else None,
    }


class Statements:
    """Counts the statements of a submit and lets the `failing` one fail."""

    def __init__(self, failing: int = 0) -> None:
        self.failing, self.seen = failing, 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.seen += 1
        if self.seen == self.failing:
            raise OperationalError("disk I/O error")
        return execute(sql, params, many, context)


@contextmanager
def statements(failing: int = 0) -> Iterator[Statements]:
    with connection.execute_wrapper(counter := Statements(failing)):
        yield counter


def submit() -> Any:
    return Client(raise_request_exception=False).post("/book-with-tickets/", TYPED | TWO_TICKETS)


def test_a_failure_at_any_statement_leaves_everything_or_nothing_and_says_which(use_trees: Any) -> None:
    use_trees(*TREES)
    with statements() as all_of_them:
        assert submit().status_code == 302
    assert what_is_there() == EVERYTHING
    assert all_of_them.seen > 10
    seen = []
    for number in range(1, all_of_them.seen + 1):
        for model in (Ticket, Booking, Job, Run):
            model.objects.all().delete()
        with statements(failing=number):
            response = submit()
        found = what_is_there()
        if found == NOTHING:
            assert response.status_code in {200, 503}, f"statement {number}"
            assert "othing was saved" in response.text, f"statement {number}"
            assert "window, please" in response.text, f"statement {number}"
        else:
            assert found == EVERYTHING, f"statement {number}"
        seen.append(found == NOTHING)
    assert seen.count(True) > 10


def test_a_commit_that_fails_leaves_nothing_and_says_so(use_trees: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use_trees(*TREES)

    def full(self: BaseDatabaseWrapper) -> None:
        raise OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "_commit", full)
        response = submit()
    assert what_is_there() == NOTHING
    assert "Nothing was saved" in response.text
    assert "window, please" in response.text
