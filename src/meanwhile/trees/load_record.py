"""Load one record by its key, with the query made once a model.

Each step of a background job loads its record, and Django takes longer to build that query than the database takes to
answer it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connections
from django.db.models import Manager, Model


def load_record(model: type[Model], pk: Any, *, using: str) -> Model | None:
    """Return the record of this key as the model's base manager finds it, None if there is none."""
    query = _query(model, using)
    if query is None:
        return model._base_manager.using(using).filter(pk=pk).first()
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(query.sql, [model._meta.pk.get_db_prep_value(pk, connection)])
        row = cursor.fetchone()
    if row is None:
        return None
    values = list(row)
    for place, (converters, expression) in query.converters.items():
        for convert in converters:
            values[place] = convert(values[place], expression, connection)
    return model.from_db(using, query.names, values)


@dataclass(frozen=True, slots=True)
class _Query:
    sql: str
    names: list[str]
    converters: dict[int, tuple[list[Any], Any]]


@lru_cache(maxsize=1024)
def _query(model: type[Model], using: str) -> _Query | None:
    """Return the query of a model; None if it has a way of its own to find its records."""
    pk: Any = model._meta.pk
    if type(model._base_manager) is not Manager or pk.column is None:
        return None
    connection = connections[using]
    compiler = model._base_manager.using(using).order_by().query.get_compiler(using)
    sql, parameters = compiler.as_sql()
    if parameters:
        return None
    expressions = [expression for expression, _, _ in compiler.select]
    quote = connection.ops.quote_name
    return _Query(
        sql=f"{sql} WHERE {quote(model._meta.db_table)}.{quote(pk.column)} = %s",
        names=[expression.target.attname for expression in expressions],
        converters=compiler.get_converters(expressions),
    )
