"""The guarantee behind the wake-ups: take back lost jobs, let stuck ones go, forget dead workers, prune what is old."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from meanwhile import conf
from meanwhile.clock import Clock
from meanwhile.queue import owner as owners
from meanwhile.queue.failure_mail import failure_mails
from meanwhile.queue.hold import release_stuck
from meanwhile.queue.lease import take_back
from meanwhile.queue.models import WorkerProcess
from meanwhile.queue.prune import prune
from meanwhile.queue.wake import Wake
from meanwhile.queue.worker.role import Role

PRUNE_EVERY = 3600.0
FIRST_PRUNE_AFTER = 60.0
"""Seconds: soon, because many a worker lives for less than an hour, but not while the site is just starting."""
RELEASE_EVERY = 60.0
FORGET_WORKERS_AFTER = timedelta(hours=1)


class Sweeper(Role):
    """Sweeps every few seconds, and at once when the worker starts."""

    name = "sweeper"

    def __init__(self, using: str, *, sweep: float, clock: Clock, wake: Wake) -> None:
        super().__init__(using)
        self._sweep, self._clock, self._wake = sweep, clock, wake
        self._prune_at = clock.monotonic() + FIRST_PRUNE_AFTER
        self._release_at = clock.monotonic()

    def turn(self) -> None:
        """Sweep once, and wait for the next time."""
        now = self._clock.now()
        if take_back(now=now, max_takeovers=conf.get().max_takeovers, using=self.using):
            self._wake.set()
        if self._clock.monotonic() >= self._release_at:
            self._release_at = self._clock.monotonic() + RELEASE_EVERY
            if release_stuck(now=now, using=self.using):
                self._wake.set()
        self._forget_workers()
        if self._clock.monotonic() >= self._prune_at:
            self._prune_at = self._clock.monotonic() + PRUNE_EVERY
            prune(conf.get().retention, now=now, using=self.using)
        self._mail(now)
        self.stopping.wait(self._sweep)

    def _mail(self, now: datetime) -> None:
        mails = failure_mails()
        if due := mails.due(now=now, interval=conf.get().mail_admins_interval):
            # In a thread of its own: the sweeps don't wait for a mail server that does not answer.
            threading.Thread(target=mails.send, args=(due,), name="meanwhile-mail", daemon=True).start()

    def _forget_workers(self) -> None:
        workers = WorkerProcess.objects.using(self.using)
        gone = [worker.owner for worker in workers.all() if owners.is_dead(worker.owner)]
        old = workers.filter(seen__lt=self._clock.now() - FORGET_WORKERS_AFTER)
        if gone or old.exists():
            (workers.filter(owner__in=gone) | old).delete()
