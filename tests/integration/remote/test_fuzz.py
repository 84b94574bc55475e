"""Whatever is sent: an answer of the agreed form, never a 500, and never a stack trace."""

from __future__ import annotations

import json
import string
from datetime import datetime

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meanwhile.remote import Controller, action
from meanwhile.remote.models import BackgroundSlot
from meanwhile.remote.registry import current, registered
from tests.integration.remote.page import ENDPOINT, Page
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db

FUZZ = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
CODES = {
    200: set(),
    400: {"malformed"},
    401: {"login_required"},
    403: {"csrf"},
    405: {"method_not_allowed"},
    413: {"too_large"},
    415: {"unsupported_media_type"},
    429: {"too_many"},
}
FINAL = [{"id", "state", "value"}, {"id", "state", "error"}, {"id", "durable"}]
LINE_CODES = {
    "invalid", "unknown_action", "login_required", "forbidden", "not_found", "user_error", "server_error", "too_many",
    "too_large",
}  # fmt: skip
NAMES = [
    "echo.echo", "echo.later", "echo.counted", "echo.slow", "echo._private", "public.echo", "public.prices",
    "booking.show", "booking.show_any", "booking.confirm", "booking.add", "booking.cancel", "booking.rename",
    "booking.write", "typed.everything", "inheriting.echo",
]  # fmt: skip
PARAMETERS = ["message", "seconds", "booking", "name", "to", "then", "reason", "seat", "n", "texts", "when", "self"]

any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | any_text
    | st.sampled_from(["1", "0", "2026-02-30", "1e400", "-0", "١", "\x00", "\ud800"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)
params = st.dictionaries(st.sampled_from(PARAMETERS) | any_text, json_values, max_size=5)
calls = st.fixed_dictionaries(
    {
        "id": st.text(string.ascii_letters, min_size=1, max_size=3) | any_text,
        "action": st.sampled_from(NAMES) | any_text,
        "params": params,
    },
    optional={"extra": json_values},
)
requests = st.fixed_dictionaries(
    {"lane": st.sampled_from(["foreground", "background"]), "actions": st.lists(calls, min_size=1, max_size=4)}
)
# What is nearly a request: one of its parts is anything.
nearly = requests.flatmap(
    lambda request: st.sampled_from(["lane", "actions", "item", "id", "action", "params"]).flatmap(
        lambda part: json_values.map(lambda value: _spoiled(request, part, value))
    )
)


def _spoiled(request, part, value):
    if part in ("lane", "actions"):
        return {**request, part: value}
    first, *rest = request["actions"]
    return {**request, "actions": [value if part == "item" else {**first, part: value}, *rest]}


def _has_half_a_character_in_a_key(value):
    if isinstance(value, list):
        return any(map(_has_half_a_character_in_a_key, value))
    if isinstance(value, dict):
        broken = any("\ud800" <= character <= "\udfff" for key in value for character in key)
        return broken or any(map(_has_half_a_character_in_a_key, value.values()))
    return False


class TypedController(Controller):
    @action
    def everything(
        self,
        n: int = 0,
        texts: list[str] | None = None,
        when: datetime | None = None,
        message: dict[str, float] | None = None,
    ) -> object:
        return [n, texts, when, message]


@pytest.fixture(autouse=True)
def _site(settings, monkeypatch):
    settings.DEBUG = False
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with registered(TypedController):
        current().actions()
        yield


@pytest.fixture(params=["ann", "nobody"])
def somebody(request, ann) -> Page:
    Booking.objects.create(pk=1, name="Ada", email="ann@example.com")
    page = Page(ann if request.param == "ann" else None)
    page.client.raise_request_exception = False
    return page


STORE_TEXT = {"booking.write", "booking.rename", "booking.add"}
"""Actions that may fail unexpectedly: the one on purpose, and those with texts that a database can't hold."""


def is_as_agreed(response, calls=None):
    """Check the form of an answer, and that every action that was asked for has exactly one final line."""
    assert response.status_code in CODES
    if response.status_code != 200:
        assert json.loads(response.content)["error"]["code"] in CODES[response.status_code]
        assert b"Traceback" not in response.content
        return
    content = response.getvalue()
    assert b"Traceback" not in content
    assert content.endswith(b'{"end":true}\n')
    lines = [json.loads(line) for line in content.splitlines()][:-1]
    final = [line for line in lines if "state" in line or "durable" in line]
    for line in lines:
        assert "progress" in line or set(line) in FINAL
        if "error" in line:
            assert line["error"]["code"] in LINE_CODES
            assert line["error"]["message"]
    if calls is not None:
        assert [line["id"] for line in final] == [call["id"] for call in calls]
        failed = [line.get("error", {}).get("code") == "server_error" for line in final]
        assert {call["action"] for call, is_failed in zip(calls, failed, strict=True) if is_failed} <= STORE_TEXT
    assert not BackgroundSlot.objects.exists()


@FUZZ
@given(request=requests)
def test_any_request_of_the_right_form(somebody, request):
    is_as_agreed(somebody.post(request), request["actions"])


@FUZZ
@given(request=nearly)
def test_what_is_nearly_a_request(somebody, request):
    is_as_agreed(somebody.post(request))


@FUZZ
@given(body=st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes(somebody, body):
    is_as_agreed(somebody.client.generic("POST", ENDPOINT, body or b" ", content_type="application/json"))


@FUZZ
@given(request=requests, at=st.integers(0, 400), insert=st.binary(max_size=5), cut=st.integers(0, 20))
def test_a_request_that_was_damaged_on_its_way(somebody, request, at, insert, cut):
    body = json.dumps(request).encode()
    is_as_agreed(somebody.post(body[:at] + insert + body[at + cut :] or b" "))


@FUZZ
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FETCH"]),
    content_type=st.sampled_from(["application/json", "multipart/form-data; boundary=a", "text/plain", ""])
    | st.text(string.printable.replace("\r", "").replace("\n", ""), max_size=20),
    token=st.text(string.printable, max_size=40),
    cookie=st.text(string.ascii_letters + string.digits + "=; ,\"'%", max_size=60),
    origin=st.none() | st.sampled_from(["null", "https://elsewhere.example", "http://testserver", "http://[", ""]),
)
def test_any_headers(ann, method, content_type, token, cookie, origin):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    headers = {"HTTP_X_CSRFTOKEN": token, "HTTP_COOKIE": cookie}
    if origin is not None:
        headers["HTTP_ORIGIN"] = origin
    body = b'{"lane":"foreground","actions":[{"id":"1","action":"public.echo","params":{"message":"hi"}}]}'
    response = client.generic(method, ENDPOINT, body, content_type=content_type, **headers)
    assert response.status_code in CODES
    assert response.status_code != 200  # nobody has the right token by chance


@FUZZ
@given(value=json_values.filter(lambda value: not _has_half_a_character_in_a_key(value)))
def test_any_value_comes_back_as_it_went(ann, value):
    class MirrorController(Controller):
        @action
        def show(self, value: object) -> object:
            return value

    with registered(MirrorController):
        assert Page(ann).call("mirror.show", value=value)["value"] == value
