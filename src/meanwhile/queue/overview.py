"""What there is in the queue, in numbers, as fast with a million rows as with none.

Each number comes from an index that has those rows alone, and none is counted beyond a limit: nobody needs to know
whether 480,112 or 480,113 jobs wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.queue import sql
from meanwhile.queue.claim import CLAIMABLE, waiting_levels
from meanwhile.queue.index_order import in_index_order

LIMIT = 2000
"""Rows of one kind that are counted; above it a number is “more than”. PostgreSQL looks up each in the table, which may
be one page a row."""

# The conditions of partial indexes, letter by letter (see `sql.SERIAL`).
HELD = "state = 'ready' AND held = 1"
RUNNING = "state = 'running'"
FAILED = "state = 'failed' AND finished IS NOT NULL"


def held_table(connection: BaseDatabaseWrapper) -> str:
    """Return the table for statements about jobs that are held back.

    Mostly there are none, and of an empty index ``ANALYZE`` tells SQLite nothing: it may then read another one whole.
    """
    return sql.TABLE if sql.is_postgresql(connection) else f"{sql.TABLE} INDEXED BY meanwhile_job_held"


@dataclass(frozen=True, slots=True)
class Count:
    """A number of rows; with ``more`` there are more than that."""

    number: int
    more: bool = False

    def __bool__(self) -> bool:
        return self.number > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The queue at a moment: jobs that are ``due``, that are due ``later``, that are ``held`` back behind others of
    their serial key, that run, and that failed. ``oldest`` is when the longest waiting one became due."""

    due: Count
    later: Count
    held: Count
    running: Count
    failed: Count
    oldest: datetime | None


def overview(now: datetime, *, using: str, limit: int = LIMIT) -> Overview:
    """Return the numbers of the queue, each counted up to ``limit``."""
    levels = waiting_levels(using=using)
    firsts = [due for _priority, due in levels if due <= now]
    held_first = _held_first(using)
    if held_first is not None and held_first <= now:
        firsts.append(held_first)
    with in_index_order(using):
        return Overview(
            due=_count_levels([priority for priority, due in levels if due <= now], "<=", now, using, limit),
            later=_count_levels([priority for priority, _due in levels], ">", now, using, limit),
            held=_count(HELD, "due, id", [], using, limit, held_table(connections[using])),
            running=_count(RUNNING, "lease_until", [], using, limit),
            failed=_count(FAILED, "finished", [], using, limit),
            oldest=min(firsts, default=None),
        )


def _count_levels(priorities: list[int], side: str, now: datetime, using: str, limit: int) -> Count:
    at, total = sql.moment(connections[using], now), 0
    for priority in priorities:
        condition = f"{CLAIMABLE} AND priority = %s AND due {side} %s"
        found = _count(condition, "due, id", [priority, at], using, limit - total)
        total += found.number
        if found.more:
            return Count(total, more=True)
    return Count(total)


def _count(condition: str, order: str, parameters: list[Any], using: str, limit: int, table: str = sql.TABLE) -> Count:
    # The order is the index's own, so that PostgreSQL does not read the table instead, and be unlucky where it begins.
    rows = f"SELECT 1 FROM {table} WHERE {condition} ORDER BY {order} LIMIT %s"  # noqa: S608
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM ({rows}) AS counted", [*parameters, limit + 1])  # noqa: S608
        number = int(cursor.fetchone()[0])
    return Count(min(number, limit), more=number > limit)


def _held_first(using: str) -> datetime | None:
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT due FROM {held_table(connection)} WHERE {HELD} ORDER BY due, id LIMIT 1")  # noqa: S608
        row = cursor.fetchone()
    return None if row is None else sql.read_moment(connection, row[0])
