"""When a Scheduled event comes next, over the changes of the clock, and what can't be a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from meanwhile import EventTree, Now, Scheduled, Span, TreeDocumentError
from meanwhile.actions.values import Field
from meanwhile.trees.scheduled_times import coming, fingerprint, next_after

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
CHANGES = [
    (BERLIN, datetime.fromisoformat("2026-03-29"), datetime.fromisoformat("2026-10-25")),
    (NEW_YORK, datetime.fromisoformat("2026-03-08"), datetime.fromisoformat("2026-11-01")),
]
ZONES = pytest.mark.parametrize(("zone", "spring", "autumn"), CHANGES, ids=["Berlin", "New York"])


def times(on: Scheduled, start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """All times after the start and before the end, on the wall clock."""
    found = coming(on, start, zone=zone, anchor=ANCHOR, most=2000)
    return [one.astimezone(zone) for one in found if one < end]


@ZONES
@pytest.mark.parametrize("cron", ["30 2 * * *", "0 2 * * *", "0 1 * * *", "15 3 * * *", "0 0 * * *"])
def test_a_daily_time_comes_exactly_once_a_day_all_year(
    zone: ZoneInfo, spring: datetime, autumn: datetime, cron: str
) -> None:
    start = datetime(2026, 1, 1, 12, tzinfo=zone)
    days = [one.date() for one in times(Scheduled(cron=cron), start, start + timedelta(days=364), zone)]
    assert days == [(start + timedelta(days=number)).date() for number in range(1, 365)]
    assert {spring.date(), autumn.date()} <= set(days)


@ZONES
def test_a_time_in_the_gap_moves_to_its_end_and_one_that_comes_twice_is_the_first(
    zone: ZoneInfo, spring: datetime, autumn: datetime
) -> None:
    half_past = Scheduled(cron="30 2 * * *" if zone is BERLIN else "30 1 * * *")
    in_gap = Scheduled(cron="30 2 * * *")
    [sprung] = times(in_gap, spring.replace(tzinfo=zone), (spring + timedelta(days=1)).replace(tzinfo=zone), zone)
    assert (sprung.hour, sprung.minute) == (3, 0)
    [fallen] = times(half_past, autumn.replace(tzinfo=zone), (autumn + timedelta(days=1)).replace(tzinfo=zone), zone)
    assert fallen.fold == 0
    assert fallen.utcoffset() == (autumn - timedelta(days=1)).replace(tzinfo=zone).utcoffset()


@ZONES
def test_who_asks_within_the_hour_that_comes_twice_is_told_no_time_that_is_over(
    zone: ZoneInfo, spring: datetime, autumn: datetime
) -> None:
    hour = 2 if zone is BERLIN else 1
    second = autumn.replace(hour=hour, minute=10, tzinfo=zone, fold=1)
    found = next_after(Scheduled(cron=f"30 {hour} * * *"), second, zone=zone, anchor=ANCHOR)
    assert found is not None
    assert found.astimezone(zone).date() == (autumn + timedelta(days=1)).date()


@ZONES
def test_an_hourly_time_comes_as_the_hours_pass(zone: ZoneInfo, spring: datetime, autumn: datetime) -> None:
    on = Scheduled(cron="0 * * * *")
    for day, hours in ((spring, 23), (autumn, 25)):
        start, end = (one.replace(tzinfo=zone) for one in (day - timedelta(seconds=1), day + timedelta(days=1)))
        assert len(times(on, start, end, zone)) == hours


@ZONES
def test_spans_of_days_keep_the_wall_clock_and_hours_pass(zone: ZoneInfo, spring: datetime, autumn: datetime) -> None:
    starting = (spring - timedelta(days=2)).replace(hour=7)
    after = starting.replace(tzinfo=zone) + timedelta(days=5)
    daily = times(Scheduled(every=Span(days=1), starting=starting), starting.replace(tzinfo=zone), after, zone)
    assert {(one.hour, one.minute) for one in daily} == {(7, 0)}
    hourly = times(Scheduled(every=Span(hours=24), starting=starting), starting.replace(tzinfo=zone), after, zone)
    assert {one.hour for one in hourly} == {7, 8}


def test_months_are_counted_from_the_beginning_and_not_from_month_to_month() -> None:
    on = Scheduled(every=Span(months=1), starting="2026-01-31T07:00")
    found = times(on, ANCHOR, datetime(2026, 6, 1, tzinfo=UTC), BERLIN)
    assert [f"{one:%d.%m. %H}" for one in found] == ["31.01. 07", "28.02. 07", "31.03. 07", "30.04. 07", "31.05. 07"]


def test_without_a_beginning_the_first_time_is_one_span_after_the_anchor() -> None:
    on = Scheduled(every=timedelta(hours=49, minutes=5))
    assert on.every == Span(days=2, hours=1, minutes=5)
    assert next_after(on, ANCHOR, zone=ZoneInfo("UTC"), anchor=ANCHOR) == ANCHOR + timedelta(hours=49, minutes=5)


def test_long_after_its_beginning_a_span_is_found_at_once() -> None:
    on = Scheduled(every=Span(minutes=1), starting="1990-01-01T00:00+00:00")
    late = datetime(2090, 1, 1, 0, 0, 30, tzinfo=UTC)
    assert next_after(on, late, zone=BERLIN, anchor=ANCHOR) == late.replace(minute=1, second=0)


@pytest.mark.parametrize("on", [Scheduled(cron="* * * * *"), Scheduled(every=Span(years=9_000))])
def test_outside_the_calendar_there_is_no_next_time(on: Scheduled) -> None:
    last = datetime(9999, 12, 31, 23, 59, 30, tzinfo=UTC)
    assert next_after(on, last, zone=ZoneInfo("UTC"), anchor=ANCHOR) is None


def test_what_begins_before_the_calendar_never_comes() -> None:
    on = Scheduled(every=Span(days=1), starting="0001-01-01T00:00")
    assert next_after(on, ANCHOR, zone=ZoneInfo("Europe/Berlin"), anchor=ANCHOR) is None


@pytest.mark.parametrize(
    ("cron", "told"),
    [
        ("61 * * * *", "“61” can't be the minute"),
        ("* 24 * * *", "“24” can't be the hour"),
        ("0 0 0 * *", "“0” can't be the day of the month"),
        ("0 0 1 13 *", "“13” can't be the month of the year"),
        ("0 0 * * someday", "“someday” can't be the day of the week"),
        ("0 0 * * 1#9", "“1#9” can't be the day of the week"),
        ("5-1 * * * *", "“5-1” can't be the minute"),
        ("0 0 30 2 *", "there is no such day"),
        ("* * * *", "takes five fields"),
        ("0 * * * * *", "takes five fields"),
    ],
)
def test_a_wrong_cron_expression_says_which_field_is_wrong(cron: str, told: str) -> None:
    with pytest.raises(TreeDocumentError) as error:
        Scheduled(cron=cron)
    assert ("Scheduled.cron" in str(error.value), told in str(error.value)) == (True, True), str(error.value)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "takes one of “cron” and “every”"),
        ({"cron": "* * * * *", "every": Span(hours=1)}, "takes one of “cron” and “every”"),
        ({"cron": "* * * * *", "starting": "2026-01-01T07:00"}, "takes “starting” with “every” alone"),
        ({"cron": "* * * * *", "where": {"status": "open"}}, "takes “where” with a model alone"),
        ({"every": timedelta(seconds=59)}, "whole minutes"),
        ({"every": timedelta(minutes=-5)}, "whole minutes"),
    ],
)
def test_what_does_not_go_together_is_told(options: dict, told: str) -> None:
    with pytest.raises(TreeDocumentError, match=told):
        Scheduled(**options)


def test_a_query_can_name_no_field_of_another_record() -> None:
    with pytest.raises(TreeDocumentError, match=r"Scheduled\.where\.price"):
        Scheduled("shop.Booking", cron="* * * * *", where={"price": Field("seat.price")})


def test_a_scheduled_tree_is_the_same_after_its_way_through_json() -> None:
    on = Scheduled("shop.Booking", cron=" 0  7 * * mon-fri ", where={"status": "open", "starts__lt": Now(days=2)})
    tree = EventTree("Morning", on=on, do=[])
    assert EventTree.from_json(tree.to_json()) == tree
    assert tree.as_json()["on"] == {
        "event": "scheduled",
        "model": "shop.Booking",
        "cron": "0 7 * * mon-fri",
        "where": {
            "status": {"value": "literal", "literal": "open"},
            "starts__lt": {"value": "now", "days": 2},
        },
    }


def test_only_what_changes_the_times_changes_the_fingerprint() -> None:
    daily = fingerprint(Scheduled(cron="0 7 * * *"), BERLIN)
    assert fingerprint(Scheduled("shop.Booking", cron="0 7 * * *", where={"status": "open"}), BERLIN) == daily
    assert fingerprint(Scheduled(cron="0 8 * * *"), BERLIN) != daily
    assert fingerprint(Scheduled(cron="0 7 * * *"), NEW_YORK) != daily
