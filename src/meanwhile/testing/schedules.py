"""Let scheduled trees fire in a test, as time goes by."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from meanwhile import conf
from meanwhile.clock import FixedClock
from meanwhile.queue import schedule
from meanwhile.queue.claim import look_out
from meanwhile.queue.schedule_models import Schedule
from meanwhile.testing.background import run_background
from meanwhile.testing.moments import current_clock, using_clock


def run_schedules(until: datetime, *, raise_errors: bool = False) -> int:
    """Let time go by until ``until`` (aware), fire each scheduled tree whenever its time comes, and run all jobs that
    are due meanwhile; return how often a tree fired.

    It begins now, or at the moment of `clock_at`, whose clock stands at ``until`` afterwards. Spans without a
    ``starting`` are counted from the first call of a test. ``raise_errors`` is that of `run_background`; the failed
    run of one record of many stops nothing. Raises ValueError if ``until`` lies in the past.

        with clock_at(datetime(2026, 3, 2, 6, tzinfo=UTC)):
            assert run_schedules(until=datetime(2026, 3, 3, 6, tzinfo=UTC)) == 1
        assert "Your day" in mail.outbox[0].subject
    """
    present, using = current_clock(), conf.get().database
    if until < present.now():
        message = f"Time goes forward only: it is {present.now().isoformat()}, and {until.isoformat()} is before that."
        raise ValueError(message)
    clock = present if isinstance(present, FixedClock) else FixedClock(present.now())
    with using_clock(clock):
        schedule.ensure(schedule.periodics(), now=clock.now(), using=using)
        fired = schedule.take_due(schedule.periodics(), clock=clock, using=using)
        run_background(clock, raise_errors=raise_errors)
        while (moment := _next(clock.now(), using)) is not None and moment <= until:
            _move(clock, moment)
            fired += schedule.take_due(schedule.periodics(), clock=clock, using=using)
            run_background(clock, raise_errors=raise_errors)
        _move(clock, until)
    return fired


def _next(now: datetime, using: str) -> datetime | None:
    """Return when a tree fires or a job is due next."""
    keys = [one.key for one in schedule.periodics()]
    rows = Schedule.objects.using(using).filter(key__in=keys, next_at__gt=now)
    fires: datetime | None = rows.aggregate(at=Min("next_at"))["at"]
    return min(filter(None, (fires, look_out(now, using=using).next_due)), default=None)


def _move(clock: FixedClock, moment: datetime) -> None:
    clock.advance(seconds=max(0.0, (moment - clock.now()).total_seconds()))
