"""What a worker holds at this moment: jobs claimed and not begun, jobs being run, and the threads that run them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.queue.execution import Execution
from meanwhile.queue.handlers import PlannedStep
from meanwhile.queue.jobs import ClaimedJob

IDLE_LOOK = 1.0


@dataclass(slots=True)
class Slot:
    """One thread's present job and step. ``deadline`` is in seconds of the clock's monotonic time."""

    thread: int | None = None
    execution: Execution | None = None
    step: PlannedStep | None = None
    deadline: float | None = None
    connection: BaseDatabaseWrapper | None = None
    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class Few:
    """So many threads are enough for short jobs: more would be in each other's way.

    They get all jobs as long as each of them has been at its job for less than ``seconds``.
    """

    threads: int
    seconds: float


class Bench:
    """Threads that wait, of which the last to sit down is the first to be called: its connection's caches are warm.

    Used like a `threading.Condition`, with its lock held.
    """

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._waiting: list[threading.Lock] = []

    def wait(self, timeout: float) -> None:
        """Wait to be called, or for ``timeout`` seconds, without the lock."""
        call = threading.Lock()
        call.acquire()
        self._waiting.append(call)
        self._lock.release()
        try:
            call.acquire(timeout=timeout)
        finally:
            self._lock.acquire()
            if call in self._waiting:
                self._waiting.remove(call)

    def notify(self, threads: int = 1) -> None:
        """Call so many threads."""
        for _ in range(min(threads, len(self._waiting))):
            self._waiting.pop().release()

    def notify_all(self) -> None:
        """Call all threads."""
        self.notify(len(self._waiting))


class Holdings:
    """All that a worker leases, shared by its roles; every access passes its lock.

    Threads are woken sparingly: to hand jobs of a fraction of a millisecond round to all of them costs more than the
    jobs. One thread goes on as long as it is quick; another is woken when the line does not move (`nudge`).
    """

    def __init__(self) -> None:
        self.unsettled: dict[int, ClaimedJob] = {}
        self._queue: deque[tuple[ClaimedJob, float]] = deque()
        self._running: dict[int, tuple[ClaimedJob, float]] = {}
        self._low = 0
        lock = threading.Lock()
        self._lock, self._work = lock, Bench(lock)
        self._room = threading.Condition(lock)

    def add(self, jobs: Sequence[ClaimedJob], *, low: int, few: Few | None = None) -> None:
        """Put claimed jobs in line, and wake a thread for each, or as many as are missing of a ``few``.

        `nudge` returns when no more than ``low`` are left.
        """
        now = time.monotonic()
        with self._lock:
            self._queue.extend((job, now) for job in jobs)
            self._low = low
            self._work.notify(len(jobs) if few is None else min(len(jobs), self._missing(few)))

    def take(self, timeout: float, *, few: Few | None = None) -> ClaimedJob | None:
        """Take the next job in line to run it; None if none comes within ``timeout`` seconds.

        While the ``few`` others are quick they get the next one as well, and this thread waits to be woken.
        """
        with self._lock:
            if not self._queue or (few is not None and not self._missing(few)):
                self._work.wait(timeout)
            if not self._queue:
                return None
            job, _ = self._queue.popleft()
            self._running[job.id] = (job, time.monotonic())
            if len(self._queue) == self._low:
                self._room.notify()
            return job

    def done(self, job: ClaimedJob, *, settled: bool) -> None:
        """Forget a job that ran; one whose outcome could not be written is kept to be handed back later."""
        with self._lock:
            if self._running.get(job.id, (None,))[0] is job:
                del self._running[job.id]
                if not settled:
                    self.unsettled[job.id] = job
            if not self._queue:
                self._room.notify()

    def nudge(self, seconds: float, *, has_room: Callable[[], bool]) -> None:
        """Wait until there may be room for more jobs; wake one more thread if the line does not move for so long.

        ``has_room`` is asked again, with the lock held: what made room since the caller asked woke nobody.
        """
        with self._lock:
            if not self._queue and has_room():
                return
            head = self._queue[0] if self._queue else None
            if not self._room.wait(IDLE_LOOK if head is None else seconds) and self._queue and self._queue[0] is head:
                self._work.notify()

    def withdraw(self, seconds: float) -> list[ClaimedJob]:
        """Take all jobs out of the line if the first has stood there for longer than so many seconds.

        They stay `unsettled` until whoever takes them has handed them back (`forget`).
        """
        with self._lock:
            if not self._queue or time.monotonic() - self._queue[0][1] <= seconds:
                return []
            jobs = [job for job, _ in self._queue]
            self._queue.clear()
            self.unsettled.update((job.id, job) for job in jobs)
            return jobs

    def forget(self, jobs: Sequence[ClaimedJob]) -> None:
        """Forget jobs that were handed back."""
        for job in jobs:
            self.unsettled.pop(job.id, None)

    def is_slow(self, seconds: float) -> bool:
        """Say whether the first job in line has stood there for longer than so many seconds."""
        with self._lock:
            return bool(self._queue) and time.monotonic() - self._queue[0][1] > seconds

    def wake_all(self) -> None:
        """End all waits."""
        with self._lock:
            self._work.notify_all()
            self._room.notify_all()

    def drain(self) -> list[ClaimedJob]:
        """Take all jobs that were claimed and not begun, and those whose outcome could not be written."""
        with self._lock:
            jobs = [*(job for job, _ in self._queue), *self.unsettled.values()]
            self._queue.clear()
            self.unsettled.clear()
            return jobs

    def leased(self) -> list[int]:
        """Return the ids of all jobs whose lease is to be renewed."""
        with self._lock:
            return [job.id for job, _ in self._queue] + list(self._running)

    def _missing(self, few: Few) -> int:
        """Return how many of a few threads are not running a job, or have been at theirs for too long."""
        late = time.monotonic() - few.seconds
        return max(0, few.threads - sum(began > late for _, began in self._running.values()))

    def waiting(self) -> int:
        """Return how many claimed jobs are not begun."""
        return len(self._queue)

    def busy(self) -> int:
        """Return how many jobs are being run."""
        return len(self._running)
