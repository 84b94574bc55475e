from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connections

from tests.integration.remote.page import Page


@pytest.fixture(autouse=True)
def _nothing_is_left_on_the_connection() -> Iterator[None]:
    """Whatever an action did: no transaction is put off, and none is open."""
    yield
    for connection in connections.all(initialized_only=True):
        assert not {"connect", "_start_transaction_under_autocommit"} & vars(connection).keys()
        assert connection.execute_wrappers == []


@pytest.fixture
def ann(db: None) -> User:
    return User.objects.create_user("ann", "ann@example.com", "pw")


@pytest.fixture
def page(ann: User) -> Page:
    return Page(ann)
