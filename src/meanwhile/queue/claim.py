"""Take a batch of due jobs and lease them to one worker.

Start order (spec, "Background jobs"): by priority, then due time, then arrival. The one partial index
``meanwhile_job_claim`` (priority desc, due, id; only rows that are ready and not held back) serves every statement
here: a loose scan finds the few priorities in use, and for each the due rows stand together at its start. So a claim
costs the same with a million rows waiting.

Serial keys: at most one job of a key runs. A job that has begun goes before all others of its key, also while it waits
for its next try; then comes the earliest arrival of those that are due. So a delay of months holds up nothing until it
is due. A job that has another one before it is *held back* when a claim meets it, with the whole line behind it
(`hold.hold_back`), which takes them out of the index; one after the other comes back when the one before it ends
(`acknowledge.release_next`). So a long line of one key slows nothing.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.queue import sql
from meanwhile.queue.hold import hold_back
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.states import State

CLAIMABLE = "state = 'ready' AND held = 0"

FIRST = "ORDER BY priority DESC, due, id LIMIT 1"
# Each level is the first job of the next lower priority. There is no equation in it, on which SQLite would sooner build
# an index of its own for each look than use ours, where `ANALYZE` has told it that all priorities are the same.
LEVELS = f"""
    WITH RECURSIVE level(id) AS (
        SELECT (SELECT id FROM {sql.TABLE} WHERE {CLAIMABLE} {FIRST}) %s
        UNION ALL
        SELECT (SELECT id FROM {sql.TABLE} WHERE {CLAIMABLE}
                AND priority < (SELECT priority FROM {sql.TABLE} WHERE id = level.id) {FIRST})
        FROM level WHERE level.id IS NOT NULL
    )
    SELECT job.priority, job.due FROM level JOIN {sql.TABLE} AS job ON job.id = level.id ORDER BY job.priority DESC
"""  # noqa: S608
WAITING = LEVELS % ""
PEEK = LEVELS % f"WHERE NOT EXISTS (SELECT 1 FROM {sql.PAUSE} WHERE id = 1)"  # noqa: S608
"""While the queue is paused a worker sees nothing that it could take."""

TOP = f"""
    SELECT priority, due FROM {sql.TABLE}
    WHERE {CLAIMABLE} AND NOT EXISTS (SELECT 1 FROM {sql.PAUSE} WHERE id = 1) {FIRST}
"""  # noqa: S608
"""The first of the levels alone: in most queues it is the only one, and it is found in half the time."""

# Its parameter is the present moment.
BLOCKED = f"""(job.serial_key <> '' AND (EXISTS (
        SELECT 1 FROM {sql.TABLE} AS other WHERE other.serial_key = job.serial_key AND {sql.BEGUN}
        AND other.id <> job.id AND (other.state = 'running' OR job.started IS NULL OR other.id < job.id)
    ) OR job.started IS NULL AND EXISTS (
        SELECT 1 FROM {sql.TABLE} AS other WHERE other.serial_key = job.serial_key AND {sql.SERIAL}
        AND other.id < job.id AND other.due <= %s)))"""  # noqa: S608

COLUMNS = 'id, kind, name, payload, priority, serial_key, "group", attempts, takeovers, lease_token, steps, due, state'

DUE = f"FROM {sql.TABLE} WHERE {CLAIMABLE} AND priority = %s AND due <= %s ORDER BY due, id LIMIT %s"

CLAIM = f"""
    UPDATE {sql.TABLE} AS job SET
        state = CASE WHEN {BLOCKED} THEN 'ready' ELSE 'running' END,
        held = CASE WHEN {BLOCKED} THEN 1 ELSE 0 END,
        started = CASE WHEN {BLOCKED} THEN job.started ELSE COALESCE(job.started, %s) END,
        lease_owner = %s, lease_until = %s, lease_token = job.lease_token + 1
    WHERE job.id IN (SELECT id {DUE})
    RETURNING {COLUMNS}
"""  # noqa: S608

# PostgreSQL plans each part of a statement anew each time, so what is asked thrice above stands here once: about the
# rows as they are when they are locked, not as they were when the statement began.
CLAIM_UNLOCKED = f"""
    WITH picked AS MATERIALIZED (SELECT id, serial_key, started {DUE} FOR UPDATE SKIP LOCKED),
    judged AS MATERIALIZED (SELECT id AS picked_id, {BLOCKED} AS blocked FROM picked AS job)
    UPDATE {sql.TABLE} AS job SET
        state = CASE WHEN blocked THEN 'ready' ELSE 'running' END,
        held = CASE WHEN blocked THEN 1 ELSE 0 END,
        started = CASE WHEN blocked THEN job.started ELSE COALESCE(job.started, %s) END,
        lease_owner = %s, lease_until = %s, lease_token = job.lease_token + 1
    FROM judged WHERE job.id = picked_id
    RETURNING {COLUMNS}
"""  # noqa: S608


# Of the highest priority, and without those that may have to wait for another.
CLAIM_AT_ONCE = f"""
    WITH picked AS MATERIALIZED (
        SELECT id FROM {sql.TABLE} WHERE {CLAIMABLE} AND serial_key = '' AND due <= %s AND priority = (
            SELECT priority FROM {sql.TABLE}
            WHERE {CLAIMABLE} AND NOT EXISTS (SELECT 1 FROM {sql.PAUSE} WHERE id = 1) {FIRST}
        ) ORDER BY due, id LIMIT %s FOR UPDATE SKIP LOCKED
    )
    UPDATE {sql.TABLE} AS job SET state = 'running', started = COALESCE(job.started, %s),
        lease_owner = %s, lease_until = %s, lease_token = job.lease_token + 1
    WHERE job.id IN (SELECT id FROM picked)
    RETURNING {COLUMNS}
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Lookout:
    """What waits: the priorities that have a job due now, and the moment at which the next other one is due."""

    due_now: tuple[int, ...]
    next_due: datetime | None


def look_out(now: datetime, *, using: str) -> Lookout:
    """Say what there is to take, without taking anything or locking anything: nothing while the queue is paused."""
    levels = _levels(PEEK, using)
    later = [due for _, due in levels if due > now]
    return Lookout(tuple(priority for priority, due in levels if due <= now), min(later, default=None))


def first_look(now: datetime, *, using: str) -> Lookout:
    """Do the same as `look_out` for who claims right after: of several priorities with due jobs it may tell the
    highest alone."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(TOP)
        rows = cursor.fetchall()
    if rows and sql.read_moment(connection, rows[0][1]) <= now:
        return Lookout((rows[0][0],), None)
    return look_out(now, using=using) if rows else Lookout((), None)


def waiting_levels(*, using: str) -> list[tuple[int, datetime]]:
    """Return (priority, earliest due time) of all jobs that wait and are not held back, the highest priority first,
    whether the queue is paused or not."""
    return _levels(WAITING, using)


def claim(
    limit: int,
    owner: str,
    *,
    now: datetime,
    lease: float,
    using: str,
    waiting: Lookout | None = None,
    rounds: int = sys.maxsize,
) -> list[ClaimedJob]:
    """Lease up to ``limit`` due jobs to ``owner`` for ``lease`` seconds, in start order; an empty list if none is due.

    ``waiting`` is what `first_look` has just said, if that was asked already. After ``rounds`` looks that met held back
    jobs alone it leaves the rest for the next call.
    """
    claimed: list[ClaimedJob] = []
    met: set[int] = set()
    while not claimed and rounds > 0:
        known, rounds, told = len(met), rounds - 1, waiting is not None
        waiting = waiting or look_out(now, using=using)
        # One statement is a transaction by itself.
        with transaction.atomic(using=using) if len(waiting.due_now) > 1 else nullcontext():
            for priority in waiting.due_now:
                rows = _claim_level(connections[using], priority, limit - len(claimed), owner, now, lease)
                met.update(row[0] for row in rows)
                claimed += [_job(row) for row in rows if row[12] == State.RUNNING]
                if len(claimed) >= limit:
                    return claimed
        # What a first look has named may all be locked by others, for as long as they like: it names no lower priority.
        if len(met) == known and not told:
            break
        waiting = None
    return claimed


def claim_at_once(limit: int, owner: str, *, now: datetime, lease: float, using: str) -> list[ClaimedJob]:
    """Do on PostgreSQL, in one statement that is quickly planned, what `first_look` and `claim` do in two, for a worker
    that had nothing to do.

    It leaves out what the others do besides: jobs with a serial key, and lower priorities. So an empty list does not
    say that nothing is due, and a busy worker must not ask for this: jobs with a serial key would come last.
    """
    connection = connections[using]
    at = sql.moment(connection, now)
    until = sql.moment(connection, now + timedelta(seconds=lease))
    with connection.cursor() as cursor:
        cursor.execute(CLAIM_AT_ONCE, [at, limit, at, owner, until])
        return [_job(row) for row in sorted(cursor.fetchall(), key=_start_order)]


def _levels(statement: str, using: str) -> list[tuple[int, datetime]]:
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [(priority, sql.read_moment(connection, due)) for priority, due in cursor.fetchall()]


def _claim_level(
    connection: BaseDatabaseWrapper, priority: int, limit: int, owner: str, now: datetime, lease: float
) -> list[tuple[Any, ...]]:
    at = sql.moment(connection, now)
    until = sql.moment(connection, now + timedelta(seconds=lease))
    leased = [at, owner, until]
    with connection.cursor() as cursor:
        if sql.is_postgresql(connection):
            cursor.execute(CLAIM_UNLOCKED, [priority, at, limit, at, *leased])
        else:
            cursor.execute(CLAIM, [at, at, at, *leased, priority, at, limit])
        rows = sorted(cursor.fetchall(), key=_start_order)
    serial = [row for row in rows if row[5]]
    if held := [(row[0], row[5]) for row in serial if row[12] != State.RUNNING]:
        hold_back(connection, held, at)
    if sql.is_postgresql(connection) and (running := [row for row in serial if row[12] == State.RUNNING]):
        refused = _put_back(connection, running, owner, at)
        rows = [(*row[:12], State.READY) if row[0] in refused else row for row in rows]
    return rows


def _start_order(row: tuple[Any, ...]) -> tuple[Any, int]:
    return row[11], row[0]


def _put_back(connection: BaseDatabaseWrapper, rows: list[tuple[Any, ...]], owner: str, at: Any) -> set[int]:
    """Put jobs back whose key has two running; return their ids.

    Two workers of PostgreSQL can each take a job of one key, of which neither sees what the other has not committed
    yet. Each looks again when its own is written, and holds the key while it looks.
    """
    keys = {row[5]: row[0] for row in rows}
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(
            "SELECT key FROM unnest(%s::text[]) AS key"
            " WHERE NOT pg_try_advisory_xact_lock(hashtextextended(key, 5150)) ",
            [sorted(keys)],
        )
        refused = {keys[row[0]] for row in cursor.fetchall()}
        cursor.execute(
            f"SELECT serial_key FROM {sql.TABLE} WHERE serial_key = ANY(%s) AND {sql.BEGUN}"  # noqa: S608
            " AND state = 'running' AND NOT id = ANY(%s)",
            [list(keys), list(keys.values())],
        )
        refused |= {keys[row[0]] for row in cursor.fetchall()}
        if refused:
            cursor.execute(
                f"UPDATE {sql.TABLE} SET state = 'ready', lease_owner = '', lease_until = NULL,"  # noqa: S608
                " started = NULLIF(started, %s::timestamptz)"
                " WHERE id = ANY(%s) AND state = 'running' AND lease_owner = %s",
                [at, list(refused), owner],
            )
    return refused


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
