from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _no_count_of_another_test() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()
