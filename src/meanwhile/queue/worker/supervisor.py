"""The worker: its roles put together, started and stopped in order."""

from __future__ import annotations

import logging
import threading

from django.apps import apps
from django.db import connections

from meanwhile import conf
from meanwhile.clock import Clock, SystemClock
from meanwhile.queue import sql
from meanwhile.queue.owner import new_owner
from meanwhile.queue.wake import Wake
from meanwhile.queue.worker.claimer import Claimer
from meanwhile.queue.worker.gate import Gate
from meanwhile.queue.worker.pool import Pool
from meanwhile.queue.worker.renewer import Renewer
from meanwhile.queue.worker.role import Role
from meanwhile.queue.worker.scheduler import Scheduler
from meanwhile.queue.worker.slots import Holdings
from meanwhile.queue.worker.sweeper import Sweeper
from meanwhile.queue.worker.watch import watcher_for
from meanwhile.queue.worker.watchdog import Watchdog

logger = logging.getLogger("meanwhile.worker")


class Worker:
    """Runs queued jobs in threads of this process, until it is stopped.

    ``threads`` is the number of jobs run at a time (setting ``THREADS``). Several workers, in any number of
    processes, share the work of one database.

    >>> worker = Worker(threads=2)
    >>> worker.start()
    >>> worker.stop()
    """

    def __init__(self, *, threads: int | None = None, using: str | None = None, clock: Clock | None = None) -> None:
        settings = conf.get()
        self.using = using or settings.database
        self.threads = threads or settings.threads
        self.owner = new_owner()
        self.wake = Wake()
        self.exhausted = threading.Event()
        self._grace = settings.shutdown_grace
        self._holdings = Holdings()
        clock = clock or SystemClock()
        gate = Gate()
        self._pool = Pool(
            self.using,
            threads=self.threads,
            clock=clock,
            holdings=self._holdings,
            gate=gate,
            default_timeout=settings.step_timeout,
            take_turns=not sql.is_postgresql(connections[self.using]),
        )
        self._renewer = Renewer(
            self.using,
            owner=self.owner,
            lease=settings.lease,
            threads=self.threads,
            clock=clock,
            holdings=self._holdings,
        )
        self._claimer = Claimer(
            self.using, owner=self.owner, lease=settings.lease, sweep=settings.sweep, clock=clock, wake=self.wake,
            holdings=self._holdings, pool=self._pool, gate=gate,
        )  # fmt: skip
        self._scheduler = Scheduler(self.using, sweep=settings.sweep, clock=clock)
        watcher = watcher_for(self.using, interval=settings.watch_interval, wake=self.wake)
        self._roles: list[Role] = [
            self._claimer,
            Sweeper(self.using, sweep=settings.sweep, clock=clock, wake=self.wake),
            self._scheduler,
            Watchdog(
                self.using,
                clock=clock,
                pool=self._pool,
                holdings=self._holdings,
                gate=gate,
                on_exhausted=self.exhausted.set,
            ),
            *([watcher] if watcher else []),
        ]

    @property
    def has_lost_threads(self) -> bool:
        """True while threads of this worker live on in steps that never returned."""
        return self._pool.has_lost()

    def look_at_schedules(self) -> None:
        """Have it look at once when what is scheduled comes next."""
        self._scheduler.wake.set()

    def start(self) -> None:
        """Start all roles; returns at once."""
        apps.get_app_config("meanwhile").workers.add(self)  # type: ignore[attr-defined]
        self._pool.start()
        self._renewer.start()
        for role in self._roles:
            role.start()
        logger.info("A worker started.", extra={"owner": self.owner, "threads": self.threads})

    def stop(self, grace: float | None = None) -> bool:
        """Stop claiming, let the running steps end, hand back everything else.

        Waits up to ``grace`` seconds (setting ``SHUTDOWN_GRACE``) and says whether every step ended in time; the job
        of one that did not is taken over by another worker as soon as this process is gone.
        """
        seconds = self._grace if grace is None else grace
        for role in self._roles:
            role.stop()
        self._claimer.join(seconds)
        self._pool.stop()
        clean = self._pool.join(seconds)
        self._renewer.stop()
        for role in [*self._roles, self._renewer]:
            role.join(1.0)
        apps.get_app_config("meanwhile").workers.discard(self)  # type: ignore[attr-defined]
        logger.info("A worker stopped.", extra={"owner": self.owner, "clean": clean})
        return clean
