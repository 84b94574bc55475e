from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.apps import apps

from meanwhile.clock import FixedClock
from meanwhile.queue import handlers
from tests.integration.queue.toys import KIND, ToyHandler

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def toy() -> Iterator[Callable[..., ToyHandler]]:
    """Register a toy handler with these actions."""

    def make(**actions: Callable) -> ToyHandler:
        handler = ToyHandler(**actions)
        handlers.register(KIND, handler)
        return handler

    make()
    yield make
    apps.get_app_config("meanwhile").handlers.pop(KIND)
