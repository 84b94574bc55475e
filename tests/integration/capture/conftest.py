"""`capture`: listen to models for the length of one test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.db.models import Model

from meanwhile.trees.capture import Change, Interest, install

ALL = Interest(insert=True, update=True, delete=True)


class Capture:
    """Called with models (all kinds of change) or with interests; returns the list its changes go to."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def __call__(
        self,
        *models: type[Model],
        interests: dict[type[Model], Interest] | None = None,
        on_change: Callable[[Change], None] | None = None,
    ) -> list[Change]:
        changes: list[Change] = []

        def take(change: Change) -> None:
            changes.append(change)
            if on_change:
                on_change(change)

        installation = install(interests or dict.fromkeys(models, ALL), take)
        self._stack.callback(installation.uninstall)
        return changes


@pytest.fixture
def capture() -> Iterator[Capture]:
    with ExitStack() as stack:
        yield Capture(stack)
