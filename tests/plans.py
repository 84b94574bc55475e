"""How the database would answer a statement."""

from __future__ import annotations

from django.db import connection


def plan_of(statement: str) -> str:
    """The plan, as text, with statistics at hand and, on PostgreSQL, without the choice to read a small table whole."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{statement}")
        return "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())
