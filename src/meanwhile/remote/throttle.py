"""Three background requests of one person at a time, on all servers together (client actions, "The server's side").

A place is a row of `BackgroundSlot`: taken by one guarded statement before the request runs, given back before its
answer ends. A place whose process died on this machine is free at once, one of another machine when its time is over.
"""

from __future__ import annotations

import logging
import os
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.queue import owner as owners
from meanwhile.queue import sql

TABLE = "meanwhile_backgroundslot"
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
    """Take one of an owner's places; None if all are taken."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(READ, [owner])
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
        token = uuid.uuid4().hex
        until = sql.moment(connection, now + LONGEST)
        for number in range(slots):
            seen = rows.get(number)
            if seen is not None and not _is_free(connection, seen, now):
                continue
            cursor.execute(TAKE, [owner, number, token, _this_process(), until, seen[0] if seen else ""])
            if cursor.fetchone():
                return Slot(owner, number, token, using)
    return None


def release(slot: Slot, *, now: datetime) -> None:
    """Give a place back; again is the same as once. Where the database can't take it, that is logged: it runs out."""
    connection = connections[slot.using]
    try:
        with connection.cursor() as cursor:
            gone = sql.moment(connection, now - FORGOTTEN)
            cursor.execute(GIVE_BACK, [slot.owner, slot.number, slot.token, gone])
    except DatabaseError:
        logger.exception("A background place could not be given back", extra={"owner": slot.owner})


def _is_free(connection: BaseDatabaseWrapper, row: tuple[Any, ...], now: datetime) -> bool:
    _token, holder, until = row
    return sql.read_moment(connection, until) < now or owners.is_dead(holder)


@lru_cache(maxsize=1)
def _holder(_pid: int) -> str:
    return owners.new_owner()


def _this_process() -> str:
    return _holder(os.getpid())  # a forked child is another process
