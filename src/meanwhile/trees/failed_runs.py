"""Keep the runs whose foreground failed, although the transaction they belong to is rolled back (spec, "History").

A failed run can only be written when that transaction is over. Django tells nobody of a rollback, so the runs wait
here and are written at the next of: the end of the captured save or of the call, a commit, the end of the request,
the end of the job, the end of the process. The log has each at once.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.apps import apps
from django.db import InterfaceError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile import signals
from meanwhile.clock import SystemClock
from meanwhile.trees.document import EventTree
from meanwhile.trees.models import Run
from meanwhile.trees.versions import ensure_version

logger = logging.getLogger("meanwhile.trees")

MOST_WAITING = 1000
MOST_TRIES = 10


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run to be written, with its tree and the connection whose transaction has to be over first."""

    run: Run
    tree: EventTree
    connection: BaseDatabaseWrapper
    test: object
    """The transaction of Django's `TestCase` in which it failed, if any: when that test is over, so is its history."""

    tries: int = 0

    @property
    def may_be_written(self) -> bool:
        """True when the transaction of the failure is over, and no other one could undo what is written now."""
        return not _in_transaction(self.connection) and not _in_transaction(connections[self.connection.alias])

    @property
    def is_over(self) -> bool:
        """True when the test that it belongs to has ended."""
        return self.test is not _test_around(self.connection) and self.test is not None


class FailedRuns:
    """The failed runs of this process that are not written yet."""

    def __init__(self) -> None:
        self._waiting: list[FailedRun] = []
        self._lock = threading.Lock()

    def add(self, run: Run, tree: EventTree, *, using: str) -> None:
        """Keep a failed run until it can be written."""
        logger.error(
            "A foreground action failed; nothing of the change was kept: %s", run.error, extra={"run": str(run.id)}
        )
        with self._lock:
            self._waiting = [*self._waiting[-MOST_WAITING:], self._failed(run, tree, using)]
        if connections[using].in_atomic_block and not connections[using].needs_rollback:
            transaction.on_commit(self.write, using=using, robust=True)

    def write(self, **_: Any) -> None:
        """Write those whose transaction is over. Never raises: the failure itself is what the caller has to hear of."""
        if not self._waiting:
            return
        with self._lock:
            current = [failed for failed in self._waiting if not failed.is_over]
            ready = [failed for failed in current if failed.may_be_written]
            self._waiting = [failed for failed in current if failed not in ready]
        for failed in ready:
            self._write_one(failed)

    def write_in_transaction(self, *, using: str) -> None:
        """Write those of this thread in its current transaction, in which the savepoint that they failed in is over:
        they are kept if it is committed, as what else it says of them."""
        with self._lock:
            mine = [failed for failed in self._waiting if failed.connection is connections[using]]
            self._waiting = [failed for failed in self._waiting if failed not in mine]
        for failed in mine:
            ensure_version(failed.tree, using=using, clock=SystemClock())
            Run.objects.using(using).bulk_create([failed.run], ignore_conflicts=True)
            transaction.on_commit(partial(_tell, failed.run), using=using, robust=True)

    def _failed(self, run: Run, tree: EventTree, using: str) -> FailedRun:
        connection = connections[using]
        return FailedRun(run, tree, connection, _test_around(connection))

    def _write_one(self, failed: FailedRun) -> None:
        using, run = failed.connection.alias, failed.run
        try:
            with transaction.atomic(using=using):
                ensure_version(failed.tree, using=using, clock=SystemClock())
                Run.objects.using(using).bulk_create([run], ignore_conflicts=True)
        except Exception as error:
            logger.exception(
                "A failed run could not be written to the history: %s", run.error, extra={"run": str(run.id)}
            )
            if isinstance(error, InterfaceError | OperationalError) and failed.tries + 1 < MOST_TRIES:
                # The connection's fault, or a lock's: another occasion may come.
                with self._lock:
                    self._waiting = [*self._waiting, replace(failed, tries=failed.tries + 1)]
            return
        _tell(run)


def failed_runs() -> FailedRuns:
    """Return the failed runs that wait in this process."""
    kept: FailedRuns = apps.get_app_config("meanwhile").failed_runs  # type: ignore[attr-defined]
    return kept


def _tell(run: Run) -> None:
    for receiver, answer in signals.run_failed.send_robust(sender=Run, run=run):
        if isinstance(answer, Exception):
            logger.error("A receiver of run_failed raised.", exc_info=answer, extra={"receiver": repr(receiver)})


def _test_around(connection: BaseDatabaseWrapper) -> object:
    """Return the outermost transaction if Django's `TestCase` has put it around a test."""
    blocks = connection.atomic_blocks
    return blocks[0] if blocks and getattr(blocks[0], "_from_testcase", False) else None


def _in_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Say whether a transaction is open, not counting the ones that Django's `TestCase` puts around a test."""
    return any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)
