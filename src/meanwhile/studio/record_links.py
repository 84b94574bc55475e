"""The way from a run to its record: what people call it, and where it can be seen."""

from __future__ import annotations

import ast
import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.core.exceptions import ValidationError
from django.db.models import CompositePrimaryKey, Model
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from meanwhile.studio.access import find_model
from meanwhile.trees.field_wording import Naming

MAX_KEY = 200
"""Characters of a key that runs keep."""

DATES: Mapping[str, Callable[..., Any]] = {"datetime.date": datetime.date, "datetime.datetime": datetime.datetime}


@dataclass(frozen=True, slots=True)
class RecordLink:
    """A record as a page names it: its type, its key, its name if the person may see it, and its address if any."""

    type: str
    key: str
    name: str = ""
    url: str = ""
    gone: bool = False


def type_name(label: str) -> str:
    """Return what people call a type of record."""
    return Naming().model_name(label)


def record_link(request: HttpRequest, label: str, key: str, *, was_saved: bool = True) -> RecordLink | None:
    """Return how to name and reach a record; None for a run without one.

    Where the foreground failed the record may never have been there (``was_saved`` is False), and its key be another
    one's by now: it is not looked for.
    """
    if not label:
        return None
    model = find_model(label)
    if model is None:
        return RecordLink(type_name(label), key)
    if not was_saved or not may_see(request.user, model):
        return RecordLink(type_name(label), key if was_saved else "")
    record = find(model, key)
    if record is None:
        return RecordLink(type_name(label), key, gone=True)
    return RecordLink(type_name(label), key, str(record), _url(record))


def find(model: type[Model], key: str) -> Model | None:
    """Return a record by its key as a run keeps it, None if it is gone."""
    try:
        record: Model | None = model._base_manager.filter(pk=key_of(model, key)).first()
    except (ValueError, TypeError, ValidationError):
        return None
    return record


def key_of(model: type[Model], text: str) -> Any:
    """Return the key of a record from its text, as a run keeps it: of several fields ``(1, 'A')``, as Python writes it.

    Raises `ValueError` or `ValidationError` for a text that is no key of this model.
    """
    if not isinstance(model._meta.pk, CompositePrimaryKey):
        return model._meta.pk.to_python(text)
    try:
        parts = [_part(one) for one in _tuple(text).elts]
        return tuple(field.to_python(part) for field, part in zip(model._meta.pk_fields, parts, strict=True))
    except (SyntaxError, RecursionError, MemoryError, TypeError) as error:
        raise ValueError(text) from error


def _tuple(text: str) -> ast.Tuple:
    found = ast.parse(text[:MAX_KEY], mode="eval").body
    if not isinstance(found, ast.Tuple):
        raise ValueError(text)
    return found


def _part(part: ast.expr) -> Any:
    """Return a constant, or what a call such as ``UUID('…')`` or ``datetime.date(2026, 5, 1)`` writes."""
    if not isinstance(part, ast.Call):
        return ast.literal_eval(part)
    name, values = ast.unparse(part.func), [ast.literal_eval(one) for one in part.args]
    if part.keywords or not values:
        raise ValueError(name)
    if name in DATES:
        return DATES[name](*values)
    return str(values[0])


def may_see(user: Any, model: type[Model]) -> bool:
    """Say whether a person may see all records of a model, so that one can be named to them."""
    verbs = ("view", "change")
    return any(user.has_perm(f"{model._meta.app_label}.{get_permission_codename(verb, model._meta)}") for verb in verbs)


def _url(record: Model) -> str:
    if "django.contrib.admin" in settings.INSTALLED_APPS:
        try:
            return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk])
        except NoReverseMatch:
            pass
    absolute = getattr(record, "get_absolute_url", None)
    try:
        return str(absolute()) if absolute is not None else ""
    except NoReverseMatch:
        return ""
