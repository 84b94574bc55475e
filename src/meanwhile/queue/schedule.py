"""What comes again and again: a row for each says when it comes next, and one job is queued for each time it came.

The queue knows of periodic things what `Periodic` says, from the sources that are registered. A worker's scheduler
(`worker/scheduler.py`) moves a row on and queues the job in one transaction, guarded by the time that the row was read
with: so each time is taken by one worker alone, and whatever dies in between loses and doubles nothing. Of the times
that passed while no worker ran the latest one is made up for; a clock that is put back takes nothing a second time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from django.apps import apps
from django.db import transaction

from meanwhile.clock import Clock
from meanwhile.exceptions import MeanwhileError
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.jobs import NewJob
from meanwhile.queue.models import Job
from meanwhile.queue.schedule_models import Schedule
from meanwhile.queue.states import State

logger = logging.getLogger("meanwhile.queue")

SERIAL_PREFIX = "schedule:"

LOOK_BACK = (
    timedelta(minutes=2),
    timedelta(hours=2),
    timedelta(days=2),
    timedelta(days=62),
    timedelta(days=800),
)
"""How far to look back for the latest time that passed, one after the other until there is one."""


LONG_OVER = timedelta(minutes=1)
"""A time that passed so long ago without anybody who knows of it is nobody's."""


class Periodic(Protocol):
    """Something that comes again and again."""

    @property
    def key(self) -> str:
        """What names it in the whole project, for good."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def fingerprint(self) -> str:
        """What names its times: they are worked out anew when this is another one."""

    def next_after(self, moment: datetime, anchor: datetime) -> datetime | None:
        """Return the first time after a moment, None if there is none; intervals are counted from ``anchor``."""

    def job(self, occurrence: datetime, serial_key: str) -> NewJob:
        """Return the job for one of the times."""


Source = Callable[[], Sequence[Periodic]]


def register(name: str, source: Source) -> None:
    """Make known who has periodic things; called once, when the app starts."""
    _sources()[name] = source


def periodics() -> list[Periodic]:
    """Return all periodic things that there are now, by key."""
    found = [one for source in tuple(_sources().values()) for one in source()]
    return sorted(found, key=lambda one: one.key)


def serial_key(key: str) -> str:
    """Return the key under which the jobs of one periodic thing run one after the other."""
    return f"{SERIAL_PREFIX}{key}"[:200]


def ensure(wanted: Iterable[Periodic], *, now: datetime, using: str) -> None:
    """See to it that each of these has a row with its times; a new or changed one comes next after ``now``."""
    wanted = list(wanted)
    rows = Schedule.objects.using(using)
    known = rows.in_bulk([one.key for one in wanted])
    anchor = now.replace(second=0, microsecond=0)
    for one in wanted:
        row = known.get(one.key)
        if row is not None and row.fingerprint == one.fingerprint:
            continue
        times = {"fingerprint": one.fingerprint, "anchor": anchor, "next_at": one.next_after(now, anchor)}
        if row is None:
            rows.bulk_create([Schedule(key=one.key, **times)], ignore_conflicts=True)
        else:
            rows.filter(key=one.key, fingerprint=row.fingerprint).update(**times)


def forget(keys: Collection[str], *, using: str) -> None:
    """Delete the rows of what is no longer periodic: it comes no more, and begins anew if it ever comes again."""
    if keys:
        Schedule.objects.using(using).filter(key__in=keys).delete()


def forget_overdue(known: Collection[str], *, before: datetime, using: str) -> None:
    """Delete the rows whose time passed before a moment without anybody who knows them; ``known`` are known here."""
    Schedule.objects.using(using).filter(next_at__lt=before).exclude(key__in=known).delete()


def take_due(wanted: Iterable[Periodic], *, clock: Clock, using: str) -> int:
    """Queue a job for each of these whose time has come, and move its row on; return how many jobs.

    Of several times that passed the latest counts. Where the job of an earlier time has not even begun there is no
    other one: the time falls out, and the row and the log say so.
    """
    by_key, now = {one.key: one for one in wanted}, clock.now()
    due = Schedule.objects.using(using).filter(next_at__lte=now).order_by("next_at", "key")
    queued = 0
    for row in due if by_key else ():
        one = by_key.get(row.key)
        if one is not None and one.fingerprint == row.fingerprint:
            try:
                queued += _take(one, row, clock, using)
            except MeanwhileError:
                logger.exception("A schedule could not be served; the others go on.", extra={"schedule": row.key})
    return queued


def look(*, clock: Clock, using: str) -> int:
    """Do once what a worker's scheduler does all the time, for who has no worker; return how many jobs were queued."""
    known, now = periodics(), clock.now()
    forget_overdue([one.key for one in known], before=now - LONG_OVER, using=using)
    if known:
        ensure(known, now=now, using=using)
    return take_due(known, clock=clock, using=using)


def run_now(one: Periodic, *, clock: Clock, using: str) -> int:
    """Queue a job for this moment, whatever the times are; the row stays as it is. Return the job's id."""
    return enqueue([one.job(clock.now(), serial_key(one.key))], using=using, clock=clock)[0]


def latest(one: Periodic, row: Schedule, now: datetime) -> datetime:
    """Return the last time of a row that is due which is not later than ``now``."""
    assert row.next_at is not None
    for span in LOOK_BACK:
        start = now - span
        if start < row.next_at:
            break
        first = one.next_after(start, row.anchor)
        if first is not None and first <= now:
            return _last(one, row, first, now)
    return _last(one, row, row.next_at, now)


def wake_local() -> None:
    """Have the schedulers of this process look at once: what is scheduled has changed."""
    for worker in tuple(apps.get_app_config("meanwhile").workers):  # type: ignore[attr-defined]
        worker.look_at_schedules()


def _last(one: Periodic, row: Schedule, first: datetime, now: datetime) -> datetime:
    while (following := one.next_after(first, row.anchor)) is not None and following <= now:
        first = following
    return first


def _take(one: Periodic, row: Schedule, clock: Clock, using: str) -> int:
    assert row.next_at is not None
    now = clock.now()
    occurrence = latest(one, row, now)
    rows = Schedule.objects.using(using).filter(key=row.key, fingerprint=row.fingerprint, next_at=row.next_at)
    serial = serial_key(row.key)
    with transaction.atomic(using=using):
        if not rows.update(next_at=one.next_after(now, row.anchor)):
            return 0  # another worker has taken it, or it is no longer there
        mine = Schedule.objects.using(using).filter(key=row.key)
        if _still_waits(serial, using):
            mine.update(skipped_at=occurrence)
            facts = {"schedule": row.key, "occurrence": occurrence.isoformat()}
            logger.warning("A time of a schedule fell out: the job of an earlier one still waits.", extra=facts)
            return 0
        [job] = enqueue([one.job(occurrence, serial)], using=using, clock=clock)
        mine.update(last_at=occurrence, last_job=job)
    if occurrence != row.next_at:
        facts = {"schedule": row.key, "missed": row.next_at.isoformat(), "occurrence": occurrence.isoformat()}
        logger.warning("Times of a schedule passed while no worker ran; the latest is made up for.", extra=facts)
    return 1


def _still_waits(serial: str, using: str) -> bool:
    """Say whether a job of an earlier time has not begun yet, or waits for another try."""
    return Job.objects.using(using).filter(serial_key=serial, state=State.READY).exists()


def _sources() -> dict[str, Source]:
    sources: dict[str, Source] = apps.get_app_config("meanwhile").schedules  # type: ignore[attr-defined]
    return sources
