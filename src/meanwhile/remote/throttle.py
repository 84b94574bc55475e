"""Three background requests of one person at a time, on all servers together (client actions, "The server's side").

A place is a row of `BackgroundSlot`: taken by one guarded statement before the request is accepted, kept when its
actions begin, given back before its answer ends. A place whose process died on this machine is free at once, one of
another machine, and one of a request whose answer never began, when its time is over.
"""

from __future__ import annotations

import logging
import os
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.queue import owner as owners
from meanwhile.queue import sql

TABLE = "meanwhile_backgroundslot"
TO_BEGIN = timedelta(seconds=30)
"""So long a place is held for an answer to begin. It may never: the page is closed, and the server drops the answer."""

LONGEST = timedelta(minutes=10)
"""After this time a place is free again in any case: a request that runs longer is no longer counted."""

FORGOTTEN = timedelta(days=1)
"""Rows of processes that ended without giving back, of people who did not come back, are deleted after this time."""

READ = f"SELECT slot, token, holder, until FROM {TABLE} WHERE owner = %s"  # noqa: S608
TAKE = f"""
    INSERT INTO {TABLE} (owner, slot, token, holder, until) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (owner, slot) DO UPDATE
    SET token = excluded.token, holder = excluded.holder, until = excluded.until
    WHERE {TABLE}.token = %s
    RETURNING slot
"""  # noqa: S608
KEEP = f"UPDATE {TABLE} SET until = %s WHERE owner = %s AND slot = %s AND token = %s"  # noqa: S608
GIVE_BACK = f"DELETE FROM {TABLE} WHERE (owner = %s AND slot = %s AND token = %s) OR until < %s"  # noqa: S608

logger = logging.getLogger("meanwhile.remote")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that is taken. Give it back by `release`."""

    owner: str
    number: int
    token: str
    using: str


def acquire(owner: str, slots: int, *, now: datetime, using: str) -> Slot | None:
    """Take one of an owner's places for a while, `TO_BEGIN`; None if all are taken."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(READ, [owner])
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
        token = uuid.uuid4().hex
        until = sql.moment(connection, now + TO_BEGIN)
        for number in range(slots):
            seen = rows.get(number)
            if seen is not None and not _is_free(connection, seen, now):
                continue
            cursor.execute(TAKE, [owner, number, token, _this_process(), until, seen[0] if seen else ""])
            if cursor.fetchone():
                return Slot(owner, number, token, using)
    return None


def keep(slot: Slot, *, now: datetime) -> None:
    """Hold a place for as long as a request may run, `LONGEST`."""
    until = sql.moment(connections[slot.using], now + LONGEST)
    _write(slot, KEEP, [until, slot.owner, slot.number, slot.token])


def release(slot: Slot, *, now: datetime) -> None:
    """Give a place back; again is the same as once."""
    gone = sql.moment(connections[slot.using], now - FORGOTTEN)
    _write(slot, GIVE_BACK, [slot.owner, slot.number, slot.token, gone])


def _write(slot: Slot, statement: str, parameters: list[Any]) -> None:
    """Write about a place. Where an action broke the connection, a new one is opened; where nothing helps, that is
    logged: the place runs out."""
    connection = connections[slot.using]
    for is_last in (False, True):
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
            return
        except Error:
            if is_last or connection.in_atomic_block:
                logger.exception("A background place could not be written", extra={"slot": slot.number})
                return
            connection.close_if_unusable_or_obsolete()


def _is_free(connection: BaseDatabaseWrapper, row: tuple[Any, ...], now: datetime) -> bool:
    _token, holder, until = row
    return sql.read_moment(connection, until) < now or owners.is_dead(holder)


@lru_cache(maxsize=1)
def _holder(_pid: int) -> str:
    return owners.new_owner()


def _this_process() -> str:
    return _holder(os.getpid())  # a forked child is another process
