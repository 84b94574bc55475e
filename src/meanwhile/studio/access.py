"""What trees of the Studio may reach: which record types, and which of their fields.

Closed are the secrets (``SENSITIVE_FIELDS``), what the project names in ``STUDIO_EXCLUDED_FIELDS``, Meanwhile's own
tables, and what gives people rights: an editor must not make an administrator of anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.conf import settings as project
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.sensitive import is_sensitive
from meanwhile.trees.field_wording import name_of

RIGHTS = ("is_superuser", "is_staff", "groups", "user_permissions")
"""Fields of the user model that say what a person may do."""

CLOSED_MODELS = ("auth.permission", "auth.group", "sessions.session", "admin.logentry", "contenttypes.contenttype")
CLOSED_APPS = ("meanwhile",)

EXCLUDED_TYPE, EXCLUDED_FIELD, SECRET = "studio.E01", "studio.E02", "studio.E03"


@dataclass(frozen=True, slots=True)
class Closed:
    """Something that a tree must not reach: the id of the problem, and what it is."""

    id: str
    message: str


def record_types() -> list[type[Model]]:
    """Return the models on which trees can be made in the Studio, by app and name."""
    named = conf.get().studio_models
    candidates = _all_models() if named is None else [model for label in named if (model := find_model(label))]
    return sorted(filter(is_open, candidates), key=lambda model: (model._meta.app_label, model._meta.verbose_name))


def is_record_type(label: str) -> bool:
    """Say whether trees can be on this model, or make, query and count its records."""
    model = find_model(label)
    if model is None or not is_open(model):
        return False
    named = conf.get().studio_models
    return named is None or label.lower() in {one.lower() for one in named}


def is_open(model: type[Model]) -> bool:
    """Say whether a model is not closed to trees as a whole."""
    labels = {base._meta.label_lower for base in _bases(model)}
    return model._meta.app_label not in CLOSED_APPS and labels.isdisjoint(_excluded(conf.get().studio_excluded_fields))


def is_excluded(model: type[Model], name: str) -> bool:
    """Say whether a field of a model is closed to trees, for whatever reason."""
    return closed_field(model, name) is not None


def has_excluded(model: type[Model]) -> bool:
    """Say whether any field is closed which is no secret: those are left out wherever values are shown as a whole."""
    return any(not is_sensitive(field.name) and is_excluded(model, field.name) for field in model._meta.concrete_fields)


def closed_field(model: type[Model], name: str) -> Closed | None:
    """Return why a field of a model can't be reached, None if it can."""
    if is_sensitive(name):
        return closed_secret(name)
    excluded = _excluded(conf.get().studio_excluded_fields)
    if any(f"{base._meta.label_lower}.{name.lower()}" in excluded for base in _bases(model)):
        return _closed_field(model, name)
    return None


def closed_secret(name: str) -> Closed:
    """Return that a name is a secret's."""
    return Closed(SECRET, _("“%(field)s” is a secret.") % {"field": name})


def closed_to_writing(model: type[Model], name: str) -> Closed | None:
    """Return why a field of a record that there is can't be set, None if it can.

    Besides what can't be reached at all: a user's name and address. Whoever gives an administrator another address
    gets a new password sent to it.
    """
    if closed := closed_on_path(model, [name]):
        return closed
    if issubclass(model, user_model()) and name in {user_field("USERNAME_FIELD"), user_field("EMAIL_FIELD")}:
        return _closed_field(model, name)
    return None


def closed_to_others(model: type[Model], name: str) -> Closed | None:
    """Return why a field can't be set by what another system sends, None if it can: also one that no form sets."""
    if closed := closed_to_writing(model, name):
        return closed
    field = field_named(model, name)
    is_set = field is None or not field.concrete or field.primary_key or field.editable
    return None if is_set else _closed_field(model, field.name)


def closed_addresses() -> Closed | None:
    """Return why the addresses of users can't be reached, None if they can."""
    return closed_field(user_model(), user_field("EMAIL_FIELD"))


def user_field(what: str) -> str:
    """Return the name of the user model's ``USERNAME_FIELD`` or ``EMAIL_FIELD``."""
    return str(getattr(user_model(), what, ""))


def closed_model(model: type[Model]) -> Closed | None:
    """Return why a model can't be reached over a relation, None if it can."""
    if is_open(model) and (conf.get().studio_models is None or is_record_type(model._meta.label)):
        return None
    return Closed(EXCLUDED_TYPE, _("%(model)s is not open to the Studio.") % {"model": model._meta.verbose_name})


def closed_type(label: str) -> Closed | None:
    """Return why there can be no trees, queries and new records of a model, None if there can or if there is none."""
    model = find_model(label)
    if model is None or is_record_type(label):
        return None
    return Closed(EXCLUDED_TYPE, _("%(model)s is not open to the Studio.") % {"model": model._meta.verbose_name})


def closed_on_path(model: type[Model] | None, parts: Iterable[str]) -> Closed | None:
    """Return what is closed on a path of fields from a model, None if nothing is or where the path leads nowhere."""
    return follow(model, parts)[0]


def follow(model: type[Model] | None, parts: Iterable[str]) -> tuple[Closed | None, type[Model] | None]:
    """Follow a path of fields: return what is closed on it, and the model that it ends at (None for a plain value)."""
    for name in parts:
        if is_sensitive(name):  # also where there is no such field: it may be a key of a JSON value
            return closed_secret(name), None
        field = field_named(model, name) if model is not None else None
        if model is None or field is None:
            model = None
            continue
        if closed := closed_field(model, field.name):
            return closed, None
        if field.is_relation and field.related_model is None:  # generic: it may lead to any table
            return _closed_field(model, field.name), None
        model = field.related_model if field.is_relation else None
        if model is not None and (closed := closed_model(model)):
            return closed, None
    return None, model


def field_named(model: type[Model], name: str) -> Any:
    """Return the field or relation of a model that a name means, also ``pk`` and ``seat_id``; None for none."""
    try:
        return model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def find_model(label: str) -> type[Model] | None:
    """Return the model of ``app_label.Model``, None for none."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def user_model() -> type[Model]:
    """Return the project's user model."""
    return apps.get_model(project.AUTH_USER_MODEL)


def _closed_field(model: type[Model], name: str) -> Closed:
    text = _("“%(field)s” of %(model)s is not open to the Studio.")
    found = field_named(model, name)
    names = {"field": name if found is None else name_of(found), "model": model._meta.verbose_name}
    return Closed(EXCLUDED_FIELD, text % names)


def _all_models() -> list[type[Model]]:
    from meanwhile.trees import registry

    found = {model for tree in registry.current().all() if tree.on.model and (model := find_model(tree.on.model))}
    if apps.is_installed("django.contrib.admin"):
        from django.contrib import admin

        found |= {model for model in apps.get_models() if admin.site.is_registered(model)}
    return list(found)


def _bases(model: type[Model]) -> list[type[Model]]:
    return [base for base in model.__mro__ if hasattr(base, "_meta") and not base._meta.abstract]


@lru_cache(maxsize=32)
def _excluded(named: tuple[str, ...]) -> frozenset[str]:
    user = project.AUTH_USER_MODEL.lower()
    return frozenset({*(entry.lower() for entry in named), *CLOSED_MODELS, *(f"{user}.{name}" for name in RIGHTS)})
