"""Renew the worker's leases in time, and its own sign of life."""

from __future__ import annotations

import os
import socket

from meanwhile.clock import Clock
from meanwhile.queue import acknowledge
from meanwhile.queue.lease import renew
from meanwhile.queue.models import WorkerProcess
from meanwhile.queue.worker.role import Role
from meanwhile.queue.worker.slots import Holdings

RENEWALS_A_LEASE = 3


class Renewer(Role):
    """Renews three times a lease."""

    name = "renewer"

    def __init__(self, using: str, *, owner: str, lease: float, threads: int, clock: Clock, holdings: Holdings) -> None:
        super().__init__(using)
        self._owner, self._lease, self._threads = owner, lease, threads
        self._clock, self._holdings = clock, holdings
        self._started = clock.now()

    def turn(self) -> None:
        """Renew, sign, and wait for the next time."""
        now = self._clock.now()
        renew(self._holdings.leased(), self._owner, now=now, lease=self._lease, using=self.using)
        WorkerProcess.objects.using(self.using).update_or_create(
            owner=self._owner,
            defaults={"seen": now, "running": self._holdings.busy()},
            create_defaults={
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "threads": self._threads,
                "started": self._started,
                "seen": now,
            },
        )
        self.stopping.wait(self._lease / RENEWALS_A_LEASE)

    def finish(self) -> None:
        """Hand back what was claimed and not run, and take this worker out of the list of those alive."""
        for job in self._holdings.drain():
            acknowledge.hand_back_if_ours(job, using=self.using)
        WorkerProcess.objects.using(self.using).filter(owner=self._owner).delete()
