"""Let what code does in the project's databases come to nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from meanwhile.exceptions import MeanwhileError
from meanwhile.queue import sql

ENDS_IT = re.compile(
    r"(?:^|;)\s*(?:COMMIT|END|ABORT|BEGIN|START\s+TRANSACTION|PREPARE\s+TRANSACTION"
    r"|ROLLBACK(?!\s+(?:(?:WORK|TRANSACTION)\s+)?TO\b))\b",
    re.IGNORECASE,
)
"""Statements that would end the transaction which is to be taken back, or begin another one."""


@contextmanager
def taken_back(using: str) -> Iterator[None]:
    """Let what the body does in one database come to nothing, with the callbacks that wait for its commit."""
    connection = connections[using]
    with transaction.atomic(using=using):
        savepoints, blocks = len(connection.savepoint_ids), len(connection.atomic_blocks)
        try:
            yield
        finally:
            # Code that was interrupted may have left Django's notes of an inner block behind.
            del connection.savepoint_ids[savepoints:], connection.atomic_blocks[blocks:]
            transaction.set_rollback(True, using=using)


@contextmanager
def all_taken_back(using: str) -> Iterator[list[BaseDatabaseWrapper]]:
    """Let what the body does in any database of the project come to nothing; yield their connections.

    The one that must be there is ``using``. Nobody can write to another one that can't be reached. A statement that
    would end the transaction is refused with a `MeanwhileError`.
    """
    with ExitStack() as stack:
        stack.enter_context(taken_back(using))
        held = [connections[using]]
        for alias in connections:
            connection = connections[alias]
            # The file is held already: a second connection of SQLite's can't write to it, but would wait for its turn.
            if any(_is_same_file(connection, one) for one in held):
                continue
            try:
                stack.enter_context(taken_back(alias))
            except Exception:  # noqa: BLE001, S112 - what keeps it from being opened keeps it from being written
                continue
            held.append(connection)
        for connection in held:
            stack.enter_context(connection.execute_wrapper(_refuse_ends))
        yield held


def reading(using: str) -> AbstractContextManager[None]:
    """Let the body read and be interrupted: a transaction that is open already survives it, and none is begun."""
    return taken_back(using) if connections[using].in_atomic_block else nullcontext()


def _refuse_ends(execute: Callable[..., Any], statement: Any, *rest: Any) -> Any:
    if isinstance(statement, str) and ENDS_IT.search(statement):
        raise MeanwhileError(_("Code that is only tried can't begin or end transactions by statements."))
    return execute(statement, *rest)


def _is_same_file(connection: BaseDatabaseWrapper, other: BaseDatabaseWrapper) -> bool:
    both = (connection, other)
    if connection is other:
        return True
    return not any(map(sql.is_postgresql, both)) and len({str(one.settings_dict["NAME"]) for one in both}) == 1
