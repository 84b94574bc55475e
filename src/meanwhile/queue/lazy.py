"""A transaction that takes no lock before its first statement, and a way to write beside it.

Django's ``atomic`` on SQLite with ``transaction_mode="IMMEDIATE"`` takes the file's one write lock at once, also for
code that computes or waits for a minute first. PostgreSQL's driver sends BEGIN with the first statement anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.queue import sql

Turn = Callable[[], AbstractContextManager[Any]]

_STARTS = "_start_transaction_under_autocommit"
_LAZY = "_meanwhile_lazy_transaction"


@contextmanager
def lazy_atomic(using: str, turn: Turn = nullcontext) -> Iterator[None]:
    """Run the body in a transaction as ``transaction.atomic`` does, which really begins with its first statement.

    ``turn`` is entered right before that and left after the end (threads that take turns at writing). Inside another
    transaction it is a plain ``atomic``.
    """
    connection = connections[using]
    if connection.in_atomic_block:
        with turn(), transaction.atomic(using=using):
            yield
        return
    lazy = _Lazy(connection)
    try:
        with ExitStack() as turns:
            setattr(connection, _LAZY, lazy)
            if sql.is_postgresql(connection):
                turns.enter_context(turn())
            else:
                lazy.pending = _first_of_all(connection, turns, turn)
            with connection.execute_wrapper(lazy.before_each), transaction.atomic(using=using):
                vars(connection).pop(_STARTS, None)
                try:
                    yield
                finally:  # what follows is the commit, and what was to be done after it
                    lazy.pending = None
                    vars(connection).pop(_LAZY, None)
    finally:
        vars(connection).pop(_STARTS, None)
        vars(connection).pop(_LAZY, None)
        lazy.close()


@contextmanager
def beside(using: str) -> Iterator[None]:
    """Have what the body writes committed at once, also inside a `lazy_atomic`.

    Where that has begun on SQLite, which has one writer, the body's statements are part of it after all; so they are
    where a plain transaction stands around everything, as in a test.
    """
    connection = connections[using]
    lazy: _Lazy | None = getattr(connection, _LAZY, None)
    if lazy is None:
        yield
    elif not lazy.has_begun():
        with lazy.not_yet():
            yield
    elif sql.is_postgresql(connection):
        connections[using] = lazy.second()
        try:
            yield
        finally:
            connections[using] = connection
    else:
        yield


@dataclass(eq=False)
class _Lazy:
    """One transaction that waits for its first statement."""

    connection: BaseDatabaseWrapper
    pending: Callable[[], None] | None = None
    """What begins it, on SQLite; None once it has begun."""

    _passing: bool = False
    _second: BaseDatabaseWrapper | None = None

    def before_each(self, execute: Callable[..., Any], *statement: Any) -> Any:
        if self.pending is not None and not self._passing:
            self._passing = True
            try:
                self.pending()  # if the database is busy this raises, and the next statement tries again
                self.pending = None
            finally:
                self._passing = False
        return execute(*statement)

    def has_begun(self) -> bool:
        if not sql.is_postgresql(self.connection):
            return self.pending is None
        return bool(self.connection.connection.info.transaction_status)  # 0 is idle

    @contextmanager
    def not_yet(self) -> Iterator[None]:
        """Run the body's statements one by one, as if the transaction were not there yet."""
        raw = self.connection.connection
        self._passing = True
        if sql.is_postgresql(self.connection):
            raw.autocommit = True
        try:
            yield
        finally:
            self._passing = False
            if sql.is_postgresql(self.connection):
                raw.autocommit = False

    def second(self) -> BaseDatabaseWrapper:
        """Return another connection to the same database, for as long as the transaction lasts."""
        if self._second is None:
            self._second = connections.create_connection(self.connection.alias)
        return self._second

    def close(self) -> None:
        if self._second is not None:
            self._second.close()


def _first_of_all(connection: BaseDatabaseWrapper, turns: ExitStack, turn: Turn) -> Callable[[], None]:
    """Keep Django from beginning the transaction; return what does it in its stead."""
    begin: Callable[[], None] = getattr(connection, _STARTS)

    def start() -> None:
        turns.enter_context(turn())
        begin()

    setattr(connection, _STARTS, lambda: None)
    return start
