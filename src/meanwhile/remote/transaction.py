"""A transaction that begins with the first statement inside it, so that what needs no database costs and holds none.

On SQLite with ``transaction_mode="IMMEDIATE"`` a transaction holds the only write lock from its BEGIN on. Three
background actions that each wait a second for something else would then run one after the other. And an action that
asks the database for nothing need not be the one for which a connection is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

BEGIN = "_start_transaction_under_autocommit"
"""Django's method that sends BEGIN; only its SQLite backend has one. (psycopg sends it with the first statement.)"""


def lazy_atomic(using: str) -> AbstractContextManager[None]:
    """Like `transaction.atomic(using)`, but nothing is sent, and no connection opened, before the first statement.

    To all code inside it is an atomic block from its start. Inside another transaction it is a savepoint, as
    `transaction.atomic` is.
    """
    connection = connections[using]
    if connection.in_atomic_block:
        return transaction.atomic(using)
    if connection.connection is None:
        is_lazy = connection.settings_dict["AUTOCOMMIT"]
    else:
        is_lazy = connection.autocommit and hasattr(connection, BEGIN)
    return _LazyAtomic(connection) if is_lazy else transaction.atomic(using)


class _LazyAtomic:
    """An outermost atomic block that has not begun: the connection's fields say that there is one."""

    __slots__ = ("_atomic", "_connection", "_passes", "_waits")

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        self._atomic = transaction.Atomic(connection.alias, savepoint=True, durable=False)
        self._waits = False
        self._passes = False

    def __enter__(self) -> None:
        connection: Any = self._connection
        if connection.connection is None:
            connection.connect = self._connect
            connection.closed_in_transaction = False  # as its first statement would say
        else:
            connection.close_if_health_check_failed()
        connection.execute_wrappers.append(self._begin_first)
        connection.commit_on_exit = connection.in_atomic_block = True
        connection.needs_rollback = connection.autocommit = False
        connection.atomic_blocks.append(self._atomic)
        self._waits = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection: Any = self._connection
        has_begun = not self._waits or connection.closed_in_transaction
        self._stop_waiting()  # before the commit: what `on_commit` runs after it must not begin anything
        if has_begun:
            self._atomic.__exit__(kind, error, trace)
            return
        connection.atomic_blocks.pop()
        connection.in_atomic_block, connection.autocommit = False, True
        if kind is None and not connection.needs_rollback:
            connection.run_and_clear_commit_hooks()
        else:
            connection.run_on_commit = []
            connection.needs_rollback = False

    def _begin_first(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        if self._waits and not self._passes:
            self._begin()
        return execute(sql, params, many, context)

    def _begin(self) -> None:
        """Begin; where the database is busy this raises, and the next statement tries again."""
        connection: Any = self._connection
        self._passes = True
        try:
            if hasattr(connection, BEGIN):
                getattr(connection, BEGIN)()
            else:
                with connection.wrap_database_errors:
                    connection._set_autocommit(False)  # noqa: SLF001 - what `atomic` does, which keeps books on it
            self._stop_waiting()
        finally:
            self._passes = False

    def _connect(self) -> None:
        """Open the connection, which forgets what was going on, and go on as before."""
        connection: Any = self._connection
        fields = ("atomic_blocks", "savepoint_ids", "needs_rollback", "run_on_commit")
        kept = {name: getattr(connection, name) for name in fields}
        del connection.connect
        self._passes = True  # statements of those who set up a new connection are not part of the block
        try:
            connection.connect()
        except BaseException:
            connection.connect = self._connect
            raise
        finally:
            self._passes = False
            vars(connection).update(kept, in_atomic_block=True, autocommit=False)
        if not hasattr(connection, BEGIN):
            self._begin()  # costs nothing, and counts for statements that go round Django, too

    def _stop_waiting(self) -> None:
        if self._waits:
            self._waits = False
            vars(self._connection).pop("connect", None)
            self._connection.execute_wrappers.remove(self._begin_first)
