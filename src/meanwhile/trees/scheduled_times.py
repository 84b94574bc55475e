"""When a Scheduled event comes next: true to the calendar and to daylight saving. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim

from meanwhile.exceptions import MomentError
from meanwhile.trees.moment_kinds import DateTime, at
from meanwhile.trees.moments import after, resolve
from meanwhile.trees.scheduled_event import Scheduled, Span

SECONDS = {
    "minutes": 60.0,
    "hours": 3600.0,
    "days": 86400.0,
    "weeks": 604800.0,
    "months": 2629746.0,
    "years": 31556952.0,
}
"""About how long each unit is; a month and a year as they are in the mean."""

MARGIN = 2
"""Spans by which a mean month or a change of the clock may be off."""


def next_after(event: Scheduled, moment: datetime, *, zone: ZoneInfo, anchor: datetime) -> datetime | None:
    """Return the first time of an event that is later than ``moment``, in UTC; None if there is none.

    ``moment`` and ``anchor`` are aware. Fields of a cron expression mean the wall clock of ``zone``: a fixed time that
    a clock change leaves out moves on to the end of the gap, one that comes twice is the first, so that a daily one
    comes once each day; ``*`` in minutes or hours means as the hours pass. Spans are counted from ``starting``, which
    is a time itself, or else from ``anchor``, which is none.
    """
    if event.cron:
        return _next_of_cron(event.cron, moment, zone)
    assert event.every is not None
    if event.starting is None:
        return _next_of_span(event.every, moment, zone, anchor, first=1)
    try:
        start = resolve(at(event.starting), moment, zone, lambda _path: None)
    except MomentError:
        return None
    return _next_of_span(event.every, moment, zone, start, first=0)


def coming(event: Scheduled, moment: datetime, *, zone: ZoneInfo, anchor: datetime, most: int) -> Iterator[datetime]:
    """Yield the next times of an event after a moment, at most so many."""
    for _number in range(most):
        found = next_after(event, moment, zone=zone, anchor=anchor)
        if found is None:
            return
        yield found
        moment = found


def fingerprint(event: Scheduled, zone: ZoneInfo) -> str:
    """Return what names the times of an event: another one has other times."""
    told = {key: value for key, value in event.as_json().items() if key in {"cron", "every", "starting"}}
    return hashlib.sha256(json.dumps([told, zone.key], sort_keys=True).encode()).hexdigest()


def _next_of_cron(cron: str, moment: datetime, zone: ZoneInfo) -> datetime | None:
    try:
        for found in CronSim(cron, moment.astimezone(zone)):
            # A wall clock that was put back shows times once more that are over.
            if (there := found.astimezone(UTC)) > moment:
                return there
    except OverflowError:
        pass
    return None


def _next_of_span(span: Span, moment: datetime, zone: ZoneInfo, start: datetime, *, first: int) -> datetime | None:
    units = span.units()
    about = sum(SECONDS[unit] * number for unit, number in units.items())
    number = max(first, int((moment - start).total_seconds() / about) - MARGIN)
    base = DateTime(when=start)
    try:
        while True:
            found = start
            if number:
                times = {unit: number * one for unit, one in units.items()}
                found = resolve(after(base, **times), start, zone, lambda _path: None)
            if found > moment:
                return found.astimezone(UTC)
            number += 1
    except (MomentError, OverflowError):
        return None
