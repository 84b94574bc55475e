"""“would match 3 of 5 records”: the same answer as a run's, within bounds, and nothing of what is closed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meanwhile import Changed, Count, Field, Is, IsNew, Now, Template, Was
from meanwhile.studio import matching as module
from meanwhile.studio.errors import EditProblem, TimeIsUp
from meanwhile.studio.matching import Matching, count_matching
from meanwhile.studio.taken_back import taken_back
from meanwhile.studio.time_limit import limited
from tests.shop.models import Booking, Seat, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _bookings(settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_MATCHING_SECONDS": 20}
    seat = Seat.objects.create(number="1", price=50)
    for number in range(5):
        booking = Booking.objects.create(
            name=f"B{number}",
            status="paid" if number % 2 else "draft",
            price=Decimal(number * 20) if number else None,
            seat=seat if number > 2 else None,
            starts=timezone.now() + timedelta(days=number - 2, hours=1),
        )
        for _ in range(number):
            Ticket.objects.create(booking=booking, passenger="x", paid=number > 3)


def matching(condition: Any) -> Matching:
    return count_matching("shop.Booking", condition.as_json())


@pytest.mark.parametrize(
    ("condition", "matched"),
    [
        (Is("status", "paid"), 2),
        (Is("price", ">", 30), 3),
        (Is("price", "empty"), 1),
        (Is("price", "!=", 20), 4),
        (Is("price", ">=", Field("seat.price")), 2),
        (Is("seat.number", "1"), 2),
        (Is("seat", "not_empty") & ~Is("status", "paid"), 1),
        (Is("starts", "<", Now()), 2),
        (Is("name", Template("B{{ 3 }}")), 1),
        (Count("tickets", ">=", 3), 2),
        (Count("tickets", ">", 0, where={"paid": True}), 1),
        (Is("status", "in", ["paid", "x"]) | Is("name", "B0"), 3),
    ],
    ids=repr,
)
def test_it_counts_what_a_run_would_decide(condition: Any, matched: int) -> None:
    found = matching(condition)
    assert (found.matched, found.maybe, found.looked_at, found.total) == (matched, 0, 5, 5)
    assert found.text == f"would match {matched} of 5 records"


@pytest.mark.parametrize(
    ("condition", "matched", "maybe"),
    [
        (Changed("status"), 0, 5),
        (IsNew() & Is("status", "paid"), 0, 2),
        (IsNew() | Is("status", "paid"), 2, 3),
        (~(Was("status", "x") & Is("status", "paid")), 3, 2),
    ],
    ids=repr,
)
def test_what_depends_on_the_event_may_match(condition: Any, matched: int, maybe: int) -> None:
    found = matching(condition)
    assert (found.matched, found.maybe) == (matched, maybe)
    assert found.text.startswith(f"would match up to {matched + maybe} of 5 records")


def test_it_looks_at_so_many_of_the_latest_records_and_says_so(settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_MATCHING_ROWS": 2}
    found = matching(Is("status", "draft"))
    assert (found.matched, found.looked_at, found.total) == (1, 2, 5)
    assert found.text == "would match 1 of the first 2 records (there are 5)"


def test_it_says_more_than_where_nobody_has_counted_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_COUNTED", 3)
    assert "there are more than" in matching(Is("status", "draft")).text


def test_it_stops_when_the_time_is_up(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_MATCHING_SECONDS": 0.05}
    monkeypatch.setattr(Booking, "from_db", classmethod(_slow(Booking.from_db.__func__)))  # type: ignore[attr-defined]
    found = matching(Is("status", "draft"))
    assert found.timed_out
    assert found.looked_at < 5


def _slow(original: Any) -> Any:
    def from_db(cls: Any, *args: Any, **options: Any) -> Any:
        end = time.monotonic() + 0.04
        while time.monotonic() < end:
            pass
        return original(cls, *args, **options)

    return from_db


def test_a_statement_that_takes_too_long_is_cut_off() -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000000) SELECT max(x) FROM n"
    started = time.monotonic()
    with pytest.raises(TimeIsUp), taken_back("default"), limited(0.2, using="default"), connection.cursor() as cursor:
        cursor.execute(endless)
    assert time.monotonic() - started < 20  # it would take a minute
    assert Booking.objects.count() == 5


def test_relations_are_read_with_the_records() -> None:
    with CaptureQueriesContext(connection) as queries:
        matching(Is("seat.number", "1"))
    assert sum("SELECT" in query["sql"] for query in queries) == 2


def test_records_that_can_not_be_decided_are_told() -> None:
    found = matching(Is("name", ">", 5))
    assert (found.matched, found.errors) == (0, 5)
    assert "can't be compared" in found.example


@pytest.mark.parametrize(
    "condition",
    [
        Is("notes", "startswith", "a"),
        Is("status", Field("notes")),
        Is("status", Template("{{ record.notes }}")),
        Count("tickets", ">", 0, where={"booking__notes": "x"}),
    ],
    ids=repr,
)
def test_it_is_no_way_to_read_what_is_closed(condition: Any, settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_EXCLUDED_FIELDS": ["shop.Booking.notes"]}
    with pytest.raises(EditProblem):
        matching(condition)
    with pytest.raises(EditProblem):
        count_matching("auth.Group", Is("name", "x").as_json())
    with pytest.raises(EditProblem):
        count_matching("auth.User", Is("password", "startswith", "pbkdf2").as_json())


def test_a_condition_that_is_not_complete_yet_says_so(person: Callable[..., Any]) -> None:
    with pytest.raises(EditProblem, match="not complete"):
        count_matching("shop.Booking", {"test": "is", "field": "status"})
    with pytest.raises(PermissionDenied):
        count_matching("shop.Booking", Is("status", "x").as_json(), by=person())


def test_moments_are_compared_in_the_project_s_time_zone() -> None:
    Booking.objects.update(starts=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    assert matching(Is("starts", ">=", "2026-03-02")).matched == 5
