"""Lists of jobs, each in the order of an index that has its rows alone, so that a page costs the same at any length.

The conditions stand written out in the statements, as SQLite uses a partial index only where it reads the same one.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db import connections
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

from meanwhile.queue import sql
from meanwhile.queue.claim import CLAIMABLE, waiting_levels
from meanwhile.queue.index_order import in_index_order
from meanwhile.queue.models import Job
from meanwhile.queue.overview import FAILED, HELD, RUNNING, held_table

PAGE = 15
MOST_RUNNING = 5000
"""Running jobs that are looked at: there are as many as all workers have threads, and a few that were claimed ahead."""

UNREAD = ("payload", "result")

ENDED: Mapping[str, str] = MappingProxyType(
    {
        "failed": FAILED,
        "succeeded": "state = 'succeeded' AND finished IS NOT NULL",
        "cancelled": "state = 'cancelled' AND finished IS NOT NULL",
        "skipped": "state = 'skipped' AND finished IS NOT NULL",
    }
)
LISTS = ("due", "later", "held", "running", *ENDED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: behind this job in its list's order."""

    priority: int
    moment: datetime
    id: int

    def __str__(self) -> str:
        return f"{self.priority}~{self.moment.isoformat()}~{self.id}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """Read a place from an address, None if it is none."""
        try:
            priority, moment, number = text.split("~")
            at = parse_datetime(moment)
            return cls(int(priority), at, int(number)) if at is not None and at.tzinfo is not None else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class JobPage:
    """A page of jobs; ``next`` is the place where the next one begins, None at the end."""

    jobs: list[Job]
    next: Place | None = None


def list_jobs(name: str, after: Place | None, *, now: datetime, using: str, page: int = PAGE) -> JobPage:
    """Return a page of one of `LISTS`, in its order: waiting jobs in the order in which they start, ended ones by
    their end, the latest first."""
    match name:
        case "due":
            ids = _due(after, now, using, page + 1)
        case "later":
            ids = _later(after, now, using, page + 1)
        case "held":
            ids = _held(after, using, page + 1)
        case "running":
            ids = _running(after, using, page + 1)
        case _:
            ids = _ended(name, after, using, page + 1)
    jobs = _read(ids[:page], using)
    return JobPage(jobs, _place_of(name, jobs[-1]) if len(ids) > page and jobs else None)


def _due(after: Place | None, now: datetime, using: str, number: int) -> list[int]:
    """Level by level, as the claim takes them."""
    at, ids = sql.moment(connections[using], now), list[int]()
    for priority, due in waiting_levels(using=using):
        if due > now or (after is not None and priority > after.priority) or len(ids) >= number:
            continue
        here = after if after is not None and priority == after.priority else None
        condition = f"{CLAIMABLE} AND priority = %s AND due <= %s {_behind(here, 'due')}"
        ids += _ids(condition, [priority, at, *_place(here, using)], "due, id", using, number - len(ids))
    return ids


def _later(after: Place | None, now: datetime, using: str, number: int) -> list[int]:
    """By due time, whatever the priority: the first ones of each level, merged."""
    connection = connections[using]
    at, levels = sql.moment(connection, now), []
    for priority, _due in waiting_levels(using=using):
        condition = f"{CLAIMABLE} AND priority = %s AND due > %s {_behind(after, 'due')}"
        levels.append(_rows(condition, [priority, at, *_place(after, using)], "due, id", using, number))
    return [row[0] for row in heapq.merge(*levels, key=lambda row: (row[1], row[0]))][:number]


def _held(after: Place | None, using: str, number: int) -> list[int]:
    table = held_table(connections[using])
    return _ids(f"{HELD} {_behind(after, 'due')}", _place(after, using), "due, id", using, number, table)


def _running(after: Place | None, using: str, number: int) -> list[int]:
    # Sorted outside: SQLite would sooner walk the whole table in the order of its ids than sort the few that run.
    running = f"SELECT id FROM {sql.TABLE} WHERE {RUNNING} LIMIT {MOST_RUNNING}"  # noqa: S608
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM ({running}) AS running WHERE id > %s ORDER BY id LIMIT %s",  # noqa: S608
            [after.id if after is not None else 0, number],
        )
        return [row[0] for row in cursor.fetchall()]


def _ended(name: str, after: Place | None, using: str, number: int) -> list[int]:
    behind, place = "", list[Any]()
    if after is not None:
        behind, place = "AND (finished, id) < (%s, %s)", _place(after, using)
    return _ids(f"{ENDED[name]} {behind}", place, "finished DESC, id DESC", using, number)


def _behind(after: Place | None, column: str) -> str:
    return f"AND ({column}, id) > (%s, %s)" if after is not None else ""


def _place(after: Place | None, using: str) -> list[Any]:
    return [sql.moment(connections[using], after.moment), after.id] if after is not None else []


def _place_of(name: str, job: Job) -> Place:
    moment = job.finished if name in ENDED else job.due
    return Place(job.priority, moment or job.created, job.pk)


def _ids(
    condition: str, parameters: list[Any], order: str, using: str, limit: int, table: str = sql.TABLE
) -> list[int]:
    return [row[0] for row in _rows(condition, parameters, order, using, limit, table)]


def _rows(
    condition: str, parameters: list[Any], order: str, using: str, limit: int, table: str = sql.TABLE
) -> list[tuple[int, Any]]:
    with in_index_order(using), connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT id, due FROM {table} WHERE {condition} ORDER BY {order} LIMIT %s",  # noqa: S608
            [*parameters, limit],
        )
        return list(cursor.fetchall())


def _read(ids: list[int], using: str) -> list[Job]:
    found: QuerySet[Job] = Job.objects.using(using).filter(pk__in=ids).defer(*UNREAD)
    by_id = {job.pk: job for job in found}
    return [by_id[one] for one in ids if one in by_id]
