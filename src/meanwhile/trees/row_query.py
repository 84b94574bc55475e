"""The SELECT of one whole row by its key, compiled once for each connection.

Each captured update needs it; compiling it takes Django ten times as long as SQLite takes to answer.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import CompositePrimaryKey, QuerySet

from meanwhile.trees.snapshot import storing_field

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model

_QUERIES = "meanwhile_row_queries"


class Lock(Enum):
    """How a row is kept until the transaction ends (nothing to do on SQLite, where one writes at a time)."""

    NONE = auto()
    CHANGE = auto()
    """Nobody else changes it; new foreign keys may point to it all the same."""
    DELETE = auto()


def select_row(model: type[Model], pk: Any, using: str, lock: Lock) -> dict[str, Any] | None:
    """Return the values of one row as Django reads them, by field name, or None when there is no such row."""
    connection = connections[using]
    queries: dict[tuple[type[Model], Lock], _RowQuery] = connection.__dict__.setdefault(_QUERIES, {})
    query = queries.get((model, lock))
    try:
        if query is None:
            query = _RowQuery(model, pk, connection, lock)
            if query.takes_any_key:
                queries[model, lock] = query
        return query.run(pk)
    except EmptyResultSet:  # a key that no row can have
        return None


class _RowQuery:
    def __init__(self, model: type[Model], pk: Any, connection: BaseDatabaseWrapper, lock: Lock) -> None:
        # Not a manager of the model, which may hide rows; no ordering, which may join tables that can't be locked.
        rows: QuerySet[Any] = QuerySet(model, using=connection.alias).filter(pk=pk).order_by()
        if lock is not Lock.NONE:
            no_key = lock is Lock.CHANGE and connection.features.has_select_for_no_key_update
            rows = rows.select_for_update(no_key=no_key)
        self._connection = connection
        self._compiler = rows.query.get_compiler(connection=connection)
        self._sql, self._params = self._compiler.as_sql()
        columns: list[Any] = [column for column, *_ in self._compiler.select or ()]
        self._names = [column.target.name for column in columns]
        self._converters = self._compiler.get_converters(columns)
        self._key = model._meta.pk
        self.takes_any_key = tuple(self._params) == self._params_for(pk)

    def run(self, pk: Any) -> dict[str, Any] | None:
        with self._connection.cursor() as cursor:
            cursor.execute(self._sql, self._params_for(pk) if self.takes_any_key else self._params)
            row = cursor.fetchone()
        if row is None:
            return None
        for values in self._compiler.apply_converters([row], self._converters):
            return dict(zip(self._names, values, strict=True))
        return None

    def _params_for(self, pk: Any) -> tuple[Any, ...] | None:
        """Return what an exact lookup makes of a key, or None where that is more than one parameter."""
        if isinstance(self._key, CompositePrimaryKey):
            return None
        field = storing_field(self._key)
        return (field.get_db_prep_value(field.get_prep_value(pk), self._connection, prepared=True),)
