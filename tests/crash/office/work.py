"""What a process of the office can be told to do; the zygote calls these by name."""

from __future__ import annotations

import json
import signal
from typing import Any

from tests.crash.office.publishing import (  # noqa: F401 - more of what it can be told
    check_in_use,
    make_trees,
    publish_notes,
    publish_when_ready,
    switch,
)


def worker(*options: str) -> None:
    """Run the real command."""
    from django.core.management import call_command

    call_command("meanwhile_worker", *options)


def prepare_rounds(number: int) -> None:
    """Make the orders that the scheduled tree is about."""
    from tests.crash.office.models import Order

    Order.objects.bulk_create(Order(name="round") for _ in range(number))


def place(number: int) -> None:
    """Place orders, each in a transaction of its own."""
    from tests.crash.office.models import Order

    for count in range(number):
        Order.objects.create(name=f"order {count}")


def place_all(number: int) -> None:
    """Place orders in one transaction."""
    from django.db import transaction

    with transaction.atomic():
        place(number)


def call(tree: str, number: int = 1) -> None:
    """Call a tree for new orders that no other tree has anything to do with."""
    from meanwhile import call_tree
    from tests.crash.office.models import Order

    signal.alarm(60)
    for order in Order.objects.bulk_create([Order(name=tree) for _ in range(number)]):
        call_tree(tree, order)


def ask(action: str, numbers: list[int]) -> None:
    """Call a durable action for each number, as the page of one person does; note by what ids they are followed."""
    from tests.crash.office.trees import folder

    client = _clerk()
    ids = {}
    for number in numbers:
        wanted = {"id": "1", "action": action, "params": {"number": number}}
        body = json.dumps({"lane": "background", "actions": [wanted]})
        answer = client.post("/meanwhile/actions/", body, content_type="application/json")
        ids[number] = json.loads(answer.getvalue().splitlines()[0])["durable"]
    (folder() / "durable.json").write_text(json.dumps(ids))


def follow() -> None:
    """Ask for the states of all that `ask` called, after a new login, and write them down."""
    from tests.crash.office.trees import folder

    client = _clerk()
    ids = json.loads((folder() / "durable.json").read_text())
    states = {number: client.get(f"/meanwhile/actions/durable/{key}/").json() for number, key in ids.items()}
    (folder() / "states.json").write_text(json.dumps(states))


def _clerk() -> Any:
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.get_or_create(username="clerk")[0])
    return client
