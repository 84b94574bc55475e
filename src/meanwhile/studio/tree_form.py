"""The form of the tree itself, with its event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meanwhile.studio import access, kinds
from meanwhile.studio.fields import fields_of
from meanwhile.studio.form_parts import FormField, NodeForm
from meanwhile.studio.wording import event_in_words
from meanwhile.trees.events import PARAMETER_TYPES

TYPES: Mapping[str, Any] = {
    "str": gettext_lazy("Text"),
    "int": gettext_lazy("Whole number"),
    "float": gettext_lazy("Number"),
    "bool": gettext_lazy("Yes or no"),
    "decimal": gettext_lazy("Decimal number"),
    "date": gettext_lazy("Date"),
    "datetime": gettext_lazy("Date and time"),
}
"""What people call the types of parameters."""


def form_of_tree(document: Mapping[str, Any]) -> NodeForm:
    """Return the form of the tree itself: its name, its event, and how it fires."""
    on = document.get("on")
    event: Mapping[str, Any] = on if isinstance(on, Mapping) else {}
    fields = (
        FormField("name", _("Name"), "text", document.get("name", ""), required=True),
        FormField("description", _("Description"), "textarea", document.get("description", "")),
        *_of_event(event),
        FormField(
            "reentrant",
            _("Fires for its own changes"),
            "yes_no",
            document.get("reentrant", False),
            _("Otherwise it does not fire again for what its own run does to the same record."),
            advanced=True,
        ),
    )
    name = document.get("name")
    title = name if isinstance(name, str) and name else _("Tree")
    return NodeForm("", "tree", title, "tree", event_in_words(event), fields)


def _of_event(event: Mapping[str, Any]) -> Iterator[FormField]:
    """Yield what an event takes; these keys begin with ``on.``, and all of the event is set by ``set_event``."""
    events = tuple((one.key, one.title) for one in kinds.events())
    name, model = event.get("event"), event.get("model")
    label = model if isinstance(model, str) else ""
    types = tuple((one._meta.label, str(capfirst(one._meta.verbose_name))) for one in access.record_types())
    yield FormField("on.event", _("Event"), "choice", name, required=True, choices=events)
    yield FormField("on.model", _("Record type"), "record_type", label, required=name != "called", choices=types)
    if name == "updated":
        options = tuple(one for one in fields_of(label) if one.settable and not one.many)
        text = _("It fires only if one of these really changed; without any, at every update.")
        yield FormField("on.fields", _("Fields"), "fields", event.get("fields", []), text, model=label, options=options)
    if name == "called":
        types_of = tuple((one, str(TYPES.get(one, one))) for one in PARAMETER_TYPES)
        declared = event.get("parameters", {})
        yield FormField("on.parameters", _("Parameters"), "parameters", declared, choices=types_of)
