"""A savepoint that costs nothing where nothing is asked of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connections


@contextmanager
def savepoint_if_needed(using: str) -> Iterator[None]:
    """Guard a transaction from database errors inside; a savepoint is made before the first statement, if there is
    one at all."""
    connection = connections[using]
    savepoint: str | None = None

    def before_first(execute: Callable[..., Any], *statement: Any) -> Any:
        nonlocal savepoint
        if not savepoint:
            savepoint = "being made"  # by a statement that comes through here as well
            savepoint = connection.savepoint()
        return execute(*statement)

    try:
        with connection.execute_wrapper(before_first):
            yield
    except DatabaseError:
        if savepoint:
            connection.savepoint_rollback(savepoint)
            connection.needs_rollback = False
        raise
    if savepoint:
        connection.savepoint_commit(savepoint)
