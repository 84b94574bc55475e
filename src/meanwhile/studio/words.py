"""The Studio's words for states, events and kinds of nodes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

STATES: Mapping[str, Any] = MappingProxyType(
    {
        "ready": _("waiting"),
        "waiting": _("waiting"),
        "running": _("running"),
        "succeeded": _("succeeded"),
        "done": _("done"),
        "failed": _("failed"),
        "cancelled": _("cancelled"),
        "skipped": _("skipped"),
        "passed_over": _("failed, passed over"),
        "retrying": _("to be tried again"),
        "to_come": _("to come"),
        "not_reached": _("not reached"),
        "paused": _("paused"),
    }
)

EVENTS: Mapping[str, Any] = MappingProxyType(
    {
        "saved": _("Saved"),
        "created": _("Created"),
        "updated": _("Updated"),
        "deleted": _("Deleted"),
        "submitted": _("Submitted"),
        "called": _("Called"),
        "scheduled": _("Scheduled"),
        "received": _("Received"),
    }
)

FIRES: Mapping[str, Any] = MappingProxyType(
    {
        "saved": _("A record was created or updated, wherever that was done."),
        "created": _("A record was created."),
        "updated": _("A record was updated."),
        "deleted": _("A record was deleted."),
        "submitted": _("A person submitted a form, after all of it was saved."),
        "called": _("Another tree, or the site’s own code, called it by name."),
        "scheduled": _("A time of the calendar or the clock came."),
        "received": _("Another system sent something to the tree’s own address."),
    }
)

KINDS: Mapping[str, Any] = MappingProxyType(
    {
        "update_field": _("Update Fields"),
        "create_record": _("Create Record"),
        "delete_record": _("Delete Record"),
        "send_email": _("Send Email"),
        "call_webhook": _("Call Webhook"),
        "call_tree": _("Call Tree"),
        "call": _("Function"),
        "if": _("Condition"),
        "background": _("Background"),
        "delay": _("Delay"),
    }
)
