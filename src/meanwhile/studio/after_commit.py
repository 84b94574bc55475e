"""What a trial leaves for a commit that never comes: jobs to try, and callbacks to tell of.

All of it is kept where Django keeps callbacks (`transaction.on_commit`), so that what belongs to a savepoint which is
taken back is forgotten with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.queue.jobs import NewJob
from meanwhile.trees.document import EventTree


class KeptJob:
    """A job that would be queued by a run of a tree."""

    def __init__(self, job: NewJob, tree: EventTree) -> None:
        self.job, self.tree = job, tree

    def __call__(self) -> None:
        """Nothing is done with it when a transaction commits."""


class AfterCommit:
    """Looks at the callbacks of some connections, in transactions that are going to be taken back."""

    def __init__(self, connections: Sequence[BaseDatabaseWrapper]) -> None:
        self._connections = connections
        # Django makes the entries anew after a savepoint is taken back; the set in each of them stays the same one.
        self._known: list[object] = [entry[0] for entry in self._entries()]

    def keep(self, job: NewJob, tree: EventTree, *, using: str) -> None:
        """Keep a job for `jobs`."""
        transaction.on_commit(KeptJob(job, tree), using=using)

    def jobs(self) -> list[KeptJob]:
        """Return the jobs that were kept since the last time and that nothing has taken back since."""
        return [found for found in self._new(jobs=True) if isinstance(found, KeptJob)]

    def callbacks(self) -> list[str]:
        """Return the names of the callbacks that were registered since the last time, without Meanwhile's own."""
        names = [_name(found) for found in self._new(jobs=False)]
        return [name for name in names if not name.startswith("meanwhile.")]

    def _new(self, *, jobs: bool) -> list[Callable[[], object]]:
        wanted = [entry for entry in self._entries() if isinstance(entry[1], KeptJob) is jobs]
        new = [entry for entry in wanted if all(entry[0] is not one for one in self._known)]
        self._known += [entry[0] for entry in new]
        return [entry[1] for entry in new]

    def _entries(self) -> list[Any]:
        return [entry for connection in self._connections for entry in connection.run_on_commit]


def _name(callback: Any) -> str:
    while hasattr(callback, "func"):  # functools.partial
        callback = callback.func
    named = callback if hasattr(callback, "__qualname__") else type(callback)
    return f"{named.__module__}.{named.__qualname__}"
