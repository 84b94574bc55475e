"""Follow a dotted path of fields from a record: fields and single relations only, never methods or properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db.models import FileField, Model

from meanwhile.exceptions import TargetMissing, UnknownField


def follow(record: Model | None, names: Mapping[str, Model], path: str) -> Any:
    """Return the value at the end of a path, None where a relation on the way is empty.

    The first part is the name of a record made above, or a field of the record. A file is its name. Raises
    `UnknownField`, and `TargetMissing` if the path starts at a record and there is none.
    """
    first, _, rest = path.partition(".")
    if first in names:
        return _along(names[first], rest) if rest else names[first]
    if record is None:
        raise TargetMissing("", path)
    return _along(record, path)


def related(record: Model | None, names: Mapping[str, Model], path: str) -> Model | None:
    """Return the record at the end of a path, None where a relation on the way is empty. Raises as `follow` does."""
    if not path:
        return record
    found = follow(record, names, path)
    if found is not None and not isinstance(found, Model):
        raise UnknownField(type(record)._meta.label if record else "", path)
    return found


def field_value(record: Model, name: str) -> Any:
    """Return one field's value of a record, plain but for related records; an expression is read from the database."""
    if name == "pk":
        return record.pk
    try:
        field = record._meta.get_field(name)
    except FieldDoesNotExist:
        raise UnknownField(record._meta.label, name) from None
    if field.is_relation:
        if field.many_to_many or field.one_to_many or not hasattr(type(record), name):
            raise UnknownField(record._meta.label, name)
        try:
            return getattr(record, name)
        except ObjectDoesNotExist:
            return None
    value = getattr(record, name)
    if hasattr(value, "resolve_expression"):
        using = record._state.db
        return type(record)._base_manager.using(using).filter(pk=record.pk).values_list(name, flat=True).get()
    return value.name if isinstance(field, FileField) else value


def _along(record: Model, path: str) -> Any:
    value: Any = record
    for name in path.split("."):
        if value is None:
            return None
        if not isinstance(value, Model):
            raise UnknownField(record._meta.label, path)
        value = field_value(value, name)
    return value
