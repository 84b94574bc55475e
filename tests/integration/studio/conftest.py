from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from meanwhile.studio import drafts, publish
from meanwhile.studio.models import StudioTree
from meanwhile.testing import use_trees
from tests.integration.studio.trying import DONE
from tests.shop.models import Booking, Seat

SET_STATUS = {"kind": "update_field", "set": {"status": {"value": "literal", "literal": "received"}}}
MAIL = {
    "kind": "send_email",
    "to": [{"recipients": "addresses", "addresses": "{{ record.email }}"}],
    "subject": "Hello {{ record.name }}",
    "body": "Dear {{ record.name }}",
}


@pytest.fixture(autouse=True)
def _no_other_trees() -> Iterator[None]:
    """Each test begins with no trees and no memory of what other tests published."""
    studio: Any = apps.get_app_config("meanwhile").studio
    DONE.clear()
    with use_trees():
        studio.stamp, studio.looked = -1, None
        yield
        studio.stamp, studio.looked = -1, None


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    """Somebody with these permissions in the Studio."""

    def make(*permissions: str, name: str = "ada", is_staff: bool = True) -> Any:
        user = get_user_model().objects.create_user(name, is_staff=is_staff)
        found = Permission.objects.filter(codename__in=[f"{one}_studio" for one in permissions])
        assert len(found) == len(permissions)
        user.user_permissions.set(found)
        return user

    return make


@pytest.fixture
def tree(db: None) -> StudioTree:
    """An empty tree on Booking's Created event."""
    return drafts.create_tree("Booking received", {"event": "created", "model": "shop.Booking"}, by=None)


@pytest.fixture
def booking(db: None) -> Booking:
    seat = Seat.objects.create(number="12A", price="99.50")
    starts = datetime(2026, 5, 1, 10, tzinfo=UTC)
    return Booking.objects.create(name="Ada", email="ada@example.com", seat=seat, starts=starts)


def fill(tree: StudioTree, *nodes: dict[str, Any], on: dict[str, Any] | None = None) -> int:
    """Put nodes into the draft and return its revision."""
    draft = drafts.draft_of(tree)
    document = {**draft.document, "do": list(nodes), **({"on": on} if on else {})}
    return drafts.save_document(tree, document, revision=draft.revision, by=None).draft.revision


def published(tree: StudioTree, *nodes: dict[str, Any], on: dict[str, Any] | None = None) -> StudioTree:
    """Publish a tree of these nodes."""
    publish.publish(tree, revision=fill(tree, *nodes, on=on), by=None)
    return tree
