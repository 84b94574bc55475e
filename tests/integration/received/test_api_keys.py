"""API keys open exactly their trees, as long as they are good, and are never told."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from meanwhile.received import keys
from meanwhile.received.keys import ApiKeyProblem, make_key, note_use, revoke
from meanwhile.received.models import ApiKey
from meanwhile.testing import use_trees
from meanwhile.trees.models import Run
from tests.integration.received.sending import Sender, orders, sent
from tests.shop.models import Order

pytestmark = pytest.mark.django_db


def refusal(answer):
    return answer.status_code, answer.json()["error"]["code"], answer.json()["error"]["message"]


def test_without_a_good_key_every_address_answers_the_same(django_assert_num_queries):
    with use_trees(orders(), orders(name_="off", enabled=False)):
        right, other = Sender(), Sender("off")
        token = right.made.token
        wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
        unknown = Sender("nothing-here")
        answers = [
            right.send(sent(), token=wrong),
            right.send(sent(), token=token.lower() + "x"),
            right.send(sent(), token=""),
            right.send(sent(), Authorization="Basic abc"),
            right.send(sent(), token=other.made.token),
            other.send(sent(), token=token),
            unknown.send(sent(), token=token),
            unknown.send({}, raw=b"no json", token=wrong, content_type="text/plain"),
        ]
    assert len({refusal(answer) for answer in answers}) == 1
    assert answers[0].status_code == 401
    assert answers[0]["WWW-Authenticate"].startswith("Bearer")
    assert not Order.objects.exists()


def test_a_key_of_a_tree_that_is_off_or_gone_is_told_so():
    with use_trees(orders(enabled=False)):
        assert Sender().send(sent()).status_code == 404
        assert Sender("gone").send(sent()).status_code == 404


def test_one_key_may_be_for_several_trees():
    made = make_key("Shop", ["orders", "others"], now=timezone.now())
    with use_trees(orders(), orders(name_="others")):
        for tree in ("orders", "others"):
            assert Sender(tree).send(sent(), token=made.token).status_code in {200, 201}


def test_revoked_expired_and_inactive_keys_are_refused():
    now = timezone.now()
    ann = User.objects.create_user("ann")
    with use_trees(orders()):
        revoked, expired, anns = Sender(), Sender(expires=now + timedelta(hours=1)), Sender(user=ann)
        assert [sender.send(sent()).status_code for sender in (revoked, expired, anns)] == [201, 200, 200]
        assert revoke(revoked.made.api_key, now=now, using="default")
        assert not revoke(revoked.made.api_key, now=now, using="default")
        ApiKey.objects.filter(pk=expired.made.api_key.pk).update(expires=now - timedelta(seconds=1))
        User.objects.update(is_active=False)
        assert [sender.send(sent()).status_code for sender in (revoked, expired, anns)] == [401, 401, 401]


def test_the_secret_is_kept_nowhere(caplog):
    caplog.set_level(logging.DEBUG)
    with use_trees(orders()):
        sender = Sender()
        sender.send(sent())
        sender.send(sent(), token=sender.made.token + "x")
    secret = sender.made.token.rpartition("_")[2] if sender.made.token.count("_") == 2 else sender.made.token[12:]
    stored = repr(list(ApiKey.objects.values())) + repr(list(Run.objects.values()))
    assert secret not in stored + caplog.text + repr(sender.made) + str(sender.made.api_key)
    assert not any(secret in str(record.__dict__) for record in caplog.records)


def test_the_last_use_is_written_once_a_minute(django_assert_num_queries):
    api_key, now = make_key("Shop", ["orders"], now=timezone.now()).api_key, timezone.now()
    note_use(api_key, now=now, using="default")
    api_key.refresh_from_db()
    assert api_key.last_used == now
    with django_assert_num_queries(0):
        note_use(api_key, now=now + timedelta(seconds=59), using="default")
    note_use(api_key, now=now + timedelta(seconds=61), using="default")
    api_key.refresh_from_db()
    assert api_key.last_used == now + timedelta(seconds=61)


def test_a_key_is_recognised_by_one_question(django_assert_num_queries):
    made, now = make_key("Shop", ["orders"], now=timezone.now()), timezone.now()
    for header in (f"Bearer {made.token}", "Bearer nothing"):
        with django_assert_num_queries(1):
            keys.authenticate(header, "orders", now=now, using="default")


@pytest.mark.parametrize(
    ("name", "trees", "hours"), [("", ["orders"], 1), ("x" * 201, ["orders"], 1), ("Shop", [], 1), ("Shop", ["a"], -1)]
)
def test_a_key_that_makes_no_sense_is_not_made(name, trees, hours):
    now = timezone.now()
    with pytest.raises(ApiKeyProblem):
        make_key(name, trees, now=now, expires=now + timedelta(hours=hours))
    assert not ApiKey.objects.exists()
