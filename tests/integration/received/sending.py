"""A sender of the tests: one tree, one key, and what it sends."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client
from django.utils import timezone

from meanwhile import EventTree, Received, UpdateField
from meanwhile.received.keys import make_key
from tests.shop.models import Order

ADDRESS = "/meanwhile/received/orders/"

ORDERS = Received(Order, match=["number"], fields={"number": "order.id", "amount": "order.amount"})


def orders(*do: Any, on: Received = ORDERS, name_: str = "orders", **options: Any) -> EventTree:
    """The tree that the tests send to, or one like it with another key."""
    return EventTree(name_.capitalize(), key=name_, on=on, do=list(do) or [UpdateField(amount=5)], **options)


class Sender:
    """Sends JSON to a tree with a key of its own."""

    def __init__(self, tree: str = "orders", **of_key: Any) -> None:
        self.made = make_key("Shop", [tree], now=timezone.now(), **of_key)
        self.address = f"/meanwhile/received/{tree}/"

    def send(self, body: Any, *, token: str | None = None, raw: bytes | None = None, **headers: str) -> Any:
        given = {"Authorization": f"Bearer {self.made.token if token is None else token}"}
        return Client(raise_request_exception=False).post(
            self.address,
            raw if raw is not None else json.dumps(body),
            content_type=headers.pop("content_type", "application/json"),
            headers={**given, **{name.replace("_", "-"): value for name, value in headers.items()}},
        )


def sent(number: str = "P1", **more: Any) -> dict[str, Any]:
    """What a shop sends about an order."""
    return {"order": {"id": number, **more}}
