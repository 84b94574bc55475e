"""Take a batch of due jobs and lease them to one worker.

Start order (spec, "Background jobs"): by priority, then due time, then arrival. The one partial index
``meanwhile_job_claim`` (priority desc, due, id; only rows that are ready and not held back) serves every statement
here: a loose scan finds the few priorities in use, and for each the due rows stand together at its start. So a claim
costs the same with a million rows waiting.

Serial keys: a job whose key has an earlier ready or a running job is *held back* when a claim meets it, which takes
it out of the index, and comes back when the one before it ends (`release_next`). Each is met once, so a long line of
one key slows nothing.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.queue import sql
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.states import State

CLAIMABLE = "state = 'ready' AND held = 0"

FIRST = "ORDER BY priority DESC, due, id LIMIT 1"
# Each level is the first job of the next lower priority. There is no equation in it, on which SQLite would sooner build
# an index of its own for each look than use ours, where `ANALYZE` has told it that all priorities are the same.
PEEK = f"""
    WITH RECURSIVE level(id) AS (
        SELECT (SELECT id FROM {sql.TABLE} WHERE {CLAIMABLE} {FIRST})
        UNION ALL
        SELECT (SELECT id FROM {sql.TABLE} WHERE {CLAIMABLE}
                AND priority < (SELECT priority FROM {sql.TABLE} WHERE id = level.id) {FIRST})
        FROM level WHERE level.id IS NOT NULL
    )
    SELECT job.priority, job.due FROM level JOIN {sql.TABLE} AS job ON job.id = level.id ORDER BY job.priority DESC
"""  # noqa: S608

BLOCKED = f"""(job.serial_key <> '' AND EXISTS (
        SELECT 1 FROM {sql.TABLE} AS other
        WHERE other.serial_key = job.serial_key AND other.state IN ('ready', 'running') AND NOT (other.serial_key = '')
          AND other.id <> job.id AND (other.state = 'running' OR other.id < job.id)))"""  # noqa: S608

COLUMNS = 'id, kind, name, payload, priority, serial_key, "group", attempts, takeovers, lease_token, steps, due, state'

CLAIM = """
    {picked}
    UPDATE {table} AS job SET
        state = CASE WHEN {blocked} THEN 'ready' ELSE 'running' END,
        held = CASE WHEN {blocked} THEN 1 ELSE 0 END,
        lease_owner = %s, lease_until = %s, lease_token = job.lease_token + 1, started = COALESCE(job.started, %s)
    WHERE job.id IN ({ids})
    RETURNING {columns}
"""
PICK = f"SELECT id FROM {sql.TABLE} WHERE {CLAIMABLE} AND priority = %s AND due <= %s ORDER BY due, id LIMIT %s"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Lookout:
    """What waits: the priorities that have a job due now, and the moment at which the next other one is due."""

    due_now: tuple[int, ...]
    next_due: datetime | None


def look_out(now: datetime, *, using: str) -> Lookout:
    """Say what waits, without taking anything or locking anything."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(PEEK)
        levels = [(priority, sql.read_moment(connection, due)) for priority, due in cursor.fetchall()]
    later = [due for _, due in levels if due > now]
    return Lookout(tuple(priority for priority, due in levels if due <= now), min(later, default=None))


def claim(
    limit: int, owner: str, *, now: datetime, lease: float, using: str, waiting: Lookout | None = None
) -> list[ClaimedJob]:
    """Lease up to ``limit`` due jobs to ``owner`` for ``lease`` seconds, in start order; an empty list if none is due.

    ``waiting`` is what `look_out` has just said, if that was asked already.
    """
    claimed: list[ClaimedJob] = []
    met: set[int] = set()
    while not claimed:
        known = len(met)
        waiting = waiting or look_out(now, using=using)
        # One statement is a transaction by itself.
        with transaction.atomic(using=using) if len(waiting.due_now) > 1 else nullcontext():
            for priority in waiting.due_now:
                rows = _claim_level(connections[using], priority, limit - len(claimed), owner, now, lease)
                met.update(row[0] for row in rows)
                claimed += [_job(row) for row in rows if row[12] == State.RUNNING]
                if len(claimed) >= limit:
                    return claimed
        if len(met) == known:
            break
        waiting = None
    return claimed


def _claim_level(
    connection: BaseDatabaseWrapper, priority: int, limit: int, owner: str, now: datetime, lease: float
) -> list[tuple[Any, ...]]:
    at = sql.moment(connection, now)
    until = sql.moment(connection, now + timedelta(seconds=lease))
    if sql.is_postgresql(connection):
        shape = {
            "picked": f"WITH picked AS MATERIALIZED ({PICK} FOR UPDATE SKIP LOCKED)",
            "ids": "SELECT id FROM picked",
        }
        parameters = [priority, at, limit, owner, until, at]
    else:
        shape = {"picked": "", "ids": PICK}
        parameters = [owner, until, at, priority, at, limit]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM.format(table=sql.TABLE, blocked=BLOCKED, columns=COLUMNS, **shape), parameters)
        rows = sorted(cursor.fetchall(), key=lambda row: (row[11], row[0]))
    held = [row for row in rows if row[12] != State.RUNNING]
    if held and sql.is_postgresql(connection):
        _confirm_held(connection, held)
    return rows


def _confirm_held(connection: BaseDatabaseWrapper, held: list[tuple[Any, ...]]) -> None:
    """Hold a job back only while the one before it is locked by us, so that its end can't slip by unseen.

    Whoever ends the earlier job updates its row first and releases the next after: if the row can't be locked, that end
    is under way, and the job stays claimable for the next look.
    """
    keys = sorted({row[5] for row in held})
    marks = ", ".join(["%s"] * len(keys))
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT serial_key FROM {sql.TABLE} WHERE serial_key IN ({marks}) AND {sql.SERIAL}"  # noqa: S608
            " AND held = 0 FOR UPDATE SKIP LOCKED",
            keys,
        )
        locked = {row[0] for row in cursor.fetchall()}
        loose = [row[0] for row in held if row[5] not in locked]
        if loose:
            marks = ", ".join(["%s"] * len(loose))
            cursor.execute(f"UPDATE {sql.TABLE} SET held = 0 WHERE id IN ({marks})", loose)  # noqa: S608


def _job(row: tuple[Any, ...]) -> ClaimedJob:
    return ClaimedJob(
        id=row[0],
        kind=row[1],
        name=row[2],
        payload=sql.from_json(row[3]),
        priority=row[4],
        serial_key=row[5],
        group=row[6],
        attempts=row[7],
        takeovers=row[8],
        token=row[9],
        steps=sql.from_json(row[10]) or {},
    )
