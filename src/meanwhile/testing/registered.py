"""Let a test choose the trees that there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps

from meanwhile.trees.document import EventTree
from meanwhile.trees.listening import listen
from meanwhile.trees.registry import TreeRegistry


@contextmanager
def use_trees(*trees: EventTree) -> Iterator[None]:
    """Let these be the only trees in the body, as if they were all that the apps' ``trees.py`` held; none if none are
    given.

    Changes of their models are captured while it lasts. It is a decorator too, and goes with `TestCase.enterContext`
    and `enterClassContext`. Raises `DuplicateTree` if two have one key.

        with use_trees(EventTree("Received", on=Created(Booking), do=[UpdateField(status="received")])):
            booking.save()
    """
    config: Any = apps.get_app_config("meanwhile")
    alone = TreeRegistry()
    for tree in trees:
        alone.add(tree)
    before, config.trees = config.trees, alone
    listen(config)
    try:
        yield
    finally:
        config.trees = before
        listen(config)
