"""The transaction around a captured write, and the instance as it was when the write comes to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import DEFAULT_DB_ALIAS, connections, transaction

if TYPE_CHECKING:
    from django.db.models import Model
    from django.db.models.deletion import Collector


class AllOrNothing(transaction.Atomic):
    """An atomic block whose author lets every failure inside it end the block. Made by `all_or_nothing`."""


def all_or_nothing(using: str | None = None) -> AllOrNothing:
    """Like `transaction.atomic()`, for a block in which no failed save is caught.

    Saves of captured models then need no savepoint, which spares two statements each. It stays safe when a failure is
    caught all the same: Django then refuses every further query until the block is rolled back.
    """
    return AllOrNothing(using or DEFAULT_DB_ALIAS, savepoint=True, durable=False)


@contextmanager
def captured_write(record: Model, using: str) -> Iterator[None]:
    """Let the write of `record` and everything inside the block commit together or not at all.

    In autocommit that is a transaction, inside one a savepoint, so that code outside may catch the exception and go on.
    When the block fails, or its commit does, the instance is as it was before, so that it can be saved again.
    """
    before = Before(record)
    committed: list[bool] = []
    try:
        with transaction.atomic(using=using, savepoint=not _ends_with_its_block(using)):
            if len(connections[using].atomic_blocks) == 1:
                # An on_commit callback that fails raises here too, when the row has long been committed.
                transaction.on_commit(lambda: committed.append(True), using=using)
            yield
    except BaseException:
        if not committed:
            before.restore()
        raise


@contextmanager
def captured_deletion(collector: Collector) -> Iterator[None]:
    """Let a deletion and everything inside the block commit together or not at all, as `captured_write` does.

    Django's own collector has no savepoint: without this one a failure would end the transaction around it, too. It
    takes the keys from the instances before this block commits; they get them back when it doesn't.
    """
    using = collector.using
    keys = [(instance, model._meta.pk.attname, instance.pk) for model, instance in collector.instances_with_model()]
    committed: list[bool] = []
    try:
        with transaction.atomic(using=using, savepoint=not _ends_with_its_block(using)):
            if len(connections[using].atomic_blocks) == 1:
                transaction.on_commit(lambda: committed.append(True), using=using)
            yield
    except BaseException:
        if not committed:
            for instance, name, key in keys:
                setattr(instance, name, key)
        raise


def _ends_with_its_block(using: str) -> bool:
    blocks = connections[using].atomic_blocks
    return bool(blocks) and isinstance(blocks[-1], AllOrNothing)


class Before:
    """An instance's attributes, cached relations and state before something that may come to nothing."""

    def __init__(self, record: Model) -> None:
        self._record = record
        self._attributes = dict(record.__dict__)
        self._state = dict(record._state.__dict__)
        self._state["fields_cache"] = dict(record._state.fields_cache)

    def restore(self) -> None:
        """Give them all back to the instance."""
        for target, kept in ((self._record._state.__dict__, self._state), (self._record.__dict__, self._attributes)):
            target.clear()
            target.update(kept)
