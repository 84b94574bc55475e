from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meanwhile.actions.values import AnyValue, Field, Literal
from meanwhile.exceptions import ConditionError, TreeDocumentError
from meanwhile.trees.condition_kinds import OPERATORS
from meanwhile.trees.conditions import (
    All,
    AnyOf,
    Changed,
    ChangedTo,
    Count,
    Facts,
    Is,
    IsNew,
    Not,
    Was,
    evaluate,
    walk,
)
from tests import strategies
from tests.shop.models import Seat

BERLIN = ZoneInfo("Europe/Berlin")


class Known:
    """Facts from dicts."""

    def __init__(self, old: dict[str, Any] | None = None, new: bool = False, count: int = 0, **values: Any) -> None:
        self._values, self._old, self._new, self._count = values, old or {}, new, count
        self.asked: tuple[str, Mapping[str, AnyValue]] | None = None

    def value(self, path: str) -> Any:
        return self._values[path.replace(".", "__")]

    def old(self, path: str) -> Any:
        return self._old.get(path)

    def changed(self, name: str) -> bool:
        return name in self._old and self._old[name] != self._values.get(name)

    def is_new(self) -> bool:
        return self._new

    def count(self, target: str, where: Mapping[str, AnyValue]) -> int:
        self.asked = (target, where)
        return self._count

    def resolve(self, value: AnyValue) -> Any:
        return value.literal if isinstance(value, Literal) else self.value(value.field)  # type: ignore[union-attr]

    def is_secret(self, path: str) -> bool:
        return "password" in path


def holds(condition: Any, zone: Any = BERLIN, **facts: Any) -> bool:
    known: Facts = Known(**facts)
    return evaluate(condition, known, zone)


@pytest.mark.parametrize(
    ("op", "right", "expected"),
    [
        ("==", 100, True),
        ("!=", 100, False),
        ("<", 101, True),
        ("<", 100, False),
        ("<=", 100, True),
        (">", 99, True),
        (">=", 100, True),
        (">=", 101, False),
        ("in", [1, 100], True),
        ("in", [], False),
        ("not_in", [1, 100], False),
        ("not_in", [1], True),
        ("between", [100, 200], True),
        ("between", [0, 100], True),
        ("between", [101, 200], False),
    ],
)
def test_numbers_are_compared(op: str, right: Any, expected: bool) -> None:
    assert holds(Is("price", op, right), price=Decimal("100.00")) is expected


@pytest.mark.parametrize(
    ("op", "right", "expected"),
    [
        ("contains", "Gro", True),
        ("contains", "gro", False),
        ("icontains", "GRO", True),
        ("icontains", "strasse", True),
        ("startswith", "In", True),
        ("startswith", "Gro", False),
        ("endswith", "Straße", True),
        ("endswith", "Gro", False),
        ("in", ["x", "In Großer Straße"], True),
    ],
)
def test_texts_are_searched(op: str, right: Any, expected: bool) -> None:
    assert holds(Is("name", op, right), name="In Großer Straße") is expected


@pytest.mark.parametrize(
    ("value", "empty"), [(None, True), ("", True), ([], True), ({}, True), (0, False), (False, False), ("x", False)]
)
def test_empty_is_nothing_or_nothing_in_it(value: Any, empty: bool) -> None:
    assert holds(Is("notes", "empty"), notes=value) is empty
    assert holds(Is("notes", "not_empty"), notes=value) is not empty


@pytest.mark.parametrize(
    "op", ["<", "<=", ">", ">=", "in", "not_in", "contains", "icontains", "startswith", "endswith", "between"]
)
def test_nothing_is_compared_as_false(op: str) -> None:
    right: Any = [1, 2] if op in {"in", "not_in", "between"} else "x"
    assert holds(Is("price", op, right), price=None) is False
    if op not in {"in", "not_in", "between"}:
        assert holds(Is("price", op, None), price="x") is False


@pytest.mark.parametrize("op", sorted(set(OPERATORS) - {"==", "!=", "empty", "not_empty"}))
def test_a_field_behind_an_empty_relation_is_compared_as_false(op: str) -> None:
    assert holds(Is("price", op, Field("seat.price")), price=5, seat__price=None) is False
    assert holds(Is("price", op, Field("seat.price")), price="x", seat__price=None) is False


def test_nothing_equals_nothing_alone() -> None:
    assert holds(Is("price", None), price=None)
    assert not holds(Is("price", "!=", None), price=None)
    assert not holds(Is("price", 5), price=None)
    assert holds(Is("price", "!=", 5), price=None)
    assert not holds(Is("price", None), price=0)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (date(2026, 5, 1), "2026-05-01"),
        (datetime(2026, 5, 1, 8, tzinfo=UTC), "2026-05-01T08:00:00+00:00"),
        (datetime(2026, 5, 1, 8, tzinfo=UTC), "2026-05-01T10:00:00"),
        (datetime(2026, 4, 30, 23, tzinfo=UTC), "2026-05-01"),
        (time(8), "08:00"),
        (timedelta(hours=1), "PT1H"),
        (Decimal("1.10"), "1.1"),
        (Decimal("1.1"), 1.1),
        (UUID(int=5), str(UUID(int=5))),
        (True, 1),
        (Seat(pk=5), 5),
        (5, Seat(pk=5)),
        (datetime(2026, 4, 30, 23, tzinfo=UTC), date(2026, 5, 1)),
    ],
)
def test_what_means_the_same_is_equal(left: Any, right: Any) -> None:
    assert holds(Is("x", Field("y")), x=left, y=right)
    assert not holds(Is("x", "!=", Field("y")), x=left, y=right)


@pytest.mark.parametrize(
    ("left", "op", "right"),
    [
        (5, "<", "x"),
        ("x", ">", 5),
        (date(2026, 1, 1), "<", 5),
        (date(2026, 1, 1), "==", "tomorrow"),
        (Decimal(5), "==", "five"),
        (Decimal("NaN"), "<", 5),
        (5, "contains", "x"),
        ("x", "startswith", 5),
        (5, "in", 5),
        (5, "between", [1]),
        ("x", "==", 5),
        (object(), "<", object()),
        ({}, "<", {}),
    ],
)
def test_what_cannot_be_compared_is_a_clear_error(left: Any, op: str, right: Any) -> None:
    with pytest.raises(ConditionError, match=r"“x”.*“" + op):
        holds(Is("x", op, Field("y")), x=left, y=right)


mixed = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.decimals(), st.dates(),
    st.datetimes(), st.datetimes(timezones=st.just(UTC)), st.times(), st.timedeltas(), st.uuids(),
    st.lists(st.integers(), max_size=3), st.dictionaries(st.text(), st.integers(), max_size=2),
)  # fmt: skip


@strategies.patiently
@given(
    left=mixed,
    op=st.sampled_from(sorted(set(OPERATORS) - {"empty", "not_empty"})),
    right=mixed,
)
def test_any_two_values_are_compared_or_told_to_be_different(left: Any, op: str, right: Any) -> None:
    with suppress(ConditionError):
        assert holds(Is("x", op, Field("y")), x=left, y=right) in {True, False}


def test_the_doubled_hour_of_autumn_is_in_order() -> None:
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    assert holds(Is("x", "<", Field("y")), x=first, y=second)


def test_old_values_and_changes_are_asked_of_the_event() -> None:
    facts: dict[str, Any] = {"old": {"status": "draft", "name": "Ada"}, "status": "paid", "name": "Ada"}
    assert holds(Was("status", "draft"), **facts)
    assert not holds(Was("status", "!=", "draft"), **facts)
    assert holds(Changed("name", "status"), **facts)
    assert not holds(Changed("name"), **facts)
    assert holds(ChangedTo("status", "paid"), **facts)
    assert not holds(ChangedTo("status", "draft"), **facts)
    assert not holds(ChangedTo("name", "Ada"), **facts)
    assert holds(IsNew(), new=True)
    assert not holds(IsNew(), new=False)


def test_rows_are_counted_with_the_filter_as_it_stands() -> None:
    facts = Known(count=2)
    condition = Count("tickets", ">=", 2, where={"paid": True, "seat": Field("seat")})
    assert evaluate(condition, facts)
    assert facts.asked == ("tickets", {"paid": Literal(True), "seat": Field("seat")})
    assert not evaluate(Count("shop.Ticket", "<", 2), facts)
    assert Count(Seat, "==", 0).of == "shop.Seat"


@pytest.mark.parametrize(("lookup", "count"), [("price__gte", 0), ("price__in", 0), ("price", 2), ("price__isnull", 2)])
def test_no_row_is_more_or_less_than_nothing(lookup: str, count: int) -> None:
    condition = Count("shop.Seat", "==", count, where={lookup: Field("seat.price")})
    assert evaluate(condition, Known(count=2, seat__price=None))
    assert evaluate(Count("shop.Seat", "==", 2, where={lookup: Field("seat.price")}), Known(count=2, seat__price=5))


def test_a_secret_is_not_shown_by_the_error_of_a_comparison() -> None:
    for condition in (Is("password", ">", 3), Is("x", "<", Field("password")), Was("password", ">", 3)):
        with pytest.raises(ConditionError) as caught:
            holds(condition, password="hunter2", x=3, old={"password": "hunter2"})
        assert "hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert "********" in str(caught.value)
    with pytest.raises(ConditionError, match="'open'"):
        holds(Is("status", ">", 3), status="open")


def test_a_secret_is_not_shown_by_the_error_of_a_count() -> None:
    class Refusing(Known):
        def count(self, target: str, where: Mapping[str, AnyValue]) -> int:
            raise ConditionError(f"expected a number but got {self._values}")

    with pytest.raises(ConditionError, match="secret") as caught:
        evaluate(Count("tickets", ">", 1, where={"pk": Field("password")}), Refusing(password="hunter2"))
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None
    with pytest.raises(ConditionError, match="Ada"):
        evaluate(Count("tickets", ">", 1, where={"pk": Field("name")}), Refusing(name="Ada"))


def test_conditions_are_combined_with_operators() -> None:
    combined = Is("a", 1) & Is("b", 1) & ~Is("c", 1)
    assert combined == All(Is("a", 1), Is("b", 1), Not(Is("c", 1)))
    assert holds(combined, a=1, b=1, c=2)
    assert not holds(combined, a=1, b=1, c=1)
    either = Is("a", 1) | Is("b", 1)
    assert either == AnyOf(Is("a", 1), Is("b", 1))
    assert holds(either, a=2, b=1)
    assert not holds(either, a=2, b=2)
    assert holds(AnyOf(All(Is("a", 1), Is("b", 2)), Not(Is("a", 2))), a=3, b=9)


def test_what_follows_is_not_asked_when_the_answer_is_known() -> None:
    assert not holds(Is("a", 1) & Is("missing", 1), a=2)
    assert holds(Is("a", 2) | Is("missing", 1), a=2)


def test_two_arguments_compare_for_equality_unless_the_operator_takes_no_value() -> None:
    assert Is("status", "paid") == Is("status", "==", "paid")
    assert Is("notes", "empty").to is None
    assert Is("notes", "==", "empty").to == Literal("empty")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Is("price", "~", 5),
        lambda: Is("price"),
        lambda: Is("price", "empty", 5),
        lambda: Is("pri ce", 5),
        All,
        AnyOf,
        Changed,
        lambda: Not("x"),  # type: ignore[arg-type]
        lambda: Count("tickets", "contains", 5),
        lambda: Count("tickets", "==", True),
        lambda: Count("tick ets", "==", 5),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(make: Any) -> None:
    with pytest.raises(TreeDocumentError):
        make()


def test_all_parts_of_a_condition_are_walked_with_their_places() -> None:
    condition = All(Is("a", 1), Not(AnyOf(IsNew(), Changed("b"))))
    assert [place for place, _one in walk(condition)] == ["", "of.0", "of.1", "of.1.of", "of.1.of.of.0", "of.1.of.of.1"]


@strategies.patiently
@given(strategies.conditions)
def test_a_condition_is_the_same_or_its_negation(condition: Any) -> None:
    facts = _Anything()
    try:
        answer = evaluate(condition, facts)
    except ConditionError:
        return
    assert evaluate(~condition, facts) is not answer


class _Anything:
    def value(self, path: str) -> Any:
        return len(path)

    old = value

    def changed(self, name: str) -> bool:
        return len(name) % 2 == 0

    def is_new(self) -> bool:
        return True

    def count(self, target: str, where: Mapping[str, AnyValue]) -> int:
        return len(target)

    def resolve(self, value: AnyValue) -> Any:
        return getattr(value, "literal", 3)

    def is_secret(self, path: str) -> bool:
        return len(path) % 2 == 0
