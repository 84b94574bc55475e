"""The form of the tree itself, with its event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meanwhile.studio import access, kinds
from meanwhile.studio.edit import OF_TIMES, TIMES
from meanwhile.studio.fields import fields_of
from meanwhile.studio.form_parts import FormField, NodeForm
from meanwhile.studio.received_form import fields_of_received
from meanwhile.studio.wording import event_in_words
from meanwhile.trees.event_parameters import PARAMETER_TYPES
from meanwhile.trees.setting_wording import label_of

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


WITHOUT_RECORD = ("called", "scheduled")
"""The events that may come without a record."""


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
    needed = name not in WITHOUT_RECORD
    yield FormField("on.model", _("Record type"), "record_type", label, required=needed, choices=types)
    if name == "updated":
        options = tuple(one for one in fields_of(label) if one.settable and not one.many)
        text = _("It fires only if one of these really changed; without any, at every update.")
        yield FormField("on.fields", _("Fields"), "fields", event.get("fields", []), text, model=label, options=options)
    if name == "scheduled":
        text = _("In the project’s time zone, %(zone)s.") % {"zone": timezone.get_default_timezone_name()}
        times = {name: event[name] for name in OF_TIMES if name in event}
        yield FormField(TIMES, label_of("times"), "schedule", times, text, required=True)
        if label:
            text = _("Those that all rules fit when the time comes; without any rule, all there are.")
            yield FormField(
                "on.where", label_of("where"), "where", event.get("where", {}), text, model=label, kinds=fixed_or_now()
            )
    if name in ("called", "received"):
        types_of = tuple((one, str(TYPES.get(one, one))) for one in PARAMETER_TYPES)
        declared = event.get("parameters", {})
        parameters = FormField("on.parameters", _("Parameters"), "parameters", declared, choices=types_of)
        yield from [parameters] if name == "called" else fields_of_received(event, parameters)


def fixed_or_now() -> tuple[tuple[str, str], ...]:
    """Return the kinds of values that ask for records where there is no other record yet, with their words."""
    return ("literal", _("A fixed value")), ("now", _("Now"))
