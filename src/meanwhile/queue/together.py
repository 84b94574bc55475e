"""Statements that belong together: on PostgreSQL they are sent as one, which spares a round trip each."""

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
    and none sees what another has written. If the statement writes no row, it is not known how many the others wrote.
    """
    with connection.cursor() as cursor:
        if not sql.is_postgresql(connection):
            _in_turn(cursor, beside)
            beside = ()
        text = _as_one(statement, tuple(one.sql for one in beside), returning)
        cursor.execute(text, [*(value for one in beside for value in one.parameters), *parameters])
        rows: list[tuple[Any, ...]] = cursor.fetchall() if returning or beside else [()] * cursor.rowcount
    if rows:
        for one, found in zip(beside, rows[0][len(rows[0]) - len(beside) :], strict=True):
            one.rows = found
    return rows


def _in_turn(cursor: Any, statements: Sequence[Beside]) -> None:
    for one in statements:
        cursor.execute(one.sql, one.parameters)
        one.rows = cursor.rowcount


@lru_cache(maxsize=512)
def _as_one(statement: str, beside: tuple[str, ...], returning: str) -> str:
    parts = ", ".join(f"beside_{number} AS ({text} RETURNING 1)" for number, text in enumerate(beside))
    counts = [f"(SELECT count(*) FROM beside_{number})" for number in range(len(beside))]  # noqa: S608
    returned = ", ".join([*([returning] if returning else []), *counts])
    return f"{f'WITH {parts} ' if parts else ''}{statement}{f' RETURNING {returned}' if returned else ''}"
