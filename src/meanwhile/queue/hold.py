"""Find jobs that are held back though nothing is before them any more (a belt to `acknowledge.release_next`'s
braces)."""

from __future__ import annotations

from django.db import connections

from meanwhile.queue import sql


def release_stuck(*, using: str) -> int:
    """Let the first job of each serial key go if none of that key runs or stands ready before it; return how many."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"""
            SELECT MIN(id) FROM {sql.TABLE}
            WHERE {sql.SERIAL}
            GROUP BY serial_key
            HAVING SUM(CASE WHEN state = 'running' OR held = 0 THEN 1 ELSE 0 END) = 0
            """  # noqa: S608
        )
        ids = [row[0] for row in cursor.fetchall()]
        if ids:
            marks = ", ".join(["%s"] * len(ids))
            cursor.execute(f"UPDATE {sql.TABLE} SET held = %s WHERE held = 1 AND id IN ({marks})", [0, *ids])  # noqa: S608
    return len(ids)
