"""The part of a tree's form that is about the event Received: what is sent, and where it goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from meanwhile.studio import access
from meanwhile.studio.fields import FieldChoice, fields_of
from meanwhile.studio.form_parts import FormField
from meanwhile.trees.setting_wording import label_of


def fields_of_received(event: Mapping[str, Any], parameters: FormField) -> Iterator[FormField]:
    """Yield the fields of the event; ``parameters`` is the one that declares these."""
    model = event.get("model")
    label = model if isinstance(model, str) else ""
    options = tuple(one for one in fields_of(label) if can_be_sent(label, one))
    mapped, match = _mapping(event.get("fields")), event.get("match")
    named = [name for name in match if isinstance(name, str)] if isinstance(match, list) else []
    text = _("Where each value stands in the JSON: keys with dots between, such as customer.email.")
    yield FormField("on.fields", label_of("fields"), "mapping", mapped, text, model=label, options=options)
    finders = tuple(one for one in options if not one.many and (one.name in mapped or one.name in named))
    if finders:
        text = _("A record with the same values is updated; without any, each request makes a new one.")
        yield FormField("on.match", label_of("match"), "fields", named, text, model=label, options=finders)
    if named:
        choices = ((True, _("Make a new one")), (False, _("Refuse the request")))
        yield FormField("on.create", label_of("create"), "either", event.get("create", True), choices=choices)
    yield parameters
    declared = tuple((name, name) for name in _mapping(parameters.value))
    if declared:
        text = _("Where each parameter stands in the JSON, if not by its own name.")
        paths = _mapping(event.get("paths"))
        yield FormField("on.paths", label_of("paths"), "mapping", paths, text, choices=declared, advanced=True)


def can_be_sent(label: str, field: FieldChoice) -> bool:
    """Say whether a field of a record type may get its value from another system."""
    model = access.find_model(label)
    return model is not None and field.settable and access.closed_to_others(model, field.name) is None


def _mapping(given: Any) -> dict[str, Any]:
    return dict(given) if isinstance(given, Mapping) else {}
