"""Learn when a transaction commits, or would commit if there were no test around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def after_commits(using: str, do: Callable[[], Any]) -> Iterator[None]:
    """Call ``do`` whenever an outermost atomic block inside the body has ended well.

    `on_commit` can't serve: a `TestCase` holds its callbacks back for good. So the end of an atomic block itself is
    watched. Blocks that are open already, such as those of the test case, do not count; nor do those that ``do``
    itself opens.
    """
    here = transaction.get_connection(using)
    outside = len(here.atomic_blocks)
    leave = transaction.Atomic.__exit__
    busy: set[BaseDatabaseWrapper] = set()

    def leave_and_do(block: transaction.Atomic, error_type: Any, error: Any, trace: Any) -> None:
        leave(block, error_type, error, trace)
        connection = transaction.get_connection(block.using)
        is_outermost = len(connection.atomic_blocks) == (outside if connection is here else 0)
        if error_type is None and is_outermost and connection.alias == using and connection not in busy:
            busy.add(connection)
            try:
                do()
            finally:
                busy.discard(connection)

    transaction.Atomic.__exit__ = leave_and_do  # type: ignore[method-assign]
    try:
        yield
    finally:
        transaction.Atomic.__exit__ = leave  # type: ignore[method-assign]
