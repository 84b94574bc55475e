"""Four permissions, each of which opens exactly its own, in general or for one tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from meanwhile.studio import drafts
from meanwhile.studio.models import StudioTree
from meanwhile.studio.permissions import ALL, EDIT, VIEW, may, permissions_of, require

pytestmark = pytest.mark.django_db


class OwnTrees:
    """A backend that gives ada all rights on trees she has made."""

    def authenticate(self, request: Any, **credentials: Any) -> None:
        return None

    def has_perm(self, user: Any, permission: str, tree: Any = None) -> bool:
        return tree is not None and tree.created_by_id == user.pk


@pytest.mark.parametrize("what", ALL)
def test_each_permission_opens_its_own_and_all_need_to_see(person: Callable[..., Any], what: str) -> None:
    assert permissions_of(person("view", what) if what != VIEW else person("view")) == {VIEW, what}
    if what != VIEW:
        assert permissions_of(person(what, name="bob")) == frozenset()


def test_nobody_but_active_staff_has_any(person: Callable[..., Any]) -> None:
    guest = person(*ALL, is_staff=False)
    gone = person(*ALL, name="bob")
    gone.is_active = False
    for user in (guest, gone, AnonymousUser()):
        assert permissions_of(user) == frozenset()
        with pytest.raises(PermissionDenied):
            require(user, VIEW)


def test_a_backend_may_give_rights_on_single_trees(person: Callable[..., Any], settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = [
        "django.contrib.auth.backends.ModelBackend",
        "tests.integration.studio.test_permissions.OwnTrees",
    ]
    ada = person()
    event = {"event": "saved", "model": "shop.Booking"}
    mine, other = drafts.create_tree("Mine", event, by=None), drafts.create_tree("Other", event, by=None)
    StudioTree.objects.filter(pk=mine.pk).update(created_by=ada)
    mine.refresh_from_db()
    assert permissions_of(ada, mine) == set(ALL)
    assert permissions_of(ada, other) == permissions_of(ada) == frozenset()
    drafts.edit_draft(mine, {"op": "rename", "path": "", "label": "New"}, revision=1, by=ada)
    with pytest.raises(PermissionDenied):
        drafts.edit_draft(other, {"op": "rename", "path": "", "label": "New"}, revision=1, by=ada)


def test_asking_for_a_permission_that_is_not_there_is_an_error_of_the_program(person: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="no permission of the Studio"):
        may(person("view"), "destroy")
    assert not may(person(name="bob"), EDIT)
