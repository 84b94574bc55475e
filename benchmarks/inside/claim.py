"""Queues of any length, filled by one statement, and the rate at which jobs can be claimed from them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections

SERIES = {
    "postgresql": "SELECT i FROM generate_series(1::bigint, {n}) AS series(i)",
    "sqlite": "WITH RECURSIVE series(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < {n})"
    " SELECT i FROM series",
}
COLUMNS = (
    'kind, name, payload, state, priority, due, held, serial_key, "group", attempts, takeovers, steps, progress_text,'
    " lease_owner, lease_token, created, error"
)
BATCH = 10
OWNER = "benchmark"
LATER = timedelta(days=365)


def fill(n: int, using: str, not_due: bool) -> None:
    """Put so many jobs into the queue of a database.

    All are due, and waited for different times; or, with ``not_due``, all but 1,000 of them are due in a year and of a
    higher priority, so that each claim has to get past them.
    """
    connection = connections[using]
    now = datetime.now(UTC)
    with connection.cursor() as cursor:
        # Nothing of an earlier queue is left to be vacuumed meanwhile; SQLite empties a table like that by itself.
        cursor.execute("DELETE FROM meanwhile_job" if connection.vendor == "sqlite" else "TRUNCATE meanwhile_job")
        ready = min(n, 1000) if not_due else n
        _insert(connection.vendor, cursor, ready, 0, connection.ops.adapt_datetimefield_value(now - timedelta(hours=1)))
        if n > ready:
            _insert(connection.vendor, cursor, n - ready, 5, connection.ops.adapt_datetimefield_value(now + LATER))
        cursor.execute("ANALYZE")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            cursor.execute("CHECKPOINT")


def rate(n: int, times: int, using: str) -> float:
    """Claim so many jobs in batches and give them back, so many times; return how many a second were claimed."""
    return n * times / sum(_seconds(n, using) for _ in range(times))


def _seconds(n: int, using: str) -> float:
    from meanwhile.queue.claim import claim

    claimed: list[Any] = []
    now = datetime.now(UTC)
    began = time.perf_counter()
    while len(claimed) < n:
        claimed += claim(BATCH, OWNER, now=now, lease=600, using=using)
    seconds = time.perf_counter() - began
    if len({job.id for job in claimed}) != n:
        raise RuntimeError("a job was claimed twice")
    with connections[using].cursor() as cursor:
        cursor.execute(
            "UPDATE meanwhile_job SET state = 'ready', lease_owner = '', lease_until = NULL"
            " WHERE state = 'running' AND lease_until IS NOT NULL"
        )
    return seconds


def _insert(vendor: str, cursor: Any, n: int, priority: int, due: Any) -> None:
    # Distinct due times, in no order of their own, as jobs of many people have them.
    apart = "i * 7919 % 3000"
    # Without parameters, so that a percent sign is one.
    shifted, payload = {
        "postgresql": (
            f"CAST('{due}' AS timestamptz) + ({apart}) * interval '1 second'",
            "CAST('{\"number\": ' || i || '}' AS jsonb)",
        ),
        "sqlite": (
            f"strftime('%Y-%m-%d %H:%M:%f', '{due}', '+' || ({apart}) || ' seconds')",
            "'{\"number\": ' || i || '}'",
        ),
    }[vendor]
    empty = "CAST('{}' AS jsonb)" if vendor == "postgresql" else "'{}'"
    created = f"CAST('{due}' AS timestamptz)" if vendor == "postgresql" else f"'{due}'"
    cursor.execute(
        f"INSERT INTO meanwhile_job ({COLUMNS})"
        f" SELECT 'tree', 'A waiting job', {payload}, 'ready', {priority}, {shifted}, 0, '', 'group ' || i,"
        f" 0, 0, {empty}, '', '', 0, {created}, '' FROM ({SERIES[vendor].format(n=n)}) AS numbers"
    )
