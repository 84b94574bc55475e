"""The page of a trial says what was shown and not done, and what can't be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.db.models.signals import post_save

from meanwhile import Called, EventTree, UpdateField, action, call_tree
from meanwhile.studio import drafts
from meanwhile.studio.models import StudioTree
from meanwhile.testing import use_trees
from tests.integration.studio.conftest import MAIL, fill
from tests.integration.studio.test_tryout_attacks import mass, promises
from tests.shop.models import Booking
from tests.shop.models_capture import Leg

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.integration.studio.urls")]


@action(name="page.promises")
def promises_and_calls(record: Booking) -> None:
    promises(record)
    call_tree("sub", record)


@pytest.fixture
def page(client: Any, tree: StudioTree, person: Callable[..., Any], booking: Booking) -> Callable[..., str]:
    ada = person("view", "edit")
    ada.user_permissions.add(Permission.objects.get(codename="view_booking"))
    client.force_login(ada)

    def post(*nodes: dict[str, Any], **typed: str) -> str:
        fill(tree, *nodes)
        response = client.post(f"/studio/trees/{tree.key}/try/", {"record": booking.pk, **typed})
        return response.content.decode()

    return post


def test_it_tells_what_is_left_for_after_the_commit_and_the_trees_inside(page: Callable[..., str]) -> None:
    with use_trees(EventTree("Sub", on=Called(Booking), do=[UpdateField(notes="deep inside")])):
        text = page(promises_and_calls().as_json(), MAIL)
    assert "not done here: tests.integration.studio.test_tryout_attacks.ring" in text
    assert "deep inside" in text
    assert "shown, not done" in text
    assert "Functions with outside=True" in text
    assert mail.outbox == []


def test_it_tells_what_the_event_itself_would_send(page: Callable[..., str]) -> None:
    receiver: Any = lambda **_: mass(None)  # noqa: E731
    post_save.connect(receiver, sender=Booking)
    try:
        text = page(MAIL, **{"set-status": "paid"})
    finally:
        post_save.disconnect(receiver, sender=Booking)
    assert "Mass 0" in text
    assert mail.outbox == []


def test_a_value_that_does_not_fit_is_told_by_the_fields_name_and_all_that_was_typed_stays(
    page: Callable[..., str],
) -> None:
    text = page(MAIL, **{"set-starts": "nonsense", "set-name": "Zoë"})
    assert "Starts cannot be set to &#x27;nonsense&#x27;" in text
    assert "shop.Booking.starts" not in text
    assert 'name="set-name" value="Zoë"' in text
    assert 'name="set-starts" value="nonsense"' in text


def test_the_controls_fit_the_fields(page: Callable[..., str]) -> None:
    text = page(MAIL, **{"set-ready": "True"})
    assert '<option value="True" selected>yes</option>' in text
    assert '<input type="datetime-local" step="1" id="id-set-starts"' in text


def test_a_search_keeps_what_was_typed_in_sight(client: Any, tree: StudioTree, page: Callable[..., str]) -> None:
    fill(tree, MAIL)
    assert '<details class="mw-more"><summary>As if' in page(MAIL)
    text = client.get(f"/studio/trees/{tree.key}/try/", {"search": "Ada", "set-name": "Zoë"}).text
    assert '<details class="mw-more" open><summary>As if' in text


def test_a_record_whose_key_has_two_fields_is_offered_and_tried(client: Any, person: Callable[..., Any]) -> None:
    tree = drafts.create_tree("Legs", {"event": "created", "model": "shop.Leg"}, by=None)
    fill(tree, {"kind": "update_field", "set": {"note": {"value": "literal", "literal": "seen"}}})
    Leg.objects.create(flight=1, number=2)
    ada = person("view", "edit")
    ada.user_permissions.add(Permission.objects.get(codename="view_leg"))
    client.force_login(ada)
    address = f"/studio/trees/{tree.key}/try/"
    assert '<option value="(1, 2)" selected>' in client.get(address).text
    text = client.post(address, {"record": "(1, 2)"}).text
    assert "It would run to its end." in text
    assert "<ins>seen</ins>" in text
