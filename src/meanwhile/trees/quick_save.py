"""Save a few fields of a record by one prepared statement, where that is all that `Model.save` would do.

An Update Field changes one or two fields, and Django takes several times longer to put the statement together than the
database takes to run it. So the statement is made once for each model and set of fields. Whatever could notice the
difference gets `Model.save` itself: a `save` of the model's own, receivers of its signals, trees on its updates.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connections
from django.db.models import DateField, DateTimeField, Field, Manager, Model, TimeField
from django.db.models.signals import post_save, pre_save

from meanwhile.queue import sql
from meanwhile.queue.together import Beside
from meanwhile.trees.listening import listens_to_updates
from meanwhile.trees.snapshot import is_expression

METHODS = ("save", "save_base", "_save_table", "_do_update")


def is_quick(record: Model, names: Sequence[str]) -> bool:
    """Say whether nobody would notice when these fields were saved together with others a little later."""
    using = record._state.db
    return bool(using) and not _is_watched(type(record)) and _statement(type(record), tuple(names), using) is not None


@lru_cache(maxsize=1024)
def may_go_with_others(model: type[Model], using: str) -> bool:
    """Say whether a save may be one part of a statement. PostgreSQL refuses that where a table has rules, as a view
    has; it is asked once a process."""
    connection = connections[using]
    if not sql.is_postgresql(connection):
        return True
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.execute("SELECT 1 FROM pg_rewrite WHERE ev_class = to_regclass(%s) LIMIT 1", [table])
        return cursor.fetchone() is None


def are_columns(model: type[Model], names: Iterable[str]) -> bool:
    """Say whether all these are fields with a column, so that a save of the row is all there is to do."""
    return _columns(model).issuperset(names)


@lru_cache(maxsize=1024)
def _columns(model: type[Model]) -> frozenset[str]:
    return frozenset(name for field in model._meta.concrete_fields for name in (field.name, field.attname))


@lru_cache(maxsize=1024)
def changes_on_saving(model: type[Model], names: tuple[str, ...]) -> bool:
    """Say whether saving these fields may give one of them another value, as it does with ``auto_now``."""
    return not all(_keeps_its_value(model._meta.get_field(name)) for name in names)


def _keeps_its_value(field: Any) -> bool:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return False
    return type(field).pre_save in (Field.pre_save, DateField.pre_save, DateTimeField.pre_save, TimeField.pre_save)


def save_fields(record: Model, names: Sequence[str]) -> None:
    """Do ``record.save(update_fields=names)``. Raises what that raises."""
    quick = quick_save(record, names)
    if quick is None:
        record.save(update_fields=names)
        return
    with connections[record._state.db or ""].cursor() as cursor:
        cursor.execute(quick.sql, quick.parameters)
        quick.rows = cursor.rowcount
    check_saved(record, names, quick)


def quick_save(record: Model, names: Sequence[str]) -> Beside | None:
    """Return the statement that saves these fields, None where it takes `Model.save`; see `check_saved`."""
    model, using = type(record), record._state.db or ""
    statement = _statement(model, tuple(names), using) if using and not _is_watched(model) else None
    if statement is None:
        return None
    connection = connections[using]
    values = [field.pre_save(record, False) for field in statement.fields]
    if any(is_expression(value) for value in values):
        return None
    stored = [field.get_db_prep_save(value, connection) for field, value in zip(statement.fields, values, strict=True)]
    return Beside(statement.sql, [*stored, statement.pk.get_db_prep_save(record.pk, connection)])


def check_saved(record: Model, names: Sequence[str], done: Beside) -> None:
    """Raise what Django raises where the row is gone."""
    if not done.rows:
        record.save(update_fields=names)


class _Statement:
    def __init__(self, sql: str, fields: list[Any], pk: Any) -> None:
        self.sql, self.fields, self.pk = sql, fields, pk


@lru_cache(maxsize=1024)
def _statement(model: type[Model], names: tuple[str, ...], using: str) -> _Statement | None:
    meta: Any = model._meta
    fields = [meta.get_field(name) for name in names]
    if not _is_djangos_own(model) or meta.parents or meta.select_on_save or not names:
        return None
    if any(getattr(field, "generated", False) for field in meta.concrete_fields):
        return None
    if any(hasattr(field, "get_placeholder") or not field.concrete for field in (*fields, meta.pk)):
        return None
    quote = connections[using].ops.quote_name
    sets = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    text = f"UPDATE {quote(meta.db_table)} SET {sets} WHERE {quote(meta.pk.column)} = %s"  # noqa: S608
    return _Statement(text, fields, meta.pk)


@lru_cache(maxsize=1024)
def _is_djangos_own(model: type[Model]) -> bool:
    """Say whether saving is Django's, apart from our own capture, which is not concerned here."""
    return type(model._base_manager) is Manager and all(
        inspect.unwrap(getattr(model, name)) is inspect.unwrap(getattr(Model, name)) for name in METHODS
    )


def _is_watched(model: type[Model]) -> bool:
    return listens_to_updates(model) or pre_save.has_listeners(model) or post_save.has_listeners(model)
