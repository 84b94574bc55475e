"""A transaction that begins with the first statement inside it, and a way to write beside it.

On SQLite with ``transaction_mode="IMMEDIATE"`` Django's ``atomic`` takes the file's one write lock at once, also for
code that computes or waits for a minute first: three actions that each wait a second for something else would run
one after the other. And code that asks the database for nothing need not be that for which a connection is opened.
(PostgreSQL's driver sends BEGIN with the first statement anyway.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from types import TracebackType
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.queue import sql

Turn = Callable[[], AbstractContextManager[Any]]

BEGIN = "_start_transaction_under_autocommit"
"""Django's method that sends BEGIN; only its SQLite backend has one."""

OF_THE_BLOCKS = (
    "in_atomic_block", "autocommit", "commit_on_exit", "needs_rollback", "atomic_blocks", "savepoint_ids",
    "run_on_commit",
)  # fmt: skip
"""The fields of a connection by which Django keeps books on its atomic blocks."""


def lazy_atomic(using: str, turn: Turn = nullcontext) -> AbstractContextManager[None]:
    """Like `transaction.atomic(using)`, but nothing is sent, and no connection opened, before the first statement.

    To all code inside it is an atomic block from its start. ``turn`` is entered right before it begins and left behind
    its end (threads that take turns at writing). Inside another transaction it is a savepoint, as `transaction.atomic`
    is.
    """
    return LazyAtomic(using, turn)


@contextmanager
def beside(using: str) -> Iterator[None]:
    """Have what the body writes committed at once, also inside a `lazy_atomic`.

    Where that has begun on SQLite, which has one writer, the body's statements are part of it after all; so they are
    where a plain transaction stands around everything, as in a test.
    """
    connection = connections[using]
    outermost = connection.atomic_blocks[0] if connection.atomic_blocks else None
    if not isinstance(outermost, LazyAtomic):
        yield
    elif not outermost.has_begun():
        with outermost.suspended():
            yield
    elif sql.is_postgresql(connection):
        connections[using] = outermost.second_connection()
        try:
            yield
        finally:
            connections[using] = connection
    else:
        yield


class LazyAtomic(transaction.Atomic):
    """An atomic block. If it is an outermost one, the connection says that there is one before it has begun."""

    _connection: BaseDatabaseWrapper
    _second: BaseDatabaseWrapper | None = None
    _turns: ExitStack | None = None
    """What is left at its end; None until it begins."""

    _waits = False
    """Whether it is still to begin."""

    _passes = False
    """Whether statements don't make it begin."""

    def __init__(self, using: str, turn: Turn) -> None:
        super().__init__(using, savepoint=True, durable=False)
        self._alias = using
        self._turn = turn

    def __enter__(self) -> None:
        connection: Any = connections[self._alias]
        self._connection = connection
        if connection.connection is not None and not connection.in_atomic_block:
            connection.close_if_health_check_failed()
        if not _can_wait(connection):
            self._take_turn(super().__enter__)
            return
        if connection.connection is None:
            connection.closed_in_transaction = False  # as its first statement would say
        connection.commit_on_exit = connection.in_atomic_block = True
        connection.needs_rollback = connection.autocommit = False
        connection.atomic_blocks.append(self)
        self._wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection: Any = self._connection
        was_never_needed = self._waits and not connection.closed_in_transaction
        self._stop_waiting()  # before the commit: what `on_commit` runs after it must not begin anything
        if not was_never_needed:
            with self._turns or nullcontext():
                super().__exit__(kind, error, trace)
            return
        connection.atomic_blocks.pop()
        connection.in_atomic_block, connection.autocommit = False, True
        if kind is None and not connection.needs_rollback:
            connection.run_and_clear_commit_hooks()
        else:
            connection.run_on_commit = []
            connection.needs_rollback = False

    def has_begun(self) -> bool:
        """Say whether the database has been told of it."""
        if self._waits or not sql.is_postgresql(self._connection):
            return not self._waits
        raw = self._connection.connection
        return raw is None or bool(raw.info.transaction_status)  # 0 is idle

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Run the body as if this block, which has not begun, were not there."""
        connection: Any = self._connection
        kept = {name: getattr(connection, name) for name in OF_THE_BLOCKS}
        connection.atomic_blocks, connection.savepoint_ids, connection.run_on_commit = [], [], []
        connection.in_atomic_block, connection.autocommit, connection.needs_rollback = False, True, False
        vars(connection).pop("connect", None)
        self._passes = True
        try:
            if not self._waits:
                _set_autocommit(connection, True)
            yield
        finally:
            self._passes = False
            vars(connection).update(kept)
            self._go_on()

    def second_connection(self) -> BaseDatabaseWrapper:
        """Return another connection to the same database, for as long as this block lasts."""
        if self._second is None:
            self._second = connections.create_connection(self._alias)
            assert self._turns is not None
            self._turns.callback(self._second.close)
        return self._second

    def _wait(self) -> None:
        connection: Any = self._connection
        if connection.connection is None:
            connection.connect = self._connect
        if not self._waits:
            self._waits = True
            connection.execute_wrappers.insert(0, self._begin_first)  # others take theirs from the end

    def _stop_waiting(self) -> None:
        if self._waits:
            self._waits = False
            vars(self._connection).pop("connect", None)
            self._connection.execute_wrappers.remove(self._begin_first)

    def _go_on(self) -> None:
        """Wait, or have begun, again, on whatever connection there is now."""
        connection = self._connection
        if connection.connection is None:
            self._wait()
        elif not self._waits:
            _set_autocommit(connection, False)
        elif not hasattr(connection, BEGIN):
            self._begin()

    def _begin_first(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        if self._waits and not self._passes:
            self._begin()
        return execute(sql, params, many, context)

    def _begin(self) -> None:
        """Begin; where the database is busy this raises, and the next statement tries again."""
        self._passes = True
        try:
            self._take_turn(self._send_begin)
            self._stop_waiting()
        finally:
            self._passes = False

    def _send_begin(self) -> None:
        if hasattr(self._connection, BEGIN):
            getattr(self._connection, BEGIN)()
        else:
            _set_autocommit(self._connection, False)

    def _take_turn(self, begin: Callable[[], None]) -> None:
        with ExitStack() as turns:
            if self._turns is None:
                turns.enter_context(self._turn())
            begin()
            self._turns = self._turns or turns.pop_all()

    def _connect(self) -> None:
        """Open the connection, which forgets what was going on, and go on as before."""
        connection: Any = self._connection
        kept = {name: getattr(connection, name) for name in OF_THE_BLOCKS}
        del connection.connect
        self._passes = True  # statements of those who set up a new connection are not part of the block
        try:
            connection.connect()
        except BaseException:
            connection.connect = self._connect
            raise
        finally:
            self._passes = False
            vars(connection).update(kept)
        if not hasattr(connection, BEGIN):
            self._begin()  # costs nothing, and counts for statements that go round Django, too


def _can_wait(connection: BaseDatabaseWrapper) -> bool:
    """Say whether a block that begins now is an outermost one that costs something before its first statement."""
    if connection.in_atomic_block:
        return False
    if connection.connection is None:
        return bool(connection.settings_dict["AUTOCOMMIT"])
    return connection.autocommit and hasattr(connection, BEGIN)


def _set_autocommit(connection: Any, autocommit: bool) -> None:
    with connection.wrap_database_errors:
        connection._set_autocommit(autocommit)  # noqa: SLF001 - what `atomic` does, which keeps books on it
