"""Run what is due in the current thread: for tests, for a cron job, for `meanwhile_worker --drain`."""

from __future__ import annotations

from meanwhile import conf
from meanwhile.clock import Clock, SystemClock
from meanwhile.queue.claim import claim
from meanwhile.queue.execution import Execution
from meanwhile.queue.owner import new_owner

LIMIT = 100_000


def drain(*, using: str | None = None, clock: Clock | None = None, limit: int = LIMIT) -> int:
    """Run all jobs that are due, one after the other, and those that they queue; return how many were run.

    A step that fails is tried again only if its next try is due by ``clock``. Stops after ``limit`` jobs. Works
    inside a `TestCase`.
    """
    settings = conf.get()
    alias, timer, owner = using or settings.database, clock or SystemClock(), new_owner()
    done = 0
    while done < limit:
        jobs = claim(1, owner, now=timer.now(), lease=settings.lease, using=alias)
        if not jobs:
            break
        for job in jobs:
            Execution(job, using=alias, clock=timer).run()
            done += 1
    return done
