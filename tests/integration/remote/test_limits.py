"""A request is bounded, and refused as a whole when it is not what it should be."""

from __future__ import annotations

import json

import pytest
from django.test import override_settings

from tests.integration.remote.page import Page, refusal, whole
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db


def call(id="1", action="echo.echo", **params):  # noqa: A002
    return {"id": id, "action": action, "params": params or {"message": "hi"}}


def test_too_many_actions(page):
    def send(n):
        return page.post({"lane": "foreground", "actions": [call(str(i)) for i in range(n)]})

    assert len(whole(send(100))) == 100
    assert refusal(send(101)) == (413, "too_large")
    with override_settings(MEANWHILE={"REMOTE_MAX_ACTIONS": 2}):
        assert refusal(send(3)) == (413, "too_large")


def test_a_large_body(page):
    def send(size):
        return page.post({"lane": "foreground", "actions": [call(message="x" * size)]})

    assert whole(send(990_000))
    assert refusal(send(1_000_000)) == (413, "too_large")
    with override_settings(MEANWHILE={"REMOTE_MAX_BODY": 5_000_000}):
        assert whole(send(4_000_000))  # also above what Django allows for forms


def test_a_body_that_is_longer_than_it_says(page):
    body = json.dumps({"lane": "foreground", "actions": [call(message="x" * 2_000_000)]}).encode()
    assert refusal(page.post(body, CONTENT_LENGTH="100")) == (400, "malformed")
    assert refusal(page.post(body, CONTENT_LENGTH="many")) == (400, "malformed")


@pytest.mark.parametrize(("open_", "close"), [(b"[", b"]"), (b'{"a":', b"}")])
@pytest.mark.parametrize("depth", [33, 400, 3_000, 100_000])
def test_a_deeply_nested_body(page, open_, close, depth):
    nested = open_ * depth + b"1" + close * depth
    body = b'{"lane":"foreground","actions":[{"id":"1","action":"echo.echo","params":{"message":%b}}]}' % nested
    status, code = refusal(page.post(body))
    assert (status, code) in {(413, "too_large"), (400, "malformed")}


def test_many_lists_side_by_side_are_not_deep(page):
    body = {"lane": "foreground", "actions": [call(message=[[] for _ in range(1000)])]}
    assert whole(page.post(body))[0]["error"]["code"] == "invalid"


@override_settings(MEANWHILE={"REMOTE_MAX_DEPTH": 6})
def test_the_depth_is_counted_exactly(page):
    def send(message):
        return page.post({"lane": "foreground", "actions": [call(message=message)]})

    assert send([[1]]).status_code == 200
    assert refusal(send([[[1]]])) == (413, "too_large")


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{",
        b"{}",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"lane":"foreground","actions":[{"id":"1","action":"echo.echo","params":{"message":NaN}}]}',
        b'{"lane":"foreground","actions":[{"id":"1","action":"echo.echo","params":{"message":' + b"9" * 5000 + b"}}]}",
        {"lane": "foreground"},
        {"lane": "foreground", "actions": []},
        {"lane": "foreground", "actions": {}},
        {"lane": "foreground", "actions": None},
        {"lane": "foreground", "actions": ["echo.echo"]},
        {"lane": "middle", "actions": [call()]},
        {"lane": ["foreground"], "actions": [call()]},
        {"actions": [call()]},
        {"lane": "foreground", "actions": [call(id=1)]},
        {"lane": "foreground", "actions": [call(id="")]},
        {"lane": "foreground", "actions": [call(id="x" * 201)]},
        {"lane": "foreground", "actions": [{"action": "echo.echo"}]},
        {"lane": "foreground", "actions": [{"id": "1"}]},
        {"lane": "foreground", "actions": [{"id": "1", "action": None}]},
        {"lane": "foreground", "actions": [{"id": "1", "action": "echo.echo", "params": []}]},
        {"lane": "foreground", "actions": [call("1"), call("1")]},
        {"lane": "background", "actions": [call("1"), call("2")]},
    ],
)
def test_what_is_no_request_is_refused_and_nothing_of_it_run(page, body):
    assert refusal(page.post(body)) == (400, "malformed")


def test_one_bad_action_refuses_the_request_before_anything_runs(page):
    good = {"id": "1", "action": "booking.write", "params": {"name": "x"}}
    assert refusal(page.post({"lane": "foreground", "actions": [good, {"id": 2}]})) == (400, "malformed")
    assert not Booking.objects.exists()


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", "*"],
)
def test_a_wrong_content_type(page, content_type):
    body = json.dumps({"lane": "foreground", "actions": [call()]}).encode()
    assert refusal(page.post(body, content_type=content_type)) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_said_in_other_words(page, content_type):
    body = json.dumps({"lane": "foreground", "actions": [call()]}).encode()
    assert whole(page.post(body, content_type=content_type))


def test_unknown_keys_are_ignored_and_no_params_are_none(page):
    body = {"lane": "foreground", "new": 1, "actions": [{"id": "1", "action": "booking.show_any", "later": [1]}]}
    assert whole(page.post(body))[0]["value"] == "none"


def test_refusals_are_json_that_nobody_keeps(page):
    response = page.post(b"{")
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    assert json.loads(response.content)["error"]["message"]


def test_nobody_gets_further_than_who_is_logged_in():
    assert refusal(Page().post(b"{")) == (400, "malformed")
