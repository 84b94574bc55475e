"""What the addresses of trees take, and how they refuse the rest."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from meanwhile import Received, UpdateField, UserError, action
from meanwhile.queue.prune import prune
from meanwhile.received.models import ReceivedAnswer
from meanwhile.received.remembered import prune_answers
from meanwhile.testing import use_trees
from meanwhile.trees.models import Run
from tests.integration.received.sending import Sender, orders, sent
from tests.shop.models import Booking, Order

pytestmark = pytest.mark.django_db


@action(name="received.stop")
def stop(record: Order) -> None:
    raise UserError("Not now.")


def code(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_only_posts_of_json_are_taken():
    with use_trees(orders()):
        sender = Sender()
        answer = Client().get(sender.address)
        assert (code(answer), answer["Allow"]) == ((405, "method_not_allowed"), "POST")
        assert code(sender.send(sent(), content_type="text/plain")) == (415, "unsupported_media_type")
        assert sender.send(sent(), content_type="application/json; charset=utf-8").status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"nothing",
        b"\xff",
        b"[]",
        b'"text"',
        b'{"order": {"id": "1", "id": "2"}}',
        b'{"order": {"id": NaN}}',
        b'{"order": {"id": 1e999}}',
        b'{"order": {"id": "a\\u0000b"}}',
        b'{"order": {"id": "\\ud800"}}',
        b'{"order": {"id": ' + b"9" * 5000 + b"}}",
    ],
)
def test_what_is_no_proper_json_is_refused(body):
    with use_trees(orders()):
        assert code(Sender().send({}, raw=body)) == (400, "malformed")
    assert not Run.objects.exists()


def test_size_and_depth_are_bounded():
    with use_trees(orders()):
        sender = Sender()
        with override_settings(MEANWHILE={"RECEIVED_MAX_BODY": 1000}):
            assert code(sender.send(sent(note="x" * 1000))) == (413, "too_large")
        assert code(sender.send({}, raw=b'{"a":' * 40 + b"1" + b"}" * 40)) == (413, "too_large")
        assert sender.send({}, raw=b'{"a":' * 100_000).status_code in {400, 413}


def test_a_key_in_one_request_too_many_has_to_wait():
    with use_trees(orders()), override_settings(MEANWHILE={"RECEIVED_RATE": 3}):
        sender, other = Sender(), Sender()
        answers = [sender.send(sent()) for _ in range(7)]  # a minute may end in between: four are in one of them
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert all(0 < int(answer["Retry-After"]) <= 60 for answer in refused)
        assert other.send(sent()).status_code == 200
    with use_trees(orders()), override_settings(MEANWHILE={"RECEIVED_RATE": 0}):
        assert sender.send(sent()).status_code == 200


def test_many_wrong_keys_are_slowed_and_the_right_one_is_not():
    with use_trees(orders()):
        sender = Sender()
        statuses = {sender.send(sent(), token="mw_nothing").status_code for _ in range(125)}
        assert statuses == {401, 429}
        assert sender.send(sent()).status_code == 201


@override_settings(CACHES={"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}})
def test_without_a_cache_nothing_is_counted():
    with use_trees(orders()), override_settings(MEANWHILE={"RECEIVED_RATE": 1}):
        sender = Sender()
        assert [sender.send(sent()).status_code for _ in range(3)] == [201, 200, 200]


def test_the_same_request_is_done_once():
    on = Received(Booking, fields=["name"])
    with use_trees(orders(UpdateField(status="sent"), on=on)):
        sender = Sender()
        first = sender.send({"name": "Ann"}, Idempotency_Key='"k1"')
        again = sender.send({"name": "Ann"}, Idempotency_Key="k1")
        other = sender.send({"name": "Ann"}, Idempotency_Key="k2")
        elsewhere = Sender().send({"name": "Ann"}, Idempotency_Key="k1")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert (again["Idempotent-Replayed"], "Idempotent-Replayed" in first) == ("true", False)
    assert len({answer.json()["record"] for answer in (first, other, elsewhere)}) == 3
    assert (Booking.objects.count(), Run.objects.count()) == (3, 3)


def test_what_was_done_is_answered_so_also_when_the_tree_asks_for_more():
    with use_trees(orders()):
        sender = Sender()
        first = sender.send(sent(), Idempotency_Key="k")
    more = Received(Order, match=["number"], fields={"number": "order.id"}, parameters={"amount": int})
    with use_trees(orders(on=more)):
        again = sender.send(sent(), Idempotency_Key="k")
        assert sender.send(sent(), Idempotency_Key="l").status_code == 422
    assert (again.status_code, again.json()) == (first.status_code, first.json())


def test_a_key_for_another_body_is_refused():
    with use_trees(orders()):
        sender = Sender()
        sender.send(sent("1"), Idempotency_Key="k")
        assert code(sender.send(sent("2"), Idempotency_Key="k")) == (422, "key_reused")
    assert not Order.objects.filter(number="2").exists()


def test_what_failed_is_done_again():
    with use_trees(orders(stop())):
        sender = Sender()
        assert sender.send(sent(), Idempotency_Key="k").status_code == 422
    with use_trees(orders()):
        assert sender.send(sent(), Idempotency_Key="k").status_code == 201


@pytest.mark.parametrize("key", ['""', "x" * 256, "a\tb", "kéy"])
def test_a_key_that_is_none_is_refused(key):
    with use_trees(orders()):
        assert code(Sender().send(sent(), Idempotency_Key=key)) == (400, "malformed")


def test_old_answers_are_forgotten_and_deleted():
    with use_trees(orders()):
        sender = Sender()
        first = sender.send(sent(), Idempotency_Key="k")
        old = timezone.now() - timedelta(days=8)
        ReceivedAnswer.objects.update(created=old)
        again = sender.send(sent(), Idempotency_Key="k")
        assert (first.status_code, again.status_code) == (201, 200)  # done again, on the record that is there
        assert prune_answers(now=timezone.now(), using="default") == 0
        ReceivedAnswer.objects.update(created=old)
        assert prune_answers(now=timezone.now(), using="default", dry_run=True) == 1
        assert prune({"succeeded": 30.0}, now=timezone.now(), using="default") == 1
        assert not ReceivedAnswer.objects.exists()


def elsewhere(do):
    """Run in another thread, with a connection of its own."""

    def run():
        try:
            do()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by", ["number", "note"])
def test_two_requests_at_once_make_one_record(by):
    """``number`` has a unique constraint, ``note`` has none."""
    fields = {"number": "n", "note": "note"} if by == "note" else {"number": "n"}
    answers = []
    with use_trees(orders(UpdateField(amount=1), on=Received(Order, match=[by], fields=fields))):
        sender, together = Sender(), threading.Barrier(4)

        def send(n):
            together.wait(30)
            answers.append(sender.send({"n": f"N{n}" if by == "note" else "N", "note": "same"}))

        threads = [elsewhere(lambda n=n: send(n)) for n in range(4)]
        for thread in threads:
            thread.join(60)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201], [a.json() for a in answers]
    assert Order.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_request_that_is_still_worked_on_is_not_begun_again():
    inside, done, answers = threading.Event(), threading.Event(), []

    @action(name="received.slowly")
    def slowly(record: Order) -> None:
        inside.set()
        assert done.wait(30)

    with use_trees(orders(slowly())):
        sender = Sender()
        thread = elsewhere(lambda: answers.append(sender.send(sent(), Idempotency_Key="k")))
        assert inside.wait(30)
        meanwhile = sender.send(sent(), Idempotency_Key="k")
        done.set()
        thread.join(60)
    assert code(meanwhile) == (409, "in_progress")
    assert meanwhile["Retry-After"] == "1"
    assert answers[0].status_code == 201


def test_the_csrf_check_is_not_in_the_way():
    with use_trees(orders()):
        sender = Sender()
        answer = Client(enforce_csrf_checks=True).post(
            sender.address,
            json.dumps(sent()),
            content_type="application/json",
            headers={"Authorization": f"Bearer {sender.made.token}"},
        )
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"


@override_settings(
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
)
def test_a_project_that_asks_everybody_to_log_in_still_receives():
    with use_trees(orders()):
        assert Sender().send(sent()).status_code == 201
