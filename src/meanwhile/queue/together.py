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
            if not _binds_by_itself(cursor):
                return _in_one_statement(cursor, statement, parameters, beside, returning)
            _in_one_message(cursor, f"{statement}{ending}", parameters, beside)
        else:
            _in_turn(cursor, beside)
            cursor.execute(f"{statement}{ending}", parameters)
        return cursor.fetchall() if returning else [()] * cursor.rowcount


def _binds_by_itself(cursor: Any) -> bool:
    """Say whether the driver puts the parameters into the text before it sends it, as psycopg 3 does unless the site
    asks for ``server_side_binding``: only such a text may hold several statements."""
    try:
        from psycopg import ClientCursor
    except ImportError:
        return False
    return isinstance(getattr(cursor, "cursor", None), ClientCursor)


def _in_one_message(cursor: Any, statement: str, parameters: Sequence[Any], beside: Sequence[Beside]) -> None:
    """Send all of them at once, the statement last. The server plans several short ones quicker than a long one."""
    text = ";\n".join([*(one.sql for one in beside), statement])
    cursor.execute(text, [*(value for one in beside for value in one.parameters), *parameters])
    for one in beside:
        one.rows = cursor.rowcount
        cursor.nextset()


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
