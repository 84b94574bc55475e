"""The event of a tree in words that people read, also a half-done one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from meanwhile.studio.article import with_article
from meanwhile.trees.field_wording import Naming, type_in_words
from meanwhile.trees.scheduled_wording import scheduled_in_words
from meanwhile.trees.wording import NOT_YET, list_of


def event_in_words(event: Any) -> str:
    """Return when a tree fires: ``when a booking is saved``."""
    return with_article(_event(event))


def _event(event: Any) -> str:
    if not isinstance(event, Mapping):
        return NOT_YET
    facts = {"record": type_in_words(str(event.get("model") or "")) or NOT_YET}
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
        case "received":
            return _("when a %(record)s is received from another system") % facts
        case "scheduled":
            return scheduled_in_words(event)
        case "called":
            return _("when it is called for a %(record)s") % facts if event.get("model") else _("when it is called")
        case _:
            return NOT_YET
