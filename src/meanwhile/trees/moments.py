"""Moments, and when they are: true to the calendar and to daylight saving. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from meanwhile.exceptions import MomentError
from meanwhile.texts import gettext as _
from meanwhile.trees.moment_kinds import (
    After,
    AnyMoment,
    Before,
    DateField,
    DateTime,
    Moment,
    RightNow,
    StartOfNext,
    after,
    at,
    before,
    field,
    later,
    now,
    start_of_next,
    to_moment,
)

__all__ = [
    "After",
    "AnyMoment",
    "Before",
    "DateField",
    "DateTime",
    "Moment",
    "RightNow",
    "StartOfNext",
    "after",
    "at",
    "before",
    "field",
    "later",
    "now",
    "resolve",
    "start_of_next",
    "to_moment",
]

GetField = Callable[[str], date | datetime | None]


def resolve(moment: AnyMoment, now: datetime, zone: ZoneInfo, get_field: GetField) -> datetime:
    """Return when a moment is, as an aware datetime in UTC, where every hour comes once.

    ``now`` is aware; ``get_field`` gives the date or datetime that a field of the record holds. Days and longer are
    counted on the wall clock of ``zone``, hours and minutes as they pass. A local time that a clock change leaves out
    moves on by the gap, one that comes twice is the first. Raises `MomentError` for an empty field and for a moment
    outside every calendar. See “Delay until” in the event tree rules.
    """
    try:
        return _resolve(moment, now.astimezone(zone), zone, get_field).astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise MomentError(
            _("The moment %(moment)s is outside the calendar (years 1 to 9999).") % {"moment": moment.as_json()}
        ) from error


def _resolve(moment: AnyMoment, now: datetime, zone: ZoneInfo, get_field: GetField) -> datetime:
    match moment:
        case RightNow():
            return now
        case DateTime():
            return _in_zone(moment.when, zone)
        case StartOfNext():
            return _local(_start_of_next(moment.unit, now.date()), zone)
        case DateField():
            return _of_field(moment.field, get_field(moment.field), zone)
        case Before():
            return _shift(_resolve(moment.base, now, zone, get_field), moment, -1, zone)
        case After():
            return _shift(_resolve(moment.base, now, zone, get_field), moment, 1, zone)
        case _:
            assert_never(moment)


def _of_field(field: str, value: object, zone: ZoneInfo) -> datetime:
    match value:
        case None | "":
            raise MomentError(
                _("The field “%(field)s” is empty, so the Delay has no moment. Fill it, or test it with an If before.")
                % {"field": field}
            )
        case datetime():
            return _in_zone(value, zone)
        case date():
            return _local(datetime.combine(value, time()), zone)
        case _:
            raise MomentError(
                _("The field “%(field)s” holds %(value)r, which is no date. Name a date field in the Delay.")
                % {"field": field, "value": value}
            )


def _in_zone(value: datetime, zone: ZoneInfo) -> datetime:
    return _local(value, zone) if value.tzinfo is None else value.astimezone(zone)


def _local(naive: datetime, zone: ZoneInfo) -> datetime:
    """Return a local time as a moment. The way over UTC moves a time in a gap on by it; fold=0 is the first of two."""
    return naive.replace(tzinfo=zone, fold=0).astimezone(UTC).astimezone(zone)


def _start_of_next(unit: str, today: date) -> datetime:
    match unit:
        case "day":
            day = today + timedelta(days=1)
        case "month":
            day = _add_months(today.replace(day=1), 1)
        case _:
            day = date(today.year + 1, 1, 1)
    return datetime.combine(day, time())


def _shift(moment: datetime, span: Before | After, sign: int, zone: ZoneInfo) -> datetime:
    months, days = sign * (12 * span.years + span.months), sign * (7 * span.weeks + span.days)
    if months or days:
        wall = moment.replace(tzinfo=None)
        day = _add_months(wall.date(), months) + timedelta(days=days)
        moment = _local(datetime.combine(day, wall.time()), zone)
    passed = sign * timedelta(hours=span.hours, minutes=span.minutes)
    return (moment.astimezone(UTC) + passed).astimezone(zone)


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=1).replace(
        day=min(day.day, calendar.monthrange(year, month + 1)[1])
    )
