from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F, functions
from django.utils import timezone
from django.utils.dateparse import parse_duration
from hypothesis import given
from hypothesis import strategies as st

from meanwhile.actions.values import Actor, Field, Literal, Now, Param, Template, to_value, to_values
from meanwhile.exceptions import TreeDocumentError
from tests import strategies
from tests.shop.models import Seat


class Cabin(Enum):
    FIRST = "first"


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (date(2026, 5, 1), "2026-05-01"),
        (datetime(2026, 5, 1, 8, 30, tzinfo=UTC), "2026-05-01T08:30:00+00:00"),
        (time(8, 30), "08:30:00"),
        (Decimal("1.50"), "1.50"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Cabin.FIRST, "first"),
        ({"a": (1, Decimal(2))}, {"a": [1, "2"]}),
        ({3, 1}, [1, 3]),
        (None, None),
    ],
)
def test_a_literal_holds_what_json_can_hold(value: Any, stored: Any) -> None:
    assert Literal(value).literal == stored


@strategies.patiently
@given(st.timedeltas())
def test_a_span_in_a_literal_is_what_a_duration_field_reads(span: timedelta) -> None:
    assert parse_duration(Literal(span).literal) == span


@pytest.mark.parametrize(
    "value", [object(), float("nan"), float("inf"), "\0", "\ud800", {1: 2}, 2**2000, b"x", Literal]
)
def test_what_no_document_can_hold_is_refused(value: Any) -> None:
    with pytest.raises(TreeDocumentError):
        Literal(value)


def test_a_record_is_refused_with_the_advice_to_use_its_key() -> None:
    with pytest.raises(TreeDocumentError, match=r"record\.pk"):
        Literal(Seat())


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (functions.Now(), r"Django's Now.*meanwhile\.Now\(\)"),
        (F("price"), r"Django's F\b.*meanwhile\.Field"),
        (functions.Upper("name"), r"Django's Upper.*@action function"),
        (timezone.now, r"now itself.*call it.*Now\(\)"),
        (Now, r"Now itself.*call it"),
    ],
)
def test_what_belongs_into_a_query_is_refused_with_what_belongs_into_a_tree(value: Any, advice: str) -> None:
    with pytest.raises(TreeDocumentError, match=advice):
        to_values({"starts": value}, "UpdateField.set")


def test_a_literal_nested_without_end_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(TreeDocumentError, match="nested"):
        Literal(endless)


def test_a_bare_value_is_a_literal_and_a_value_is_itself() -> None:
    assert to_value(5) == Literal(5)
    assert to_value(Field("price")) == Field("price")
    assert to_value({"value": "field"}) == Literal({"value": "field"})


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(TreeDocumentError) as caught:
        to_values({"a": object(), "b": 1, "c": float("nan")}, "set")
    assert [path for path, _text in caught.value.problems] == ["set.a", "set.c"]


@pytest.mark.parametrize("path", ["", "a b", "a..b", ".a", "a.", "price!", "seat.0"])
def test_a_field_path_is_names_with_dots_between(path: str) -> None:
    with pytest.raises(TreeDocumentError, match="path"):
        Field(path)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (Literal(5), {"value": "literal", "literal": 5}),
        (Literal(None), {"value": "literal", "literal": None}),
        (Field("seat.price"), {"value": "field", "field": "seat.price"}),
        (Template("{{ record.name }}"), {"value": "template", "template": "{{ record.name }}"}),
        (Now(days=-2), {"value": "now", "days": -2}),
        (Actor(), {"value": "actor"}),
        (Param("amount"), {"value": "param", "param": "amount"}),
    ],
)
def test_each_value_says_its_kind_in_json(value: Any, stored: dict[str, Any]) -> None:
    assert value.as_json() == stored
    assert next(iter(value.as_json())) == "value"


def test_now_is_moved_by_its_span() -> None:
    assert Now(days=-2, hours=3).offset() == timedelta(days=-2, hours=3)
    with pytest.raises(TreeDocumentError, match="calendar"):
        Now(weeks=10**12)


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Field("price").field = "seat"  # type: ignore[misc]
