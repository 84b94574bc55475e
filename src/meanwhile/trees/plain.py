"""Plain data of a record for templates: no model, no manager, no method is reachable (spec, "Send Email")."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Model

from meanwhile.exceptions import UnknownField
from meanwhile.sensitive import is_sensitive
from meanwhile.trees.paths import field_value


class PlainRecord:
    """A record as a template sees it: field values by subscription, single relations as further plain records.

    It has no attribute that a template could reach. A field whose name matches ``SENSITIVE_FIELDS`` is not there.
    """

    __slots__ = ("__record",)

    def __init__(self, record: Model) -> None:
        self.__record = record

    def __getitem__(self, name: object) -> Any:
        if not isinstance(name, str) or is_sensitive(name):
            raise KeyError(name)
        try:
            value = field_value(self.__record, name)
        except UnknownField:
            raise KeyError(name) from None
        return PlainRecord(value) if isinstance(value, Model) else copy.deepcopy(value)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __str__(self) -> str:
        return str(self.__record)


def plain_dict(record: Model) -> dict[str, Any]:
    """Return the values of a record's own concrete fields; a foreign key is the key it points to."""
    values = {}
    for field in record._meta.concrete_fields:
        if is_sensitive(field.name):
            continue
        values[field.name] = getattr(record, field.attname) if field.is_relation else field_value(record, field.name)
    return values


def plain_names(names: Mapping[str, Model]) -> dict[str, PlainRecord]:
    """Return records made above as templates see them."""
    return {name: PlainRecord(record) for name, record in names.items()}
