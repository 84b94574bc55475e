"""What a worker holds at this moment: jobs claimed and not begun, jobs being run, and the threads that run them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.queue.execution import Execution
from meanwhile.queue.handlers import PlannedStep
from meanwhile.queue.jobs import ClaimedJob


@dataclass(slots=True)
class Slot:
    """One thread's present job and step. ``deadline`` is in seconds of the clock's monotonic time."""

    thread: int | None = None
    execution: Execution | None = None
    step: PlannedStep | None = None
    deadline: float | None = None
    connection: BaseDatabaseWrapper | None = None
    abandoned: bool = False


@dataclass(slots=True)
class Holdings:
    """All that a worker leases, shared by its roles; every access passes its lock."""

    queue: deque[ClaimedJob] = field(default_factory=deque)
    running: dict[int, ClaimedJob] = field(default_factory=dict)
    unsettled: dict[int, ClaimedJob] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def add(self, jobs: Iterable[ClaimedJob]) -> None:
        """Put claimed jobs in line."""
        with self.changed:
            self.queue.extend(jobs)
            self.changed.notify_all()

    def take(self, timeout: float) -> ClaimedJob | None:
        """Take the next job in line to run it; None if none comes within ``timeout`` seconds."""
        with self.changed:
            if not self.queue:
                self.changed.wait(timeout)
            if not self.queue:
                return None
            job = self.queue.popleft()
            self.running[job.id] = job
            self.changed.notify_all()
            return job

    def done(self, job: ClaimedJob, *, settled: bool) -> None:
        """Forget a job that ran; one whose outcome could not be written is kept to be handed back later."""
        with self.changed:
            if self.running.get(job.id) is job:
                del self.running[job.id]
                if not settled:
                    self.unsettled[job.id] = job
            self.changed.notify_all()

    def drain(self) -> list[ClaimedJob]:
        """Take all jobs that were claimed and not begun, and those whose outcome could not be written."""
        with self.changed:
            jobs = [*self.queue, *self.unsettled.values()]
            self.queue.clear()
            self.unsettled.clear()
            return jobs

    def leased(self) -> list[int]:
        """Return the ids of all jobs whose lease is to be renewed."""
        with self.changed:
            return [job.id for job in self.queue] + list(self.running)

    def waiting(self) -> int:
        """Return how many claimed jobs are not begun."""
        return len(self.queue)

    def busy(self) -> int:
        """Return how many jobs are being run."""
        return len(self.running)
