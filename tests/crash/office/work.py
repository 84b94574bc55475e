"""What a process of the office can be told to do; the zygote calls these by name."""

from __future__ import annotations

import signal


def worker(*options: str) -> None:
    """Run the real command."""
    from django.core.management import call_command

    call_command("meanwhile_worker", *options)


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
