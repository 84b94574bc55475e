"""Statements that belong together: on PostgreSQL they are sent at once, which spares a round trip each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.queue import sql


@dataclass(slots=True)
class Beside:
    """An INSERT or UPDATE, without RETURNING, that goes with a statement on another table."""

    sql: str
    parameters: list[Any]
    rows: int = 0
    """How many rows it has written."""


def in_turn(connection: BaseDatabaseWrapper, statements: Sequence[Beside]) -> None:
    """Send statements one after the other."""
    with connection.cursor() as cursor:
        _in_turn(cursor, statements)


def together(
    connection: BaseDatabaseWrapper,
    statement: str,
    parameters: Sequence[Any],
    beside: Sequence[Beside],
    *,
    returning: str = "",
) -> list[tuple[Any, ...]]:
    """Send a statement and what goes with it; return what it returns of each row it has written.

    ``statement`` has no RETURNING of its own: that is ``returning``, empty for nothing. No order between them is sure,
    and none may need what another has written. If the statement writes no row, it is not known how many the others
    wrote.
    """
    ending = f" RETURNING {returning}" if returning else ""
    with connection.cursor() as cursor:
        if beside and sql.is_postgresql(connection):
            if not _takes_several(cursor):
                return _in_one_statement(cursor, statement, parameters, beside, returning)
            return _in_one_message(cursor, f"{statement}{ending}", parameters, beside, bool(returning))
        _in_turn(cursor, beside)
        cursor.execute(f"{statement}{ending}", parameters)
        return cursor.fetchall() if returning else [()] * cursor.rowcount


def _takes_several(cursor: Any) -> bool:
    """Say whether a text may hold several statements: only if the driver puts the parameters into it before it is sent,
    as psycopg 3 does unless the site asks for ``server_side_binding`` or is inside a ``pipeline``."""
    try:
        from psycopg import ClientCursor
    except ImportError:
        return False
    driver = getattr(cursor, "cursor", None)
    return isinstance(driver, ClientCursor) and not driver.connection.pgconn.pipeline_status


def _in_one_message(
    cursor: Any, statement: str, parameters: Sequence[Any], beside: Sequence[Beside], returns: bool
) -> list[tuple[Any, ...]]:
    """Send all of them at once. The server plans several short ones quicker than a long one.

    The statement comes first, as it does where they are one: so the job is locked before its run, which is the order of
    those who end a job by hand. Two who lock the same in different orders can wait for each other for ever.
    """
    text = ";\n".join([statement, *(one.sql for one in beside)])
    cursor.execute(text, [*parameters, *(value for one in beside for value in one.parameters)])
    rows: list[tuple[Any, ...]] = cursor.fetchall() if returns else [()] * cursor.rowcount
    for one in beside:
        cursor.nextset()
        one.rows = cursor.rowcount
    return rows


def _in_one_statement(
    cursor: Any, statement: str, parameters: Sequence[Any], beside: Sequence[Beside], returning: str
) -> list[tuple[Any, ...]]:
    text = _as_one(statement, tuple(one.sql for one in beside), returning)
    cursor.execute(text, [*(value for one in beside for value in one.parameters), *parameters])
    rows = cursor.fetchall()
    for one, found in zip(beside, rows[0][-len(beside) :] if rows else (), strict=bool(rows)):
        one.rows = found
    return [row[: -len(beside)] for row in rows]


def _in_turn(cursor: Any, statements: Sequence[Beside]) -> None:
    for one in statements:
        cursor.execute(one.sql, one.parameters)
        one.rows = cursor.rowcount


@lru_cache(maxsize=512)
def _as_one(statement: str, beside: tuple[str, ...], returning: str) -> str:
    parts = ", ".join(f"beside_{number} AS ({text} RETURNING 1)" for number, text in enumerate(beside))
    counts = [f"(SELECT count(*) FROM beside_{number})" for number in range(len(beside))]  # noqa: S608
    return f"WITH {parts} {statement} RETURNING {', '.join([*([returning] if returning else []), *counts])}"
