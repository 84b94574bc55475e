"""Facts about the project's models, for checks."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from meanwhile.actions.assignment import is_settable
from meanwhile.actions.base import FieldFacts
from meanwhile.sensitive import is_sensitive


class HasModels:
    """The part of `actions.base.TreeInfo` that is the same everywhere in a tree."""

    def find_model(self, label: str) -> type[models.Model] | None:
        """Return the model class of a label, None for none."""
        try:
            return apps.get_model(label)
        except (LookupError, ValueError):
            return None

    def has_model(self, model: str) -> bool:
        """Return whether the project has this model."""
        return self.find_model(model) is not None

    def is_a(self, model: str, wanted: str) -> bool:
        """Return whether records of a model, given by label, are records of another."""
        one, other = self.find_model(model) if model else None, self.find_model(wanted)
        return one is not None and other is not None and issubclass(one, other._meta.concrete_model or other)

    def user_model(self) -> str:
        """Return the label of the project's user model."""
        from django.conf import settings

        return str(settings.AUTH_USER_MODEL)

    def field_names(self, model: str) -> list[str]:
        """Return the names of the fields of a model; empty for an unknown model."""
        found = self.find_model(model)
        return [] if found is None else [field.name for field in found._meta.get_fields()]

    def field_of(self, model: str, path: str) -> FieldFacts | None:
        """Return the field that a path leads to from a model, over relations to one record; None for none."""
        field = self.django_field(model, path)
        return None if field is None else facts_of(field)

    def django_field(self, model: str, path: str) -> Any:
        """Return Django's own object for the field that a path leads to from a model; None for none."""
        owner, field = self.find_model(model), None
        for name in path.split("."):
            if owner is None:
                return None
            try:
                field = owner._meta.pk if name == "pk" else owner._meta.get_field(name)
            except FieldDoesNotExist:
                return None
            many = field.one_to_many or field.many_to_many
            owner = field.related_model if field.is_relation and not many else None
        return field


def facts_of(field: Any) -> FieldFacts:
    """Return what checks need to know of a model field or a relation to it."""
    related = field.related_model if field.is_relation else None
    return FieldFacts(
        name=field.name,
        type_name=_type_name(field),
        null=bool(getattr(field, "null", False)),
        choices=tuple(value for value, _label in getattr(field, "flatchoices", None) or ()),
        relation=related._meta.label if related is not None else "",
        many=bool(field.one_to_many or field.many_to_many),
        editable=bool(getattr(field, "editable", False)),
        settable=is_settable(field),
        sensitive=is_sensitive(field.name),
    )


def _type_name(field: Any) -> str:
    """Return the name of Django's own field class, also for a project's subclass of it."""
    for base in type(field).__mro__:
        if base.__module__.startswith("django.db.models"):
            return base.__name__
    return type(field).__name__
