"""Would the database let this commit? Constraints that it checks only then are asked before."""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from meanwhile.queue import sql

MOST_ROWS = 200_000
"""SQLite can only be asked about whole tables: larger ones are not looked at."""


def check_commit(tables: Iterable[str], *, using: str) -> None:
    """Raise the `IntegrityError` that a commit would raise now, after rows of these tables were written.

    PostgreSQL is asked about every deferred constraint, SQLite about the foreign keys in these tables and to them.
    """
    connection = connections[using]
    if sql.is_postgresql(connection):
        with transaction.atomic(using=using):
            connection.check_constraints()
        return
    concerned = [table for table in _with_referring(set(tables)) if _size(connection, table) <= MOST_ROWS]
    if concerned:
        connection.check_constraints(concerned)


def _with_referring(tables: set[str]) -> list[str]:
    """Return tables and those that refer to them."""
    models = [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]
    referring = {
        model._meta.db_table
        for model in models
        for field in model._meta.local_concrete_fields
        if field.related_model is not None and _table(field.related_model) in tables
    }
    known = {model._meta.db_table for model in models if model._meta.managed}
    return sorted((tables | referring) & known)


def _table(model: object) -> str:
    return str(model._meta.db_table)  # type: ignore[attr-defined]


def _size(connection: BaseDatabaseWrapper, table: str) -> int:
    """Return about how many rows a table has, without reading them; SQLite keeps the largest number at hand."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT MAX(rowid) FROM {connection.ops.quote_name(table)}")  # noqa: S608
        row = cursor.fetchone()
    return int((row and row[0]) or 0)
