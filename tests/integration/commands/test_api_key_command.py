"""``manage.py meanwhile_api_key`` makes keys that open a tree, lists and revokes them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError
from django.utils import timezone

from meanwhile import EventTree, Received, UpdateField
from meanwhile.received.keys import authenticate
from meanwhile.received.models import ApiKey, ReceivedAnswer
from meanwhile.testing import use_trees
from tests.integration.commands.conftest import READY
from tests.shop.models import Order

ORDERS = EventTree("Orders", key="orders", on=Received(Order, match=["number"]), do=[UpdateField(amount=1)])

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _trees():
    with use_trees(ORDERS, READY):
        yield


def opens(token: str) -> bool:
    return authenticate(f"Bearer {token}", "orders", now=timezone.now(), using="default") is not None


def test_a_key_is_made_listed_and_revoked(run):
    User.objects.create_user("ann")
    token = run("meanwhile_api_key", "make", "Web shop", "--tree", "orders", "--user", "ann", "--days", "30").strip()
    assert opens(token)
    api_key = ApiKey.objects.get()
    assert str(api_key.user) == "ann"
    assert timedelta(days=29) < api_key.expires - timezone.now() <= timedelta(days=30)
    listed = run("meanwhile_api_key", "list")
    assert api_key.start in listed
    assert "Web shop" in listed
    assert token not in listed
    run("meanwhile_api_key", "revoke", token[:11])
    assert not opens(token)
    assert "revoked" in run("meanwhile_api_key", "list")


@pytest.mark.parametrize(
    "arguments",
    [
        ["make", "Shop"],
        ["make", "", "--tree", "orders"],
        ["make", "Shop", "--tree", "nothing"],
        ["make", "Shop", "--tree", "ready"],
        ["make", "Shop", "--tree", "orders", "--user", "nobody"],
        ["make", "Shop", "--tree", "orders", "--days", "-1"],
        ["make", "Shop", "--tree", "orders", "--days", "1e300"],
        ["make", "Shop", "--tree", "orders", "--days", "nan"],
        ["revoke", "mw_nothing"],
        ["revoke"],
    ],
)
def test_what_can_not_be_done_is_told(run, arguments):
    with pytest.raises(CommandError):
        run("meanwhile_api_key", *arguments)
    assert not ApiKey.objects.exists()


def test_old_answers_are_pruned_and_counted(run):
    token = run("meanwhile_api_key", "make", "Web shop", "--tree", "orders")
    assert token
    old = timezone.now() - timedelta(days=30)
    ReceivedAnswer.objects.create(
        api_key=ApiKey.objects.get(), tree="orders", key="k", digest="", status=201, answer={}, created=old
    )
    assert ": 1" in run("meanwhile_prune", "--dry-run").splitlines()[-1]
    assert ReceivedAnswer.objects.exists()
    run("meanwhile_prune")
    assert not ReceivedAnswer.objects.exists()
