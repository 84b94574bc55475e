"""Write jobs in the caller's transaction, and wake a worker when it commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile import conf
from meanwhile.clock import Clock, SystemClock
from meanwhile.exceptions import PayloadTooLarge
from meanwhile.queue import sql, wake
from meanwhile.queue.jobs import NewJob

ROWS_A_STATEMENT = 500
COLUMNS = (
    'kind, name, payload, state, priority, due, held, serial_key, "group", attempts, takeovers, steps, progress_text,'
    " lease_owner, lease_token, created, error"
)
ROW = "(%s, %s, %s, 'ready', %s, %s, 0, %s, %s, 0, 0, '{}', '', '', 0, %s, '')"


@dataclass(slots=True)
class Beside:
    """A statement that goes with the jobs, an INSERT or UPDATE of another table: on PostgreSQL as a part of theirs,
    which spares a round trip."""

    sql: str
    parameters: list[Any]
    rows: int = 0
    """How many rows it has written."""


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
            _do(connection, beside)
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


def _do(connection: BaseDatabaseWrapper, statements: Sequence[Beside]) -> None:
    with connection.cursor() as cursor:
        for one in statements:
            cursor.execute(one.sql, one.parameters)
            one.rows = cursor.rowcount


def _insert(connection: BaseDatabaseWrapper, rows: list[list[Any]], beside: Sequence[Beside]) -> list[int]:
    statement = _statement(len(rows), tuple(one.sql for one in beside), sql.is_postgresql(connection))
    parameters = [*(value for one in beside for value in one.parameters), *(value for row in rows for value in row)]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        returned = cursor.fetchall()
    for one, found in zip(beside, returned[0][len(returned[0]) - len(beside) :], strict=True):
        one.rows = found
    return sorted(row[0] for row in returned)


@lru_cache(maxsize=256)
def _statement(rows: int, beside: tuple[str, ...], is_postgresql: bool) -> str:
    # NOTIFY is sent with the commit, once for all rows of a transaction; here it costs no round trip of its own.
    returning = f"id, pg_notify('{wake.CHANNEL}', '')" if is_postgresql else "id"
    returning += "".join(f", (SELECT count(*) FROM beside_{number})" for number in range(len(beside)))  # noqa: S608
    parts = ", ".join(f"beside_{number} AS ({text} RETURNING 1)" for number, text in enumerate(beside))
    first = f"WITH {parts} " if parts else ""
    values = ", ".join([ROW] * rows)
    return f"{first}INSERT INTO {sql.TABLE} ({COLUMNS}) VALUES {values} RETURNING {returning}"  # noqa: S608
