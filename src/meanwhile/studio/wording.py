"""The event of a tree in words that people read, also a half-done one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from meanwhile.studio.access import find_model
from meanwhile.trees.field_wording import Naming
from meanwhile.trees.wording import NOT_YET, list_of


def event_in_words(event: Any) -> str:
    """Return when a tree fires: ``when a booking is saved``."""
    if not isinstance(event, Mapping):
        return NOT_YET
    model = find_model(str(event.get("model") or ""))
    facts = {"record": model._meta.verbose_name if model else event.get("model") or NOT_YET}
    match event.get("event"):
        case "saved":
            return _("when a %(record)s is created or changed") % facts
        case "created":
            return _("when a %(record)s is created") % facts
        case "updated":
            fields = ", ".join(map(Naming(str(event.get("model") or "")).field, list_of(event.get("fields"))))
            if fields:
                return _("when %(fields)s of a %(record)s changes") % {**facts, "fields": fields}
            return _("when a %(record)s is changed") % facts
        case "deleted":
            return _("when a %(record)s is deleted") % facts
        case "submitted":
            return _("when a person submits a %(record)s") % facts
        case "called":
            return _("when it is called for a %(record)s") % facts if event.get("model") else _("when it is called")
        case _:
            return NOT_YET
