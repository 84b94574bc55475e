"""Which record it is, however it was reached: a proxy, a multi-table child and their parent share one identity."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from django.db.models import CompositePrimaryKey, Model

LONGEST = 200
"""Characters of an identity; a longer one ends in the digest of the whole."""


def identity(model: type[Model] | None, pk: Any) -> str:
    """Return ``app_label.Model:key`` of a record, by the model whose table its key comes from."""
    text = f"{root(model)._meta.label if model else ''}:{pk}"
    if len(text) <= LONGEST:
        return text
    digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()
    return f"{text[: LONGEST - len(digest) - 1]}…{digest}"


@lru_cache(maxsize=1024)
def root(model: type[Model]) -> type[Model]:
    """Return the model whose table the key of a model's records comes from: not a proxy, and no multi-table child."""
    found = model._meta.concrete_model or model
    key: Any = found._meta.pk
    while key.is_relation and key.remote_field.parent_link:
        found = key.remote_field.model._meta.concrete_model
        key = found._meta.pk
    return found


def family(model: type[Model]) -> list[str]:
    """Return the labels of all models that a record of this model may be met as."""
    top = root(model)
    found, waiting = {top._meta.label}, top.__subclasses__()
    while waiting:
        one = waiting.pop()
        waiting.extend(one.__subclasses__())
        if not one._meta.abstract and root(one) is top:
            found.add(one._meta.label)
    return sorted(found)


def stored_key(pk: Any) -> Any:
    """Return a primary key as JSON data; one of several columns is a list."""
    if isinstance(pk, tuple | list):
        return [stored_key(part) for part in pk]
    return pk if pk is None or isinstance(pk, int | str) else str(pk)


def key_from_stored(model: type[Model], stored: Any) -> Any:
    """Return the primary key that `stored_key` was given, as far as a query or its text can tell."""
    if not isinstance(stored, list):
        return stored
    parts: Any = model._meta.pk_fields
    return tuple(field.to_python(part) for field, part in zip(parts, stored, strict=True))


def deleted_key(model: type[Model], old: Any) -> Any:
    """Return the primary key of a deleted record from its last values."""
    key: Any = model._meta.pk
    if isinstance(key, CompositePrimaryKey):
        return tuple(old.get(field.name) for field in model._meta.pk_fields)
    return old.get(key.name)
