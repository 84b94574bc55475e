"""Every request needs the page's token, whatever the project's middleware; an expired one can be renewed."""

from __future__ import annotations

import json

import pytest

from meanwhile.remote.models import BackgroundSlot
from tests.integration.remote.page import ENDPOINT, Page, refusal, whole

pytestmark = pytest.mark.django_db

BODY = json.dumps({"lane": "foreground", "actions": [{"id": "1", "action": "booking.write", "params": {"name": "x"}}]})


@pytest.fixture(params=["with Django's middleware", "without it"])
def strict(request, ann, settings) -> Page:
    if request.param == "without it":
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Csrf" not in name]
    return Page(ann, enforce_csrf_checks=True)


def send(page: Page, **options):
    return page.client.post(ENDPOINT, BODY, content_type="application/json", **options)


def test_a_request_without_a_token_is_refused_and_gets_one_with_which_it_may_come_again(strict):
    refused = send(strict)
    assert refusal(refused) == (403, "csrf")
    token = json.loads(refused.content)["error"]["token"]
    assert "csrftoken" in refused.cookies
    assert whole(send(strict, headers={"x-csrftoken": token}))[0]["state"] == "SUCCESS"


@pytest.mark.parametrize("page_token", ["p" * 64, None])
def test_requests_that_are_refused_at_the_same_time_may_all_come_again(strict, page_token):
    headers = {"x-csrftoken": page_token} if page_token else {}
    tokens = []
    for _ in range(4):  # none has seen the cookie of another's answer
        strict.client.cookies.pop("csrftoken", None)
        tokens.append(json.loads(send(strict, headers=headers).content)["error"]["token"])
    for token in tokens:
        assert whole(send(strict, headers={"x-csrftoken": token}))[0]["state"] == "SUCCESS"


@pytest.mark.parametrize(("page_token", "cookies"), [("p" * 64, 1), ("", 4), ("short", 4), ("é" * 64, 4)])
def test_without_a_session_it_is_the_token_of_the_page_that_they_have_in_common(page_token, cookies):
    secrets = set()
    for _ in range(4):
        page = Page(enforce_csrf_checks=True)
        assert refusal(send(page, headers={"x-csrftoken": page_token})) == (403, "csrf")
        secrets.add(page.client.cookies["csrftoken"].value)
    assert len(secrets) == cookies


def test_two_sessions_are_given_different_tokens(ann):
    secrets = set()
    for _ in range(2):
        page = Page(ann, enforce_csrf_checks=True)
        send(page, headers={"x-csrftoken": "p" * 64})
        secrets.add(page.client.cookies["csrftoken"].value)
    assert len(secrets) == 2


def test_a_wrong_or_old_token_is_refused(strict):
    token = json.loads(send(strict).content)["error"]["token"]
    for wrong in ("", "x", "a" * 32, "b" * 64, "é", "a" * 10_000):
        assert refusal(send(strict, headers={"x-csrftoken": wrong})) == (403, "csrf")
    strict.client.cookies["csrftoken"] = "c" * 32
    assert refusal(send(strict, headers={"x-csrftoken": token})) == (403, "csrf")


def test_a_broken_cookie_is_replaced(strict):
    strict.client.cookies["csrftoken"] = "not a token"
    token = json.loads(send(strict).content)["error"]["token"]
    assert whole(send(strict, headers={"x-csrftoken": token}))[0]["state"] == "SUCCESS"


def test_a_page_of_another_site_gets_neither_in_nor_a_token(strict):
    token = json.loads(send(strict).content)["error"]["token"]
    refused = send(strict, headers={"x-csrftoken": token, "origin": "https://elsewhere.example"})
    assert refusal(refused) == (403, "csrf")
    assert "token" not in json.loads(refused.content)["error"]


def test_over_https_a_request_from_nowhere_is_refused(strict):
    token = json.loads(send(strict, secure=True, headers={"referer": "https://testserver/"}).content)["error"]["token"]
    assert refusal(send(strict, secure=True, headers={"x-csrftoken": token})) == (403, "csrf")
    fine = send(strict, secure=True, headers={"x-csrftoken": token, "referer": "https://testserver/page"})
    assert fine.status_code == 200


def test_the_token_may_be_in_the_session(ann, settings):
    settings.CSRF_USE_SESSIONS = True
    page = Page(ann, enforce_csrf_checks=True)
    token = json.loads(send(page).content)["error"]["token"]
    assert send(page, headers={"x-csrftoken": token}).status_code == 200


def test_what_is_public_needs_the_token_too():
    page = Page(enforce_csrf_checks=True)
    body = {"lane": "foreground", "actions": [{"id": "1", "action": "public.echo", "params": {"message": "hi"}}]}
    assert refusal(page.post(body)) == (403, "csrf")


def test_a_token_in_a_form_is_none(strict):
    token = json.loads(send(strict).content)["error"]["token"]
    response = strict.client.post(ENDPOINT, {"csrfmiddlewaretoken": token})
    assert refusal(response) == (415, "unsupported_media_type")


def test_a_refused_request_takes_no_background_place(ann):
    page = Page(ann, enforce_csrf_checks=True)
    body = {"lane": "background", "actions": [{"id": "1", "action": "echo.slow", "params": {"message": "x"}}]}
    assert refusal(page.post(body)) == (403, "csrf")
    assert not BackgroundSlot.objects.exists()


def test_the_reason_is_shown_in_debug_alone(ann, settings):
    settings.DEBUG = False
    assert "CSRF" not in json.loads(send(Page(ann, enforce_csrf_checks=True)).content)["error"]["message"]
    settings.DEBUG = True
    assert "CSRF" in json.loads(send(Page(ann, enforce_csrf_checks=True)).content)["error"]["message"]
