"""Tell idle workers that something was queued: a best effort, the sweep is the guarantee.

In the same process a condition variable; on PostgreSQL ``NOTIFY`` in the transaction itself, so that it arrives with
the commit. On SQLite other processes see the commit by themselves (`worker/watch.py`).
"""

from __future__ import annotations

import threading
from functools import partial

from django.apps import apps
from django.db import connections, transaction

from meanwhile.queue import sql

CHANNEL = "meanwhile"


class Wake:
    """A flag that one thread waits for and any thread sets."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._set = False

    def set(self) -> None:
        """Wake whoever waits, or let the next wait return at once."""
        with self._condition:
            self._set = True
            self._condition.notify_all()

    def wait(self, timeout: float | None) -> bool:
        """Wait until set or for ``timeout`` seconds, reset the flag, and say whether it was set."""
        with self._condition:
            if not self._set:
                self._condition.wait(timeout)
            was_set, self._set = self._set, False
            return was_set


def on_commit(using: str) -> None:
    """Wake workers when the current transaction commits (at once outside one)."""
    connection = connections[using]
    if sql.is_postgresql(connection):
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")
    transaction.on_commit(partial(wake_local, using), using=using, robust=True)


def wake_local(using: str) -> None:
    """Wake the workers of this process that serve a database."""
    for worker in tuple(apps.get_app_config("meanwhile").workers):  # type: ignore[attr-defined]
        if worker.using == using:
            worker.wake.set()
