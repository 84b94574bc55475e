"""Queue what comes again and again, when its time has come.

The rows of the table say when; this role sleeps until the nearest of them, and looks about once a sweep for what
changed. Where nothing is scheduled it asks for no rows.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from meanwhile.clock import Clock
from meanwhile.queue import schedule
from meanwhile.queue.schedule import Periodic
from meanwhile.queue.schedule_models import Schedule
from meanwhile.queue.wake import Wake
from meanwhile.queue.worker.role import Role

SETTLE_EVERY = 60.0
"""Seconds after which rows that don't fit what this process knows are put right. Those that it saw change itself are
at once; the others may be the business of processes that run other code, which are about to end or have just begun."""

SHORTEST = 0.01


class Scheduler(Role):
    """Sleeps until something is due."""

    name = "scheduler"

    def __init__(self, using: str, *, sweep: float, clock: Clock) -> None:
        super().__init__(using)
        self.wake = Wake()
        self._sweep, self._clock = sweep, clock
        self._known: dict[str, str] = {}
        self._settle_at = clock.monotonic() + SETTLE_EVERY

    def turn(self) -> None:
        """Queue what is due, and sleep."""
        self.wake.wait(self.look())

    def interrupt(self) -> None:
        """End the sleep."""
        self.wake.set()

    def look(self) -> float:
        """Queue what is due; return for how many seconds there is nothing to do."""
        periodics = schedule.periodics()
        self._follow(periodics, self._clock.now())
        if not periodics:
            return self._sweep
        seen = self._clock.now()
        schedule.take_due(periodics, clock=self._clock, using=self.using)
        keys = [one.key for one in periodics]
        # What was due and is still there could not be served, or is the business of other code: no haste is of use.
        rows = Schedule.objects.using(self.using).filter(key__in=keys, next_at__gt=seen)
        nearest = rows.aggregate(at=Min("next_at"))["at"]
        return self._sweep if nearest is None else self._until(nearest)

    def _follow(self, periodics: list[Periodic], now: datetime) -> None:
        """Have the rows follow what changed in this process, and settle what others have left behind."""
        before, self._known = self._known, {one.key: one.fingerprint for one in periodics}
        fresh = [one for one in periodics if before.get(one.key) != one.fingerprint]
        gone = [key for key in before if key not in self._known]
        if fresh:
            schedule.ensure(fresh, now=now, using=self.using)
        schedule.forget(gone, using=self.using)
        if self._clock.monotonic() >= self._settle_at:
            self._settle_at = self._clock.monotonic() + SETTLE_EVERY
            schedule.forget_overdue(list(self._known), before=now - schedule.LONG_OVER, using=self.using)
            if periodics:
                schedule.ensure(periodics, now=now, using=self.using)

    def _until(self, nearest: datetime) -> float:
        return min(self._sweep, max(SHORTEST, (nearest - self._clock.now()).total_seconds()))
