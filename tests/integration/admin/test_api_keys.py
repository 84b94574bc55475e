from __future__ import annotations

import pytest
from django.utils import timezone

from meanwhile.received.keys import make_key
from tests.integration.admin.pages import list_of, page_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return make_key("Web shop", ["orders", "others"], now=timezone.now())


@pytest.fixture
def reviser(person, client):
    """Somebody who may see keys and revoke them."""
    client.force_login(person("view_apikey", "change_apikey"))
    return client


def test_keys_are_listed_without_their_secret(reviser, made):
    for page in (list_of("apikey"), page_of(made.api_key)):
        text = text_of(reviser.get(page))
        assert made.api_key.start in text
        assert "orders, others" in text
        assert made.token not in text
        assert made.api_key.digest not in reviser.get(page).content.decode()


def test_a_key_is_revoked_on_its_page_and_in_the_list(reviser, made):
    reviser.post(page_of(made.api_key))
    made.api_key.refresh_from_db()
    assert made.api_key.revoked is not None
    assert "revoked" in text_of(reviser.get(page_of(made.api_key)))
    other = make_key("Other", ["orders"], now=timezone.now()).api_key
    reviser.post(list_of("apikey"), {"action": "revoke_selected", "_selected_action": [other.pk]})
    other.refresh_from_db()
    assert other.revoked is not None


def test_who_may_only_look_revokes_nothing(person, client, made):
    client.force_login(person("view_apikey", "operate_job"))
    assert "Revoke the key" not in text_of(client.get(page_of(made.api_key)))
    assert client.post(page_of(made.api_key)).status_code == 403
    client.post(list_of("apikey"), {"action": "revoke_selected", "_selected_action": [made.api_key.pk]})
    made.api_key.refresh_from_db()
    assert made.api_key.revoked is None


def test_a_person_with_a_key_can_still_be_deleted(admin_client, settings, django_user_model):
    settings.ROOT_URLCONF = "tests.urls"
    ann = django_user_model.objects.create_user("ann")
    made = make_key("Hers", ["orders"], now=timezone.now(), user=ann)
    page = f"/admin/auth/user/{ann.pk}/delete/"
    assert "lacks permission" not in admin_client.get(page).content.decode()
    admin_client.post(page, {"post": "yes"})
    assert not django_user_model.objects.filter(pk=ann.pk).exists()
    assert not type(made.api_key).objects.exists()
