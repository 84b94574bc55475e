"""Check the event Received: where its values go, and what finds the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from meanwhile.actions.base import FieldFacts, Problem
from meanwhile.trees.check_info import Surroundings
from meanwhile.trees.received_event import Received

NOT_LOOKED_UP = frozenset({"JSONField", "BinaryField", "FileField", "ImageField", "FloatField"})
"""Types of fields that no record is found by: they are not equal to what was sent, or to themselves."""


def check_received(event: Received, info: Surroundings) -> Iterator[Problem]:
    """Yield what is wrong with the event of a tree."""
    model = info.find_model(event.model)
    assert model is not None  # told before
    key = model._meta.pk.name
    for number, name in enumerate(event.match):
        facts = _own(info, event.model, name)
        if facts is None or facts.many or facts.type_name in NOT_LOOKED_UP:
            text = _("No record can be found by the field “%(field)s” of %(model)s.")
            hint = _("Name a field of the model itself that has one plain value, such as a number or a key.")
            yield info.problem("meanwhile.E150", f"on.match.{number}", text % _words(info, event.model, name), hint)
    for name in event.fields:
        facts = _own(info, event.model, name)
        if facts is None:
            text = _("%(model)s has no field “%(path)s” that can be reached.")
            words = {"model": info.naming.model_name(event.model), "path": name}
            hint = _("Name fields of the model itself.")
            yield info.problem("meanwhile.E102", f"on.fields.{name}", text % words, hint)
        elif not facts.settable and not (name in {"pk", key} and name in event.match):
            text = _("%(field)s can't be set.") % {"field": info.naming.whole(event.model, name)}
            hint = _("Set a field of the model itself that is no key.")
            yield info.problem("meanwhile.E104", f"on.fields.{name}", text, hint)
    yield from _check_create(event, info, key)
    for name in event.paths:
        if name not in event.parameters:
            text = _("“%(name)s” is a place in the JSON for a parameter that the event does not declare.")
            hint = _("Declare the parameter, or leave the place out.")
            yield info.problem("meanwhile.E152", f"on.paths.{name}", text % {"name": name}, hint)
    yield from _check_unique(event, info, model)
    yield from _check_needed(event, info, model)


def _check_create(event: Received, info: Surroundings, key: str) -> Iterator[Problem]:
    if not event.match and not event.create:
        text = _("Nothing says which record is meant, and none may be made.")
        yield info.problem("meanwhile.E151", "on.create", text, _("Name a field in “match”, or allow new records."))
    if event.create and not {"pk", key}.isdisjoint(event.match):
        text = _("A new record gets its key by itself, so no record that is not there can be made for one.")
        hint = _("Allow no new records, or find the record by another field.")
        yield info.problem("meanwhile.E151", "on.create", text, hint)


def _check_unique(event: Received, info: Surroundings, model: type[Model]) -> Iterator[Problem]:
    names = {"pk": model._meta.pk.name}
    match = {names.get(name, name) for name in event.match}
    known = [_own(info, event.model, name) for name in match]
    if not match or any(facts is None or facts.many for facts in known) or _is_unique(model, match):
        return
    text = _("Several records may have the same %(fields)s, and a request that fits more than one is refused.")
    fields = ", ".join(info.naming.of(event.model).field(name) for name in event.match)
    hint = _("Have the model say that they are unique (unique=True, or a UniqueConstraint).")
    yield info.problem("meanwhile.W150", "on.match", text % {"fields": fields}, hint)


def _check_needed(event: Received, info: Surroundings, model: type[Model]) -> Iterator[Problem]:
    if not event.create:
        return
    given = set(event.sources())
    for field in model._meta.concrete_fields:
        needed = not field.blank and not field.has_default() and not getattr(field, "auto_created", False)
        if needed and _is_asked(field) and {field.name, field.attname}.isdisjoint(given):
            text = _("A new record needs “%(field)s”, and nothing that is sent goes there.")
            hint = _("Say where it stands in the JSON, give the model a default, or allow no new records.")
            yield info.problem("meanwhile.W151", "on.fields", text % _words(info, event.model, field.name), hint)


def _is_asked(field: Any) -> bool:
    """Say whether validation asks for the value of a field: not one that the database or the model makes."""
    if getattr(field, "generated", False) or getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return False
    has_db_default = getattr(field, "has_db_default", None)
    return not field.primary_key and not (has_db_default is not None and has_db_default())


def _is_unique(model: type[Model], match: set[str]) -> bool:
    """Say whether at most one record has these values."""
    options = model._meta
    names = {options.get_field(name).name for name in match}
    if any(field.unique for field in options.concrete_fields if field.name in names):
        return True
    together = [set(group) for group in options.unique_together]
    together += [set(one.fields) for one in options.total_unique_constraints if one.fields]
    return any(group <= names for group in together)


def _own(info: Surroundings, model: str, name: str) -> FieldFacts | None:
    return None if "." in name else info.field_of(model, name)


def _words(info: Surroundings, model: str, name: str) -> dict[str, Any]:
    return {"model": info.naming.model_name(model), "field": info.naming.of(model).field(name)}
