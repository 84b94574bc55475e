from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meanwhile.exceptions import MomentError, TreeDocumentError
from meanwhile.trees.moments import after, at, before, field, later, now, resolve, start_of_next
from tests import strategies

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 5, 15, 12, tzinfo=BERLIN)


def when(moment: Any, zone: ZoneInfo = BERLIN, present: datetime = NOON, **fields: Any) -> datetime:
    return resolve(moment, present, zone, lambda path: fields[path])


def local(*parts: int, zone: ZoneInfo = BERLIN, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=zone, fold=fold)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (now(), NOON),
        (later(hours=3, minutes=5), local(2026, 5, 15, 15, 5)),
        (at("2026-06-01T08:30"), local(2026, 6, 1, 8, 30)),
        (at(datetime(2026, 6, 1, 8, 30, tzinfo=UTC)), local(2026, 6, 1, 10, 30)),
        (start_of_next("day"), local(2026, 5, 16)),
        (start_of_next("month"), local(2026, 6, 1)),
        (start_of_next("year"), local(2027, 1, 1)),
        (before(start_of_next("month"), hours=1), local(2026, 5, 31, 23)),
        (after(before(now(), weeks=1), days=2), local(2026, 5, 10, 12)),
    ],
)
def test_moments_that_need_no_field(moment: Any, expected: datetime) -> None:
    assert when(moment) == expected


def test_a_field_gives_its_moment_and_a_day_its_start() -> None:
    starts = datetime(2026, 5, 20, 6, 30, tzinfo=UTC)
    assert when(field("starts"), starts=starts) == starts
    assert when(before("starts", days=2), starts=starts) == starts - timedelta(days=2)
    assert when(field("day"), day=date(2026, 5, 20)) == local(2026, 5, 20)
    assert when(field("naive"), naive=datetime.fromisoformat("2026-05-20T06:00")) == local(2026, 5, 20, 6)


@pytest.mark.parametrize(
    ("day", "shift", "expected"),
    [
        (date(2026, 1, 31), {"months": 1}, date(2026, 2, 28)),
        (date(2028, 1, 31), {"months": 1}, date(2028, 2, 29)),
        (date(2028, 2, 29), {"years": 1}, date(2029, 2, 28)),
        (date(2026, 12, 15), {"months": 1}, date(2027, 1, 15)),
        (date(2026, 1, 31), {"months": 1, "days": 1}, date(2026, 3, 1)),
        (date(2026, 5, 15), {"years": 2, "months": 14, "weeks": 1}, date(2029, 7, 22)),
    ],
)
def test_months_and_years_are_true_to_the_calendar(day: date, shift: dict[str, int], expected: date) -> None:
    assert when(after("day", **shift), day=day).astimezone(BERLIN).date() == expected


def test_a_month_before_the_end_of_march_is_the_end_of_february() -> None:
    assert when(before("day", months=1), day=date(2026, 3, 31)) == local(2026, 2, 28)


def test_days_keep_the_local_time_over_a_clock_change_and_hours_pass() -> None:
    evening_before_spring = local(2026, 3, 28, 20)
    assert when(later(days=1), present=evening_before_spring) == local(2026, 3, 29, 20)
    assert when(later(hours=24), present=evening_before_spring) == local(2026, 3, 29, 21)
    evening_before_autumn = local(2026, 10, 24, 20)
    assert when(later(days=1), present=evening_before_autumn) == local(2026, 10, 25, 20)
    assert when(later(hours=24), present=evening_before_autumn) == local(2026, 10, 25, 19)


def test_a_local_time_in_the_gap_moves_on_by_the_gap() -> None:
    # 2026-03-29, 02:00 becomes 03:00.
    assert when(at("2026-03-29T02:30")) == local(2026, 3, 29, 3, 30)
    assert when(later(days=1), present=local(2026, 3, 28, 2, 30)) == local(2026, 3, 29, 3, 30)
    # At midnight, too: Beirut's 2026-03-29 begins at 01:00.
    beirut = ZoneInfo("Asia/Beirut")
    day = when(field("day"), zone=beirut, day=date(2026, 3, 29)).astimezone(beirut)
    assert (day.hour, day.day) == (1, 29)


def test_a_local_time_that_comes_twice_is_the_first() -> None:
    # 2026-10-25, 03:00 becomes 02:00.
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert when(at("2026-10-25T02:30")) == first
    assert when(later(days=1), present=local(2026, 10, 24, 2, 30)) == first


def test_an_hour_passes_within_the_doubled_hour() -> None:
    assert when(later(hours=1), present=datetime(2026, 10, 25, 0, 30, tzinfo=UTC)) == datetime(
        2026, 10, 25, 1, 30, tzinfo=UTC
    )


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_field_is_an_error_that_names_it(value: Any) -> None:
    with pytest.raises(MomentError, match="“starts” is empty"):
        when(before("starts", days=2), starts=value)


def test_a_field_that_holds_no_date_is_an_error_that_names_it() -> None:
    with pytest.raises(MomentError, match=r"“price”.*no date"):
        when(field("price"), price=5)


@pytest.mark.parametrize("shift", [{"years": 9000}, {"days": 10**9}, {"minutes": 10**9}, {"months": 10**9}])
@pytest.mark.parametrize("direction", [before, after])
def test_a_moment_outside_the_calendar_is_an_error(direction: Any, shift: dict[str, int]) -> None:
    base = direction(at("2026-01-01") if direction is after else at("0001-01-02"), **shift)
    if shift == {"minutes": 10**9} and direction is after:
        base = after(at("9998-01-01"), **shift)
    with pytest.raises(MomentError, match="calendar"):
        when(base)


@pytest.mark.parametrize(
    "make",
    [
        lambda: before("starts"),
        lambda: before("starts", days=0),
        lambda: before("starts", days=-1),
        lambda: before("starts", days=1.5),  # type: ignore[arg-type]
        lambda: before("starts", days=True),
        lambda: before("starts", fortnights=1),
        lambda: before("sta rts", days=1),
        lambda: before(5, days=1),  # type: ignore[arg-type]
        lambda: start_of_next("week"),  # type: ignore[arg-type]
        lambda: at("tomorrow"),
        lambda: at(5),  # type: ignore[arg-type]
        lambda: field(""),
    ],
)
def test_a_moment_that_makes_no_sense_is_refused(make: Any) -> None:
    with pytest.raises(TreeDocumentError):
        make()


def test_a_moment_keeps_its_offset_in_json() -> None:
    moment = at(datetime(2026, 6, 1, 8, 30, tzinfo=BERLIN))
    assert moment.as_json() == {"at": "datetime", "when": "2026-06-01T08:30:00+02:00"}
    assert moment.when == datetime(2026, 6, 1, 8, 30, tzinfo=timezone(timedelta(hours=2)))


@strategies.patiently
@given(
    moment=strategies.moments,
    present=st.datetimes(datetime(1980, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(["Europe/Berlin", "Asia/Beirut", "America/New_York", "Australia/Lord_Howe", "UTC"]).map(
        ZoneInfo
    ),
)
def test_any_moment_is_a_time_in_utc_or_told_to_be_none(moment: Any, present: datetime, zone: ZoneInfo) -> None:
    try:
        found = resolve(moment, present, zone, lambda path: present.date())
    except MomentError:
        return
    assert found.tzinfo is UTC


@strategies.patiently
@given(
    days=st.integers(0, 2000),
    start=st.datetimes(datetime(1980, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_days_later_is_the_same_local_time_unless_the_clocks_leave_it_out(days: int, start: datetime) -> None:
    present = start.astimezone(BERLIN)
    found = when(after(now(), days=days + 1), present=present).astimezone(BERLIN)
    wanted = present.replace(tzinfo=None) + timedelta(days=days + 1)
    assert found.replace(tzinfo=None) - wanted in {timedelta(0), timedelta(hours=1)}
