"""Write jobs in the caller's transaction, and wake a worker when it commits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile import conf
from meanwhile.clock import Clock, SystemClock
from meanwhile.exceptions import PayloadTooLarge
from meanwhile.queue import sql, wake
from meanwhile.queue.jobs import NewJob
from meanwhile.queue.together import Beside, in_turn, together

ROWS_A_STATEMENT = 500
COLUMNS = (
    'kind, name, payload, state, priority, due, held, serial_key, "group", attempts, takeovers, steps, progress_text,'
    " lease_owner, lease_token, created, error"
)
ROW = "(%s, %s, %s, 'ready', %s, %s, 0, %s, %s, 0, 0, '{}', '', '', 0, %s, '')"


def enqueue(
    jobs: Sequence[NewJob], *, using: str | None = None, clock: Clock | None = None, beside: Sequence[Beside] = ()
) -> list[int]:
    """Queue jobs, many in one statement, and return their ids in the same order.

    The rows belong to the caller's transaction: they are gone if it rolls back, and no worker sees them before it
    commits. Outside a transaction they are queued at once. A worker is woken on commit as a best effort; its sweep is
    the guarantee.

    What is ``beside`` is done with them, also if there are no jobs.

    Raises `PayloadTooLarge` if a payload is over ``MAX_PAYLOAD`` bytes of JSON; nothing is queued then.
    """
    if not jobs and not beside:
        return []
    alias = using or conf.get().database
    connection = connections[alias]
    now = sql.moment(connection, (clock or SystemClock()).now())
    rows = [_row(connection, job, now) for job in jobs]
    ids: list[int] = []
    with transaction.atomic(using=alias, savepoint=False):
        if not (rows and sql.is_postgresql(connection)):
            in_turn(connection, beside)
            beside = ()
        for start in range(0, len(rows), ROWS_A_STATEMENT):
            ids += _insert(connection, rows[start : start + ROWS_A_STATEMENT], beside)
            beside = ()
        if rows:
            transaction.on_commit(partial(wake.wake_local, alias), using=alias, robust=True)
    return ids


def payload_json(job: NewJob) -> str:
    """Return a job's payload as JSON. Raises `PayloadTooLarge`, and `ValueError` for what no database stores."""
    payload = sql.as_json(job.payload)
    size, limit = len(payload.encode()), conf.get().max_payload
    if size > limit:
        raise PayloadTooLarge(job.name or job.kind, size, limit)
    return payload


def _row(connection: BaseDatabaseWrapper, job: NewJob, now: Any) -> list[Any]:
    payload = job.payload_text or payload_json(job)
    due = now if job.due is None else sql.moment(connection, job.due)
    return [job.kind, job.name[:200], payload, job.priority, due, job.serial_key, job.group, now]


def _insert(connection: BaseDatabaseWrapper, rows: list[list[Any]], beside: Sequence[Beside]) -> list[int]:
    # NOTIFY is sent with the commit, once for all rows of a transaction; here it costs no round trip of its own.
    returning = f"id, pg_notify('{wake.CHANNEL}', '')" if sql.is_postgresql(connection) else "id"
    values = [value for row in rows for value in row]
    returned = together(connection, _statement(len(rows)), values, beside, returning=returning)
    return sorted(row[0] for row in returned)


@lru_cache(maxsize=ROWS_A_STATEMENT)
def _statement(rows: int) -> str:
    return f"INSERT INTO {sql.TABLE} ({COLUMNS}) VALUES {', '.join([ROW] * rows)}"  # noqa: S608
