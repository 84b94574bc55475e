"""Call Webhook against a real web server on this machine: what is sent, what an answer means, and what has an end."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import socket
import threading
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from meanwhile import (
    ActionFailed,
    Actor,
    Background,
    CallWebhook,
    Created,
    EventTree,
    Field,
    Retry,
    Template,
    UpdateField,
    ValueProblem,
    WebhookFailed,
)
from meanwhile.actions import webhook_wire
from meanwhile.actions.webhook_request import compose
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.testing import advance_to, clock_at, run_background, use_trees, webhooks
from meanwhile.trees.models import Run
from tests.receiver import Receiver, answer, dripping
from tests.shop.models import Booking, Seat

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


@pytest.fixture(autouse=True)
def _settings(settings: Any) -> None:
    settings.MEANWHILE = {
        **settings.MEANWHILE,
        "WEBHOOK_ALLOW_PRIVATE": ["127.0.0.1"],
        "WEBHOOK_SECRETS": {
            "crm": SECRET,
            "plain": "just-a-text",
            "token": {"secret": "t0ken-of-the-crm", "hosts": ["127.0.0.1"]},
        },
    }


def called(*nodes: Any, **values: Any) -> Job:
    """Save a booking, run its background, and return the job."""
    with use_trees(EventTree("Told", on=Created(Booking), do=[Background(*nodes)])), clock_at(NOON):
        Booking.objects.create(**{"name": "Ada", **values})
        run_background()
    return Job.objects.get()


def refused(job: Job) -> str:
    """Return the error of a job that is given up after its first try."""
    assert (job.state, job.steps["failed"]["attempt"]) == (State.FAILED, 1)
    return job.error


def tried_again(job: Job) -> str:
    assert (job.state, job.attempts) == (State.READY, 1)
    return job.error


def test_values_are_sent_as_json_with_their_types() -> None:
    seat = Seat.objects.create(number="12A", price="99.50")
    node = CallWebhook(
        "{url}",
        body={
            "number": Field("pk"),
            "customer.name": Field("name"),
            "customer.email": Template("<{{ record.email }}>"),
            "ready": Field("ready"),
            "price": Field("price"),
            "day": Field("day"),
            "seat": Field("seat"),
            "who": Actor(),
            "nothing": None,
            "list": [1, 2.5, "ü"],
        },
    )
    with Receiver(answer("201 Created", b'{"id": 5}')) as crm:
        node = node.options(url=f"{crm.url}/hooks")
        job = called(node, email="ada@example.com", price=Decimal("9.90"), day=date(2026, 5, 1), seat=seat)
    (one,) = crm.received
    assert one.line == "POST /hooks HTTP/1.1"
    assert one.body == {
        "number": Booking.objects.get().pk,
        "customer": {"name": "Ada", "email": "<ada@example.com>"},
        "ready": False,
        "price": "9.90",
        "day": "2026-05-01",
        "seat": seat.pk,
        "who": None,
        "nothing": None,
        "list": [1, 2.5, "ü"],
    }
    assert one.headers["content-type"] == "application/json"
    assert one.headers["host"] == f"127.0.0.1:{crm.port}"
    assert one.headers["accept-encoding"] == "identity"
    assert job.state == State.SUCCEEDED
    assert job.steps["done"]["0.0"]["result"] == {
        "request": f"POST 127.0.0.1:{crm.port}/hooks",
        "status": 201,
        "answer": '{"id": 5}',
        "bytes": 9,
    }


def test_what_is_filled_into_the_address_stays_a_part_of_it() -> None:
    evil = "../a?b=c#d&e=/é@evil.example \r\nX: y"
    with Receiver() as crm:
        called(
            CallWebhook(f"{crm.url}/of/{{{{ record.notes }}}}/x?q={{{{ record.notes }}}}&n=1", method="GET"), notes=evil
        )
    quoted = "..%2Fa%3Fb%3Dc%23d%26e%3D%2F%C3%A9%40evil.example%20%0D%0AX%3A%20y"
    assert crm.received[0].line == f"GET /of/{quoted}/x?q={quoted}&n=1 HTTP/1.1"
    assert "content-length" not in crm.received[0].headers


def test_no_value_leads_to_another_host() -> None:
    with webhooks() as sent:
        for name in ("evil.example/", "evil.example#", "x@evil.example", "evil.example:80", "a b"):
            job = called(CallWebhook("https://{{ record.name }}.crm.example/"), name=name)
            assert "can't be called" in refused(job)
            Job.objects.all().delete()
    assert sent == []


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_each_method_is_used(method: Any) -> None:
    with Receiver() as crm:
        assert called(CallWebhook(crm.url, method=method)).state == State.SUCCEEDED
    assert crm.received[0].line == f"{method} / HTTP/1.1"
    assert crm.received[0].content == b""


def test_headers_are_templates_and_nothing_is_smuggled_in() -> None:
    node = CallWebhook("https://crm.example/", headers={"X-Name": "{{ record.name }}", "accept": "text/plain"})
    with webhooks() as sent:
        called(node, name="Größe")
        assert sent[0].headers["x-name"] == "Größe"
        assert sent[0].headers["accept"] == "text/plain"
        for name in ("a\r\nX-Other: b", "a\x01", "日本"):
            Job.objects.all().delete()
            assert "headers.X-Name" in tried_again(called(node, name=name)).replace("\n", "")
        Job.objects.all().delete()
        node = CallWebhook("https://crm.example/", headers={"X-Api-Key": "{{ record.name }}"})
        error = tried_again(called(node, name="not-to-be-seen\n2"))
        assert "headers.X-Api-Key" in error
        assert "not-to-be-seen" not in error
    assert len(sent) == 1


@pytest.mark.parametrize(("name", "key"), [("crm", b"0123456789abcdef01234567"), ("plain", b"just-a-text")])
def test_a_request_is_signed_as_standard_webhooks_are(name: str, key: bytes) -> None:
    with Receiver() as crm:
        called(CallWebhook(crm.url, body={"name": Field("name")}, sign_with=name), name="Größe")
    (one,) = crm.received
    assert one.headers["webhook-timestamp"] == str(int(NOON.timestamp()))
    signed = f"{one.headers['webhook-id']}.{one.headers['webhook-timestamp']}.".encode() + one.content
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert one.headers["webhook-signature"] == f"v1,{wanted}"


@pytest.mark.parametrize(
    ("place", "header", "value"),
    [
        ("", "authorization", "Bearer t0ken-of-the-crm"),
        ("Authorization", "authorization", "t0ken-of-the-crm"),
        ("X-Api-Key", "x-api-key", "t0ken-of-the-crm"),
    ],
)
def test_a_secret_is_sent_where_it_belongs(place: str, header: str, value: str) -> None:
    with Receiver() as crm:
        called(CallWebhook(crm.url, authorize_with="token", authorize_in=place))
    assert crm.received[0].headers[header] == value


def test_a_secret_is_sent_to_its_own_hosts_alone(settings: Any) -> None:
    with webhooks() as sent:
        for node in (
            CallWebhook("https://{{ record.name }}.example/", authorize_with="token"),
            CallWebhook("https://crm.example/", authorize_with="plain"),
            CallWebhook("https://crm.example/", sign_with="gone"),
        ):
            assert "t0ken" not in refused(called(node))
            Job.objects.all().delete()
    assert sent == []


def test_a_secret_that_the_other_system_repeats_is_in_no_history_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = f"you said t0ken-of-the-crm and {SECRET}".encode()
    with Receiver(answer(content=said), answer("400 Bad", said)) as crm:
        node = CallWebhook(f"{crm.url}/?key=in-the-query", sign_with="crm", authorize_with="token")
        assert "you said ********" in str(called(node).steps)
        Job.objects.all().delete()
        assert "you said ********" in refused(called(node))
    kept = [list(model.objects.values()) for model in (Job, Run)]
    written = f"{kept} {caplog.text} {[record.__dict__ for record in caplog.records]}"
    for secret in ("t0ken-of-the-crm", SECRET, "in-the-query"):
        assert secret not in written.replace(str(list(Job.objects.values_list("payload", flat=True))), "")


def test_every_try_carries_the_same_key_and_goes_on_at_the_step() -> None:
    with Receiver(answer("503 Busy"), answer("429 Slow"), answer()) as crm:
        node = CallWebhook(crm.url, body={"notes": Field("notes")}, retry=Retry(max_attempts=5, jitter=0))
        tree = EventTree(
            "Told", on=Created(Booking), do=[Background(UpdateField(notes="a"), node, UpdateField(ready=True))]
        )
        with use_trees(tree), clock_at(NOON):
            Booking.objects.create(name="Ada")
            advance_to(NOON + timedelta(hours=1))
    assert len(crm.received) == 3
    assert len({one.headers["idempotency-key"] for one in crm.received}) == 1
    assert {one.headers["webhook-id"] for one in crm.received} == {crm.received[0].headers["idempotency-key"]}
    assert [one.body for one in crm.received] == [{"notes": "a"}] * 3
    assert Booking.objects.get().ready
    assert Job.objects.get().steps["done"]["0.1"]["attempts"] == 3


@pytest.mark.parametrize("status", ["408 Late", "425 Early", "429 Slow", "500 Broken", "503 Busy", "599 Odd"])
def test_a_failure_that_may_pass_is_tried_again(status: str) -> None:
    with Receiver(answer(status, b"come back")) as crm:
        error = tried_again(called(CallWebhook(f"{crm.url}/hooks")))
    assert error.startswith(f"127.0.0.1:{crm.port}/hooks: It answered {status[:3]}")
    assert error.endswith("come back")


@pytest.mark.parametrize("status", ["400 No", "401 Who", "404 Where", "410 Gone", "422 What", "451 Law"])
def test_a_refusal_is_not_tried_again(status: str) -> None:
    with Receiver(answer(status, b"x" * 600)) as crm:
        error = refused(called(CallWebhook(f"{crm.url}/hooks")))
    assert f"It answered {status[:3]}" in error
    assert error.count("x") == 500
    assert len(crm.received) == 1


def test_who_answers_and_hangs_up_before_having_read_all_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    write = webhook_wire._write

    def broken_off(*args: Any) -> None:
        write(*args)
        raise BrokenPipeError

    monkeypatch.setattr(webhook_wire, "_write", broken_off)
    with Receiver(answer("413 Large", b"too much"), b"") as crm:
        assert "It answered 413" in refused(called(CallWebhook(crm.url)))
        Job.objects.all().delete()
        assert "can't be reached" in tried_again(called(CallWebhook(crm.url)))


def test_on_error_continue_goes_on_behind_a_refusal() -> None:
    with Receiver(answer("404 Where")) as crm:
        job = called(CallWebhook(crm.url, on_error="continue"), UpdateField(ready=True))
    assert job.state == State.SUCCEEDED
    assert "404" in job.steps["done"]["0.0"]["error"]
    assert Booking.objects.get().ready


def test_a_redirect_is_told_and_not_followed() -> None:
    with Receiver(answer("301 Moved", Location="https://ada:pw@new.example/hooks?key=secret")) as crm:
        error = refused(called(CallWebhook(crm.url)))
    assert "https://new.example/hooks." in error
    assert "secret" not in error
    assert "pw" not in error
    assert len(crm.received) == 1


@pytest.mark.parametrize(
    ("said", "longest", "seconds"),
    [
        ("120", 3600, 120),
        ("120", 60, 60),
        ("1", 3600, 10),
        ("soon", 3600, 10),
        ("-5", 3600, 10),
        ("9" * 40, 3600, 3600),
    ],
)
def test_who_asks_for_a_pause_gets_it_within_the_policy(said: str, longest: float, seconds: float) -> None:
    retry = Retry(first=10, longest=longest, jitter=0)
    with webhooks(429, headers={"Retry-After": said}):
        job = called(CallWebhook("https://crm.example/", retry=retry))
    assert job.due == NOON + timedelta(seconds=seconds)


def test_a_pause_can_be_asked_for_with_a_date() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    with webhooks(503, headers={"Retry-After": moment}):
        job = called(CallWebhook("https://crm.example/", retry=Retry(first=1, jitter=0)))
    assert timedelta(minutes=8) < job.due - NOON <= timedelta(minutes=10, seconds=1)


def test_nobody_at_the_port_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "can't be reached" in tried_again(called(CallWebhook(f"http://127.0.0.1:{port}/")))


def test_a_host_that_is_not_there_is_tried_again() -> None:
    assert "no host of this name" in tried_again(called(CallWebhook("http://nothing.invalid/")))


@pytest.mark.parametrize(
    "said", [b"", b"hello\r\n\r\n", b"HTTP/1.1 two OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200]
)
def test_an_answer_that_is_none_is_tried_again(said: bytes) -> None:
    with Receiver(said) as crm:
        tried_again(called(CallWebhook(crm.url)))


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nX-Long: "])
def test_a_server_that_drips_does_not_outlast_the_time(begun: bytes) -> None:
    crm = Receiver()
    crm._behaviours = (dripping(begun, crm.done),)
    with crm:
        started = time.monotonic()
        error = tried_again(called(CallWebhook(crm.url, timeout=0.5)))
        assert time.monotonic() - started < 5
    assert "within 0.5 seconds" in error


def test_what_drips_behind_the_status_is_cut_and_the_step_is_done() -> None:
    crm = Receiver()
    crm._behaviours = (dripping(b"HTTP/1.1 200 OK\r\n\r\nhello ", crm.done),)
    with crm:
        job = called(CallWebhook(crm.url, timeout=0.5))
    result = job.steps["done"]["0.0"]["result"]
    assert result["cut"]
    assert result["answer"].startswith("hello a")


def test_the_time_of_the_settings_holds_where_the_action_says_nothing(settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "WEBHOOK_TIMEOUT": 0.3}
    crm = Receiver()
    crm._behaviours = (lambda connection: crm.done.wait(20),)
    with crm:
        assert "within 0.3 seconds" in tried_again(called(CallWebhook(crm.url)))


def test_no_more_is_read_than_may_be(settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "WEBHOOK_MAX_ANSWER": 1000}

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"400\r\n" + b"a" * 1024 + b"\r\n")

    with Receiver(endless) as crm:
        result = called(CallWebhook(crm.url)).steps["done"]["0.0"]["result"]
    assert (result["bytes"], result["cut"]) == (1000, True)


@pytest.mark.parametrize(
    "content", [b"a" * 60_000, "ü".encode() * 2000, b"\0\x01\xff\xfe" * 500, b'"\\' * 2000, "😀".encode() * 1000]
)
def test_any_answer_can_be_kept(content: bytes) -> None:
    with Receiver(answer(content=content)) as crm:
        result = called(CallWebhook(crm.url)).steps["done"]["0.0"]["result"]
    assert result["bytes"] == len(content)
    assert 1900 < len(json.dumps(result, separators=(",", ":"))) <= 2000


def test_a_compressed_answer_was_not_asked_for_and_is_not_unpacked() -> None:
    with Receiver(answer(content=b"\x1f\x8b" * 50, Content_Encoding="gzip")) as crm:
        assert called(CallWebhook(crm.url)).steps["done"]["0.0"]["result"]["answer"] == ""


def test_no_more_is_sent_than_may_be(settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "WEBHOOK_MAX_BODY": 1000}
    with Receiver() as crm:
        error = refused(called(CallWebhook(crm.url, body={"notes": Field("notes")}), notes="x" * 1000))
    assert "WEBHOOK_MAX_BODY" in error
    assert crm.received == []


@pytest.mark.parametrize("worth", [float("nan"), b"bytes", {1, object()}])
def test_a_value_that_json_cannot_hold_is_told(worth: Any) -> None:
    step: Any = SimpleNamespace(resolve=lambda value: worth, render=str, idempotency_key="key", now=NOON)
    with pytest.raises(ValueProblem, match=r"body\.a"):
        compose(CallWebhook("https://crm.example/", body={"a": Field("name")}), step)
    with pytest.raises(ValueProblem) as caught:
        compose(CallWebhook("https://crm.example/", body={"a": Field("password")}), step)
    assert repr(worth) not in str(caught.value)


# Addresses


def names(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every host have these addresses; return the list of those that are asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_options: Any) -> list[Any]:
        asked.append(host)
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in addresses
        ]

    monkeypatch.setattr(webhook_wire.socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"], ["93.184.216.34", "127.0.0.1"]],
)
def test_a_host_with_a_private_address_is_not_called(
    addresses: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "WEBHOOK_ALLOW_PRIVATE": []}
    names(monkeypatch, *addresses)
    monkeypatch.setattr(webhook_wire.socket, "socket", lambda *_: pytest.fail("a connection was made"))
    error = refused(called(CallWebhook("http://crm.example/hooks")))
    assert "not public" in error
    assert "WEBHOOK_ALLOW_PRIVATE" in error
    assert not any(address in error for address in addresses)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f000001:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://0:{port}/",
    ],
)
def test_no_way_of_writing_it_leads_to_this_machine(url: str, settings: Any) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "WEBHOOK_ALLOW_PRIVATE": []}
    with Receiver() as crm:
        assert called(CallWebhook(url.format(port=crm.port))).state != State.SUCCEEDED
    assert crm.received == []


def test_the_connection_is_made_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as crm:
        asked = names(monkeypatch, "127.0.0.1")
        assert called(CallWebhook(f"http://crm.example:{crm.port}/")).state == State.SUCCEEDED
    assert asked == ["crm.example"]
    assert crm.received[0].headers["host"] == f"crm.example:{crm.port}"


def test_the_next_address_is_tried_where_one_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as crm:
        names(monkeypatch, "127.0.0.1", "127.0.0.1")
        places = iter([("127.0.0.1", 1), ("127.0.0.1", crm.port)])
        monkeypatch.setattr(webhook_wire, "_resolved", lambda *_: [(socket.AF_INET, place) for place in places])
        assert called(CallWebhook(f"http://crm.example:{crm.port}/")).state == State.SUCCEEDED


def test_a_name_that_is_looked_up_for_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(webhook_wire.socket, "getaddrinfo", lambda *_a, **_o: [over.wait(20)] * 0)
    error = tried_again(called(CallWebhook("http://crm.example/", timeout=0.3)))
    over.set()
    assert "within 0.3 seconds" in error


def test_the_environment_sends_it_no_other_way(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Receiver() as crm:
        assert called(CallWebhook(crm.url)).state == State.SUCCEEDED


def test_a_server_without_a_trusted_certificate_is_not_told_anything() -> None:
    with Receiver(b"HTTP/1.1 200 OK\r\n\r\n") as crm:
        tried_again(called(CallWebhook(f"https://127.0.0.1:{crm.port}/", authorize_with="token", timeout=3)))
    assert not any("authorization" in one.headers for one in crm.received)


# The transaction


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_request_is_out() -> None:
    inside: list[bool] = []
    with webhooks() as sent:
        config: Any = apps.get_app_config("meanwhile")
        stand_in = config.send_webhook

        def looking(request: Any, **options: Any) -> Any:
            inside.append(connection.in_atomic_block)
            return stand_in(request, **options)

        config.send_webhook = looking
        called(UpdateField(notes="a"), CallWebhook("https://crm.example/"), UpdateField(ready=True))
    assert len(sent) == 1
    assert inside == [False]


def test_before_the_page_a_failure_undoes_the_save() -> None:
    tree = EventTree("Told", on=Created(Booking), do=[UpdateField(notes="a"), CallWebhook("https://crm.example/")])
    with webhooks(500, "Broken"), use_trees(tree), pytest.raises(ActionFailed, match="It answered 500") as caught:
        Booking.objects.create(name="Ada")
    assert isinstance(caught.value.reason, WebhookFailed)
    assert caught.value.reason.status == 500
    assert not Booking.objects.exists()


# meanwhile.testing


def test_a_test_catches_requests_and_chooses_the_answers() -> None:
    tree = EventTree("Told", on=Created(Booking), do=[Background(CallWebhook("https://crm.example/a", body={"n": 5}))])
    with webhooks([503, 0, 200], {"id": 1}) as sent, use_trees(tree), clock_at(NOON):
        Booking.objects.create(name="Ada")
        advance_to(NOON + timedelta(hours=1))
    assert [(one.method, one.url, one.body) for one in sent] == [("POST", "https://crm.example/a", {"n": 5})] * 3
    assert len({one.idempotency_key for one in sent}) == 1
    assert Job.objects.get().steps["done"]["0.0"]["result"]["answer"] == '{"id": 1}'
    assert "authorization" not in repr(sent).lower()


def test_no_value_climbs_out_of_the_path() -> None:
    with webhooks() as sent:
        for name in (".", ".."):
            job = called(CallWebhook("https://crm.example/of/{{ record.name }}/x", method="DELETE"), name=name)
            assert "can't be called" in refused(job)
            Job.objects.all().delete()
        called(CallWebhook("https://crm.example/of/{{ record.name }}", method="DELETE"), name="...")
    assert [one.url for one in sent] == ["https://crm.example/of/..."]


def test_a_secret_is_not_sent_in_the_clear_through_the_internet(settings: Any) -> None:
    token = {"secret": "t0ken", "hosts": ["crm.example", "crm.internal", "10.1.2.3"]}
    settings.MEANWHILE = {
        **settings.MEANWHILE,
        "WEBHOOK_SECRETS": {"token": token},
        "WEBHOOK_ALLOW_PRIVATE": ["crm.internal", "10.1.0.0/16"],
    }
    with webhooks() as sent:
        assert "https://" in refused(called(CallWebhook("http://crm.example/", authorize_with="token")))
        for node in (
            CallWebhook("http://crm.example/", sign_with="token"),  # this one does not leave the process
            *(
                CallWebhook(url, authorize_with="token")
                for url in ("https://crm.example/", "http://crm.internal/", "http://10.1.2.3/")
            ),
        ):
            Job.objects.all().delete()
            assert called(node).state == State.SUCCEEDED
    assert len(sent) == 4


@pytest.mark.parametrize(
    "said",
    [r"{\"a\": \"s\/c+r\"t&\"}", r'{"a": "s\/c+r\"t&"}', '{"a": "s/c+r\\"t&"}', "s/c%2Br%22t%26", "s%2Fc%2Br%22t%26"],
)
def test_a_secret_that_is_repeated_in_another_writing_is_not_kept(said: str, settings: Any) -> None:
    secret = {"secret": 'Token s/c+r"t&', "hosts": ["127.0.0.1"]}
    settings.MEANWHILE = {**settings.MEANWHILE, "WEBHOOK_SECRETS": {"token": secret}}
    with Receiver(answer(content=said.encode())) as crm:
        job = called(CallWebhook(crm.url, authorize_with="token", authorize_in="Authorization"))
    assert "********" in str(job.steps)
    assert not any(part in str(job.steps) for part in ("c+r", "c%2Br"))


def test_a_redirect_that_repeats_a_secret_is_told_without_it() -> None:
    with Receiver(answer("302 Found", Location="https://crm.example/t0ken-of-the-crm/x")) as crm:
        assert "********/x" in refused(called(CallWebhook(crm.url, authorize_with="token")))


def test_a_pause_that_is_nonsense_is_none() -> None:
    with Receiver(answer("404 Not Found", Retry_After="Mon, 01 Jan 2024 00:00:00 +99999999999999999999")) as crm:
        assert "404 Not Found" in refused(called(CallWebhook(crm.url)))


def test_a_machine_without_one_kind_of_addresses_uses_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket

    def without_ipv6(family: int = -1, *args: Any, **options: Any) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        return real(family, *args, **options)

    with Receiver() as crm:
        found = [(socket.AF_INET6, ("::1", crm.port, 0, 0)), (socket.AF_INET, ("127.0.0.1", crm.port))]
        monkeypatch.setattr(webhook_wire, "_resolved", lambda _address, _deadline: found)
        monkeypatch.setattr(webhook_wire, "may_be_called", lambda *_args: True)
        monkeypatch.setattr(webhook_wire.socket, "socket", without_ipv6)
        assert called(CallWebhook(crm.url)).state == State.SUCCEEDED
