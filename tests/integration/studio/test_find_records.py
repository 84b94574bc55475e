"""Choosing a record stays quick however many there are, and says where not all were searched."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import CharField, CompositePrimaryKey, DateField, DecimalField, UUIDField
from django.test.utils import CaptureQueriesContext

from meanwhile.studio import find_records
from meanwhile.studio.errors import EditProblem
from meanwhile.studio.record_links import key_of
from tests.shop.models import Seat
from tests.shop.models_capture import Leg

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Any:
    return get_user_model().objects.create_superuser("admin")


@pytest.fixture
def few_rows(settings: Any) -> None:
    settings.MEANWHILE = {**getattr(settings, "MEANWHILE", {}), "STUDIO_MATCHING_ROWS": 3}


@pytest.mark.usefixtures("few_rows")
def test_of_a_large_table_the_latest_are_searched_and_it_is_said(admin: Any) -> None:
    seats = [Seat.objects.create(number=f"12{letter}") for letter in "ABCDE"]
    offer = find_records.records("shop.Seat", "12", by=admin)
    assert [title for _key, title in offer.found] == ["12E", "12D", "12C"]
    assert "latest 3" in offer.note
    first = find_records.records("shop.Seat", str(seats[0].pk), by=admin)
    assert first.found[0] == (str(seats[0].pk), "12A")
    assert find_records.records("shop.Seat", by=admin).note == ""
    seats[0].delete()
    seats[1].delete()
    assert find_records.records("shop.Seat", "12", by=admin).note == ""


@pytest.mark.usefixtures("few_rows")
def test_a_search_reads_no_more_rows_than_it_may(admin: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        find_records.records("shop.Seat", "12", by=admin)
    contains = [one["sql"] for one in queries if "12%" in one["sql"].replace("%%", "%")]
    assert contains
    assert all("LIMIT 3" in one for one in contains)


@pytest.mark.usefixtures("few_rows")
def test_people_are_found_by_their_whole_name_whenever_they_came(admin: Any) -> None:
    users = get_user_model()
    for name in ("zoe", "ada", "bob", "cid", "dan"):
        users.objects.create_user(name)
    assert [name for name, _title in find_records.users("zoe", by=admin).found] == ["zoe"]
    assert find_records.users("zo", by=admin).found == []


def test_what_takes_too_long_is_given_up_with_what_was_found(
    admin: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEANWHILE = {**getattr(settings, "MEANWHILE", {}), "STUDIO_TRY_SECONDS": 0.2}
    Seat.objects.create(number="12A")
    Seat.objects.create(number="12B")

    def slow(seat: Seat) -> str:
        if seat.number == "12A":
            ends = time.monotonic() + 30
            while time.monotonic() < ends:
                pass
        return seat.number

    monkeypatch.setattr(Seat, "__str__", slow)
    offer = find_records.records("shop.Seat", "12", by=admin)
    assert [title for _key, title in offer.found] == ["12B"]
    assert "given up" in offer.note


@pytest.mark.parametrize("search", ["hold", "5", "null", "[1, 2, 3]", "(3, 4)"])
def test_a_search_of_records_whose_key_has_two_fields_finds_texts_and_never_fails(admin: Any, search: str) -> None:
    Leg.objects.create(flight=1, number=2, note="hold the line")
    found = find_records.records("shop.Leg", search, by=admin).found
    assert len(found) == (search == "hold")
    for key in ("[1, 2]", "(1, 2)"):
        (found,) = find_records.records("shop.Leg", key, by=admin).found
        assert found[0] == "(1, 2)"
        assert find_records.record("shop.Leg", found[0], by=admin).pk == (1, 2)


@pytest.mark.parametrize(
    "key", ["1", "(1,)", "(1, 2, 3)", "(1, ", "f(1)", "(f(), 2)", "(open('x'), 2)", "(1, [2])", "((" * 90]
)
def test_a_text_that_is_no_key_of_two_fields_is_the_key_of_nothing(admin: Any, key: str) -> None:
    Leg.objects.create(flight=1, number=2)
    with pytest.raises(EditProblem):
        find_records.record("shop.Leg", key, by=admin)


def test_keys_of_several_fields_are_read_from_what_python_writes_for_them() -> None:
    code, day = UUID("6b0e5f7a-3a52-4d0c-9a3e-2f1f6f0b7c11"), date(2026, 5, 1)

    class Pk(CompositePrimaryKey):
        pass

    fields = (CharField(), UUIDField(), DateField(), DecimalField())
    key: Any = ("it's", code, day, Decimal("1.50"))
    model: Any = SimpleNamespace(_meta=SimpleNamespace(pk=Pk("a", "b"), pk_fields=fields))
    assert key_of(model, str(key)) == key


def test_people_who_can_not_be_chosen_take_no_place_of_those_who_can(admin: Any) -> None:
    users = get_user_model()
    users.objects.create_user("anna-active")
    for number in range(find_records.MOST + 5):
        users.objects.create_user(f"anna-{number}", is_active=False)
    assert [name for name, _title in find_records.users("anna", by=admin).found] == ["anna-active"]
    assert [name for name, _title in find_records.users("", by=admin).found] == ["anna-active", "admin"]
