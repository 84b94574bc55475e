"""Notice what other processes queue: PostgreSQL tells by NOTIFY, a SQLite file by its data version."""

from __future__ import annotations

import logging
import sqlite3
from typing import Any

from django.db import connections

from meanwhile.queue import sql
from meanwhile.queue.wake import CHANNEL, Wake
from meanwhile.queue.worker.role import Role

logger = logging.getLogger("meanwhile.worker")

LISTEN_FOR = 0.5
"""Seconds of one wait for a notification, so that the role can be stopped."""


def watcher_for(using: str, *, interval: float, wake: Wake) -> Role | None:
    """Return the role that wakes this worker on commits of other processes; None where there can be none.

    There are none on a SQLite database in memory. With psycopg 2 there is no listener; the sweep finds the jobs.
    """
    connection = connections[using]
    if sql.is_postgresql(connection):
        return PostgresListener(using, wake=wake) if has_psycopg3() else None
    name = str(connection.settings_dict["NAME"])
    return None if connection.is_in_memory_db() else SqliteWatcher(using, path=name, interval=interval, wake=wake)  # type: ignore[attr-defined]


class SqliteWatcher(Role):
    """Looks at ``PRAGMA data_version``, which changes when another connection has committed; it reads a few bytes of
    shared memory."""

    name = "watcher"

    def __init__(self, using: str, *, path: str, interval: float, wake: Wake) -> None:
        super().__init__(using)
        self._path, self._interval, self._wake = path, interval, wake
        self._connection: sqlite3.Connection | None = None
        self._version: Any = None

    def turn(self) -> None:
        """Look once, and wait a few milliseconds."""
        try:
            version = self._read()
        except sqlite3.Error:
            self.finish()
            self._wake.set()
            self.stopping.wait(1.0)
            return
        if version != self._version:
            self._version = version
            self._wake.set()
        self.stopping.wait(self._interval)

    def finish(self) -> None:
        """Close the connection that looks at the file."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _read(self) -> Any:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, uri=self._path.startswith("file:"), isolation_level=None)
        return self._connection.execute("PRAGMA data_version").fetchone()[0]


class PostgresListener(Role):
    """Holds a connection of its own that listens to the queue's channel."""

    name = "listener"

    def __init__(self, using: str, *, wake: Wake) -> None:
        super().__init__(using)
        self._wake = wake
        self._listening = False

    def turn(self) -> None:
        """Wait for a notification for a moment."""
        connection = connections[self.using]
        if connection.connection is None or not self._listening:
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._listening = True
            self._wake.set()  # what was queued while nobody listened
        assert connection.connection is not None
        for _ in connection.connection.notifies(timeout=LISTEN_FOR, stop_after=1):
            self._wake.set()

    def _recover(self, pause: float) -> None:
        self._listening = False
        super()._recover(pause)


def has_psycopg3() -> bool:
    """Say whether the PostgreSQL driver can wait for notifications."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return False
    return True
