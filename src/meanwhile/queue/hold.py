"""Hold back the serial jobs that have another one before them, and find those that are held back in vain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.queue import sql

LARGEST_HOLD = 2000
"""Jobs of a line that are held back at once, so that no claim takes long."""

# The first job of a line that is not held back itself. Whoever ends it updates its row first and releases the next one
# after: if the row can't be locked, that end may be under way.
LOCK_FIRST = f"""
    SELECT line.key FROM unnest(%s::text[], %s::bigint[]) AS line(key, id), LATERAL (
        SELECT id FROM {sql.TABLE} AS earlier
        WHERE serial_key = line.key AND {sql.SERIAL} AND held = 0
          AND (started IS NOT NULL OR (earlier.id < line.id AND due <= %s))
        ORDER BY earlier.id LIMIT 1 FOR UPDATE SKIP LOCKED) AS first
"""  # noqa: S608

LINE = f"""
    UPDATE {sql.TABLE} SET held = 1 WHERE id IN (
        SELECT id FROM {sql.TABLE}
        WHERE serial_key = %s AND {sql.SERIAL} AND state = 'ready' AND held = 0 AND started IS NULL
          AND id > %s AND due <= %s {{still}} ORDER BY id LIMIT {LARGEST_HOLD} {{lock}})
"""  # noqa: S608

STILL = f"""AND EXISTS (
    SELECT 1 FROM {sql.TABLE} AS other WHERE other.serial_key = %s AND {sql.SERIAL} AND other.held = 0
    AND (other.started IS NOT NULL OR (other.id <= %s AND other.due <= %s)))"""  # noqa: S608


def hold_back(connection: BaseDatabaseWrapper, met: Sequence[tuple[int, str]], at: Any) -> None:
    """Hold back the due jobs behind those that a claim has met and marked as held: (id, serial key) of each.

    On PostgreSQL a job stays held back only while the first of its line is locked by us, so that its end can't slip by
    unseen; otherwise it stays claimable for the next look. On SQLite one statement sees it all.
    """
    lines: dict[str, int] = {}
    for job, key in met:
        lines[key] = min(job, lines.get(key, job))
    with connection.cursor() as cursor:
        if not sql.is_postgresql(connection):
            for key, job in lines.items():
                cursor.execute(LINE.format(still=STILL, lock=""), [key, job, at, key, job, at])
            return
        with transaction.atomic(using=connection.alias):
            cursor.execute(LOCK_FIRST, [list(lines), list(lines.values()), at])
            locked = {row[0] for row in cursor.fetchall()}
            if loose := [job for job, key in met if key not in locked]:
                cursor.execute(f"UPDATE {sql.TABLE} SET held = 0 WHERE id = ANY(%s)", [loose])  # noqa: S608
            for key in locked:
                cursor.execute(LINE.format(still="", lock="FOR UPDATE SKIP LOCKED"), [key, lines[key], at])


def release_stuck(*, now: datetime, using: str) -> int:
    """Let the first job of each line go that is held back though nothing is before it; return how many.

    A belt to `acknowledge.release_next`'s braces. To let one go too many does no harm: the claim holds it back again.
    """
    connection = connections[using]
    at = sql.moment(connection, now)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT COALESCE(begun, first) FROM (
                SELECT SUM(CASE WHEN state = 'running' THEN 1 ELSE 0 END) AS running,
                    MIN(CASE WHEN held = 1 THEN id END) AS first,
                    MIN(CASE WHEN held = 1 AND started IS NOT NULL THEN id END) AS begun,
                    MIN(CASE WHEN held = 0 AND (due <= %s OR started IS NOT NULL) THEN id END) AS free
                FROM {sql.TABLE} WHERE {sql.SERIAL} GROUP BY serial_key
            ) AS line
            WHERE running = 0 AND first IS NOT NULL AND (begun IS NOT NULL OR free IS NULL OR first < free)
            """,  # noqa: S608
            [at],
        )
        ids = [row[0] for row in cursor.fetchall()]
        for job in ids:
            cursor.execute(f"UPDATE {sql.TABLE} SET held = 0 WHERE held = 1 AND id = %s", [job])  # noqa: S608
    return len(ids)
