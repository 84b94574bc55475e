"""A record's row as the database has it, read under a lock or known already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models import CompositePrimaryKey

from meanwhile.trees.row_query import Lock, select_row
from meanwhile.trees.snapshot import is_expression, plain_value, plain_values

if TYPE_CHECKING:
    from django.db.models import Model

_KNOWN_ROW = "meanwhile_known_row"


def read_row(model: type[Model], pk: Any, using: str, lock: Lock = Lock.NONE) -> dict[str, Any] | None:
    """Return the plain values of one row by field name, or None when there is no such row."""
    model = model._meta.concrete_model or model
    row = select_row(model, pk, using, lock)
    return row and {field.name: plain_value(field, row[field.name]) for field in model._meta.concrete_fields}


def row_key(record: Model) -> Any:
    """Return the primary key a save of the record would look for, or None when it has none yet.

    A multi-table child made by hand may have only its parent's key.
    """
    field: Any = record._meta.pk
    if isinstance(field, CompositePrimaryKey):
        return None if any(_held(record, part) is None for part in record._meta.pk_fields) else record.pk
    while (value := _held(record, field)) is None and field.is_relation and field.remote_field.parent_link:
        field = field.target_field
    return value


@contextmanager
def fresh(record: Model) -> Iterator[None]:
    """Spare the next save of `record` its look at the old values, because the record is as the database has it now.

    For a caller who has just loaded the whole record inside a transaction and under a lock. Enter it before assigning
    anything:

        record = Booking.objects.select_for_update().get(pk=pk)
        with fresh(record):
            record.status = "received"
            record.save(update_fields=["status"])

    It counts for one save in the same transaction and on the same database, and does nothing for a record with deferred
    fields or outside a transaction.
    """
    using = record._state.db
    values = plain_values(record)
    if using and connections[using].in_atomic_block and len(values) == len(record._meta.concrete_fields):
        record._state.__dict__[_KNOWN_ROW] = _KnownRow(record.pk, using, _transaction(using), values)
    try:
        yield
    finally:
        record._state.__dict__.pop(_KNOWN_ROW, None)


def old_row(record: Model, pk: Any, using: str) -> Mapping[str, Any] | None:
    """Return the row that a save of `record` is about to overwrite, locked, or None when there is none."""
    known = record._state.__dict__.pop(_KNOWN_ROW, None)
    if known and (known.pk, known.using) == (pk, using) and known.transaction is _transaction(using):
        return known.values  # type: ignore[no-any-return]
    return read_row(type(record), pk, using, Lock.CHANGE)


@dataclass(frozen=True, slots=True)
class _KnownRow:
    pk: Any
    using: str
    transaction: object
    values: Mapping[str, Any]


def _transaction(using: str) -> object:
    """Return what stands for the current transaction: its outermost atomic block."""
    return next(iter(connections[using].atomic_blocks), None)


def _held(record: Model, field: Any) -> Any:
    value = record.__dict__.get(field.attname)
    return None if is_expression(value) else value
