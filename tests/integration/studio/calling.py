"""Requests to the Studio as somebody sends them by hand, and all that they could have changed."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from meanwhile.queue.models import Job, QueuePause
from meanwhile.received.models import ApiKey
from meanwhile.studio.models import StudioDraft, StudioEdit, StudioTree, StudioVersion
from meanwhile.trees.models import Run
from tests.shop.models import Booking, Customer, Seat, Ticket

REFUSED = {"forbidden", "user_error", "login_required"}

KEPT = (
    StudioTree,
    StudioDraft,
    StudioEdit,
    StudioVersion,
    Job,
    QueuePause,
    Run,
    Booking,
    Customer,
    Seat,
    Ticket,
    ApiKey,
)


def everything() -> list[Any]:
    """All rows that a request to the Studio could change."""
    return [list(model._default_manager.order_by("pk").values()) for model in KEPT]


def may_see_records(user: Any) -> Any:
    """Let a person see records of the shop and the users."""
    labels = ("shop", "auth")
    user.user_permissions.add(
        *Permission.objects.filter(codename__startswith="view_", content_type__app_label__in=labels)
    )
    return get_user_model().objects.get(pk=user.pk)


def call(client: Client, name: str, **params: Any) -> Any:
    """Call an action of the editor: its value, or the code of its error."""
    action = {"id": "1", "action": f"studio.{name}", "params": params}
    body = json.dumps({"lane": "foreground", "actions": [action]})
    response = client.post("/studio/actions/", body, content_type="application/json")
    if response.status_code != 200:
        return response.json()["error"]["code"]
    line = json.loads(b"".join(response).splitlines()[0])  # type: ignore[arg-type]
    return line["value"] if line["state"] == "SUCCESS" else line["error"]["code"]


def said(client: Client, name: str, **params: Any) -> str:
    """Call an action of the editor: all that it answered, as text."""
    action = {"id": "1", "action": f"studio.{name}", "params": params}
    body = json.dumps({"lane": "foreground", "actions": [action]})
    response = client.post("/studio/actions/", body, content_type="application/json")
    return b"".join(response).decode()  # type: ignore[arg-type]
