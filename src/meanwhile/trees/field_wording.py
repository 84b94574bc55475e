"""What people read for fields and record types: their verbose names, joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.text import camel_case_to_spaces, capfirst

BETWEEN = " › "


@dataclass(frozen=True, slots=True)
class Naming:
    """How the fields of a tree's record are named.

    ``model`` is the label of the record's model, ``records`` those of the records that are made in the tree, by name.
    Without ``in_words`` everything has the name that documents and Python have for it, such as ``flight.starts``.
    """

    model: str = ""
    records: Mapping[str, str] = field(default_factory=dict)
    in_words: bool = True

    def field(self, path: Any) -> str:
        """Return the name of the field that a path leads to; what is unknown in it stays as it is.

        Fields of a model that is gone have the names that Django gives to fields that say none.
        """
        text = str(path)
        if not self.in_words:
            return text
        if text.partition(".")[0] in self.records or find_model(self.model) is not None:
            return BETWEEN.join(self._parts(text.split(".")))
        return BETWEEN.join(map(_usual_name, text.split("."))) if self.model else text

    def lookup(self, lookup: str) -> tuple[str, str]:
        """Return the name of the field that one of Django's lookups is about, and what is left: ``gte`` or "".

        A lookup of a field that is unknown stays as it is.
        """
        if not self.in_words:
            return lookup, ""
        parts, owner = lookup.split("__"), find_model(self.model)
        known = 0
        for name in parts:
            found = _field(owner, name)
            if found is None:
                break
            known, owner = known + 1, _model_behind(found)
        if not known:
            return lookup, ""
        return self.field(".".join(parts[:known])), "__".join(parts[known:])

    def model_name(self, label: str) -> str:
        """Return the name of a record type, given as ``app_label.Model``."""
        words = type_in_words(label) if self.in_words else label
        return words if words == label else str(capfirst(words))

    def whole(self, model: str, name: str) -> str:
        """Return the name of a field together with that of its record type."""
        path = f"{self.model_name(model)}{BETWEEN}{self.of(model).field(name)}"
        return path if self.in_words else f"{model}.{name}"

    def of(self, model: str) -> Naming:
        """Return the naming of the fields of another model."""
        return replace(self, model=model, records={})

    def target(self, node: Mapping[str, Any]) -> Naming:
        """Return the naming of the fields that a node sets."""
        if node.get("kind") == "create_record":
            return self.of(str(node.get("model") or ""))
        path = node.get("of")
        return self.of(self._model_at(path.split("."))) if isinstance(path, str) and path else self

    def _parts(self, names: list[str]) -> Iterator[str]:
        owner = find_model(self.model)
        if names[0] in self.records:
            owner = find_model(self.records[names[0]])
            yield names[0]
            names = names[1:]
        for name in names:
            found = _field(owner, name)
            yield name if found is None else name_of(found)
            owner = _model_behind(found)

    def _model_at(self, names: list[str]) -> str:
        owner = find_model(self.model)
        if names[0] in self.records:
            owner, names = find_model(self.records[names[0]]), names[1:]
        for name in names:
            owner = _model_behind(_field(owner, name))
        return owner._meta.label if owner is not None else ""


AS_WRITTEN = Naming(in_words=False)
"""Names everything as documents do."""


def name_of(field: Any) -> str:
    """Return what people read for a field or relation of a model."""
    return str(capfirst(getattr(field, "verbose_name", "") or field.name.replace("_", " ")))


def type_in_words(label: str) -> str:
    """Return what people call a record type within a sentence; what is no label stays as it is.

    One that is gone has the name that Django gives to models that say none: ``bookings.FlightBooking`` is “flight
    booking”.
    """
    model = find_model(label)
    if model is not None:
        return str(model._meta.verbose_name)
    _app, dot, name = label.partition(".")
    return camel_case_to_spaces(name) if dot and name else label


def type_of(field: Any) -> str:
    """Return what people read for the type of a field, as Django describes it: ``String (up to 20)``."""
    description = str(getattr(field, "description", ""))
    try:
        return str(description % vars(field))
    except (KeyError, TypeError, ValueError):  # a plain percent sign in a project's own words
        return description


def find_model(label: str) -> type[Model] | None:
    """Return the model of ``app_label.Model``, None for none."""
    try:
        return apps.get_model(label) if label else None
    except (LookupError, ValueError):
        return None


def _usual_name(name: str) -> str:
    return str(capfirst(name.replace("_", " ")))


def _field(owner: type[Model] | None, name: str) -> Any:
    if owner is None:
        return None
    try:
        return owner._meta.pk if name == "pk" else owner._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def _model_behind(found: Any) -> type[Model] | None:
    model = found.related_model if found is not None and found.is_relation else None
    return model if isinstance(model, type) else None
