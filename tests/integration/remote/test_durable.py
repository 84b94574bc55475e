"""Durable actions: queued with the request's transaction, run as jobs, and told to who asked alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import resolve, reverse

from meanwhile import Retry, conf
from meanwhile.queue import control
from meanwhile.queue.models import Job
from meanwhile.queue.prune import prune
from meanwhile.queue.states import State
from meanwhile.remote import Controller, UserError, background_action, registry
from meanwhile.testing import run_background
from meanwhile.trees.actor import current_actor
from tests.integration.remote.page import ENDPOINT, Page
from tests.shop.models import Booking, Customer

pytestmark = pytest.mark.django_db

seen: list[Any] = []


class ReportController(Controller):
    @background_action(durable=True)
    def build(self, name: str, password: str = "") -> dict[str, str]:
        Customer.objects.create(name=name)
        self.progress(0.5, "half of it")
        seen.append((self.request, self.user, current_actor()))
        return {"built": name}

    @background_action(durable=True, atomic=False)
    def build_outside(self, name: str) -> str:
        Customer.objects.create(name=name)
        self.progress(None, "no idea how far")
        return name

    @background_action(durable=True)
    async def build_later(self, name: str) -> str:
        return name

    @background_action(durable=True, retry=Retry(max_attempts=3, first=0, jitter=0))
    def fail(self, kind: str) -> None:
        Customer.objects.create(name="rolled back")
        errors = {"user": UserError("No seat is left."), "denied": PermissionDenied(), "bug": ValueError("a bug")}
        raise errors[kind]

    @background_action(durable=True)
    def fail_once(self) -> None:
        raise ValueError("a bug")

    @background_action(durable=True, keep=timedelta(hours=1), permissions="shop.change_booking", on="booking")
    def touch(self, booking: Booking) -> str:
        booking.status = "touched"
        booking.save()
        return booking.status

    @background_action(durable=True, public=True)
    def weather(self) -> str:
        return "rain"

    @background_action(durable=True)
    def large(self, size: int) -> str:
        return "x" * size

    @background_action(durable=True)
    def hostile(self) -> Any:
        return "NUL \0"


@pytest.fixture(autouse=True)
def _controllers() -> Iterator[None]:
    seen.clear()
    with registry.registered(ReportController):
        yield


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", "bob@example.com", "pw")


def queued(page: Page, name: str, /, **params: Any) -> str:
    line = page.call(f"report.{name}", "background", **params)
    assert set(line) == {"id", "durable"}, line
    return line["durable"]


def state(page: Page, durable: str, **headers: str) -> dict[str, Any]:
    response = page.client.get(f"{ENDPOINT}durable/{durable}/", headers=headers)
    assert response.status_code == 200, response.content
    return json.loads(response.content)


def listed(page: Page, action: str = "") -> list[str]:
    answer = page.client.get(f"{ENDPOINT}durable/", {"action": action}).json()
    return [one["id"] for one in answer["durable"]]


def test_it_is_queued_at_once_and_its_result_is_told_when_it_was_run(page: Page, ann: User) -> None:
    durable = queued(page, "build", name="Cy")
    waiting = state(page, durable)
    assert (waiting["state"], waiting["progress"], waiting["action"]) == ("WAITING", None, "report.build")
    assert "not running" in waiting["text"]  # no worker is alive: it does not wait in silence
    assert not Customer.objects.exists()
    assert run_background(raise_errors=True) == 1
    done = state(page, durable)
    assert done | {"text": ""} == {
        "id": durable,
        "action": "report.build",
        "state": "SUCCESS",
        "progress": 1.0,
        "text": "",
        "params": {"name": "Cy"},
        "value": {"built": "Cy"},
    }
    assert Customer.objects.get().name == "Cy"
    assert seen == [(None, ann, ann)]


@pytest.mark.parametrize("name", ["build_outside", "build_later"])
def test_it_may_be_async_or_without_a_transaction(page: Page, name: str) -> None:
    durable = queued(page, name, name="Cy")
    run_background(raise_errors=True)
    assert state(page, durable)["value"] == "Cy"


def test_it_is_gone_with_the_transaction_that_queued_it(page: Page) -> None:
    with transaction.atomic():
        queued(page, "build", name="Cy")
        transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_parameters_are_checked_before_it_is_queued(page: Page) -> None:
    line = page.call("report.build", "background", nmae="Cy")
    assert line["error"]["code"] == "invalid"
    assert set(line["error"]["fields"]) == {"name", "nmae"}
    assert page.code("report.build", "background", name="NUL \0") == "invalid"
    assert page.code("report.build", "background", name="x" * conf.get().max_payload) == "too_large"
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("user", {"code": "user_error", "message": "No seat is left."}),
        ("denied", {"code": "forbidden", "message": "You are not allowed to do this."}),
    ],
)
def test_an_error_for_the_person_is_told_and_never_tried_again_and_alarms_nobody(
    page: Page, kind: str, error: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    durable = queued(page, "fail", kind=kind)
    assert run_background() == 1
    failed = state(page, durable)
    assert (failed["state"], failed["error"]) == ("ERROR", error)
    assert (Job.objects.get().state, Job.objects.get().error) == (State.SKIPPED, error["message"])
    assert [record for record in caplog.records if record.name.startswith("meanwhile")] == []
    assert not Customer.objects.exists()


def test_another_error_is_tried_again_if_the_action_says_so_and_its_text_stays_here(page: Page) -> None:
    durable = queued(page, "fail", kind="bug")
    assert run_background() == 3
    failed = state(page, durable)
    assert failed["state"] == "ERROR"
    assert failed["error"]["code"] == "server_error"
    assert "a bug" not in json.dumps(failed)
    assert "a bug" in Job.objects.get().error
    assert not Customer.objects.exists()


def test_without_a_retry_it_is_tried_once(page: Page, settings: Any) -> None:
    settings.DEBUG = True
    durable = queued(page, "fail_once")
    assert run_background() == 1
    assert state(page, durable)["error"]["message"] == "ValueError: a bug"


def test_a_failed_one_that_is_retried_by_hand_tells_its_later_result(page: Page, monkeypatch: Any) -> None:
    durable = queued(page, "fail_once")
    run_background()
    monkeypatch.setattr(ReportController.fail_once, "__code__", (lambda self: "well").__code__)
    control.retry(Job.objects.get().pk)
    assert state(page, durable)["state"] == "WAITING"
    run_background()
    assert state(page, durable)["value"] == "well"


def test_rights_are_looked_at_again_when_it_runs(page: Page, ann: User) -> None:
    booking = Booking.objects.create(name="Ann")
    may = Permission.objects.get(codename="change_booking")
    assert page.code("report.touch", "background", booking=booking.pk) == "not_found"
    ann.user_permissions.add(may)
    first, second = (queued(page, "touch", booking=booking.pk) for _ in range(2))
    run_background(raise_errors=False)
    assert state(page, first)["value"] == "touched"
    third = queued(page, "touch", booking=booking.pk)
    ann.user_permissions.clear()
    run_background()
    assert (state(page, second)["state"], state(page, third)["error"]["code"]) == ("SUCCESS", "not_found")


def test_it_is_not_run_for_somebody_who_may_no_longer_log_in(page: Page, ann: User) -> None:
    queued(page, "build", name="Cy")
    User.objects.filter(pk=ann.pk).update(is_active=False)
    run_background()
    assert Job.objects.get().result["error"]["code"] == "login_required"
    assert not Customer.objects.exists()


def test_an_action_that_is_gone_fails_for_good(page: Page) -> None:
    durable = queued(page, "build", name="Cy")
    Job.objects.update(name="report.gone")
    run_background()
    assert state(page, durable)["error"]["code"] == "unknown_action"


@pytest.mark.parametrize("params", [{"size": 300_000}, {}], ids=["too large", "not storable"])
def test_a_result_that_can_t_be_kept_is_an_error_and_undoes_the_action(page: Page, params: dict[str, int]) -> None:
    durable = queued(page, "large" if params else "hostile", **params)
    assert run_background() == 1
    assert state(page, durable)["error"]["code"] == "server_error"


def test_a_result_is_not_in_the_history_of_steps(page: Page) -> None:
    queued(page, "build", name="Cy")
    run_background()
    [mark] = Job.objects.get().steps["done"].values()
    assert "result" not in mark


def test_nobody_else_is_told(page: Page, bob: User) -> None:
    durable = queued(page, "build", name="Cy")
    for other in (Page(bob), Page(User.objects.create_superuser("root"))):
        for path in (f"durable/{durable}/", f"durable/{durable}/cancel/"):
            response = (other.client.post if "cancel" in path else other.client.get)(f"{ENDPOINT}{path}")
            assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
        assert listed(other) == []
    assert Job.objects.get().state == State.READY


@pytest.mark.parametrize("change", [lambda d: d[:-1], lambda d: d + "x", lambda d: d.split("-")[0], lambda d: "9" * 40])
def test_a_guessed_id_is_not_found(page: Page, change: Any) -> None:
    durable = change(queued(page, "build", name="Cy"))
    assert page.client.get(f"{ENDPOINT}durable/{durable}/").status_code == 404


@pytest.mark.parametrize("durable", ["x", "-", "1-", "²-x", "-1", "%00", "0x1-2"])
def test_a_hostile_id_is_not_found(page: Page, durable: str) -> None:
    path = f"{ENDPOINT}durable/{durable.encode('utf-8', 'replace').decode()}/"
    assert page.client.get(path).status_code == 404


def test_a_lost_login_is_said_to_the_page_that_has_the_id(page: Page) -> None:
    durable = queued(page, "build", name="Cy")
    page.client.logout()
    response = page.client.get(f"{ENDPOINT}durable/{durable}/")
    assert (response.status_code, response.json()["error"]["code"]) == (401, "login_required")
    assert page.client.get(f"{ENDPOINT}durable/{durable}x/").status_code == 404


def test_somebody_without_a_session_has_the_id_alone() -> None:
    page = Page()
    durable = queued(page, "weather")
    run_background()
    assert state(page, durable)["value"] == "rain"
    assert state(Page(), durable)["value"] == "rain"
    assert listed(page) == []


def test_a_session_finds_its_own_again() -> None:
    page, other = Page(), Page()
    for one in (page, other):
        session = one.client.session
        session["cart"] = 1
        session.save()
    durable = queued(page, "weather")
    assert listed(page) == [durable]
    assert listed(other) == []
    assert other.client.get(f"{ENDPOINT}durable/{durable}/").status_code == 404


def test_the_list_has_the_newest_first_and_may_be_of_one_action(page: Page) -> None:
    first, second, other = queued(page, "build", name="A"), queued(page, "build", name="B"), queued(page, "weather")
    assert listed(page) == [other, second, first]
    assert listed(page, "report.build") == [second, first]
    assert listed(page, "report.nothing") == []


def test_sensitive_parameters_are_never_shown(page: Page) -> None:
    durable = queued(page, "build", name="Cy", password="hunter2")
    run_background()
    assert state(page, durable)["params"] == {"name": "Cy"}
    assert b"hunter2" not in page.client.get(f"{ENDPOINT}durable/").content


def test_an_unchanged_state_costs_an_empty_answer(page: Page) -> None:
    durable = queued(page, "build", name="Cy")
    first = page.client.get(f"{ENDPOINT}durable/{durable}/")
    assert "no-store" in first["Cache-Control"]
    again = page.client.get(f"{ENDPOINT}durable/{durable}/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    run_background()
    changed = page.client.get(f"{ENDPOINT}durable/{durable}/", headers={"If-None-Match": first["ETag"]})
    assert changed.json()["state"] == "SUCCESS"


def test_a_waiting_one_is_cancelled_at_once(page: Page) -> None:
    durable = queued(page, "build", name="Cy")
    response = page.client.post(f"{ENDPOINT}durable/{durable}/cancel/")
    assert response.json()["state"] == "CANCELLED"
    assert run_background() == 0
    assert state(page, durable)["state"] == "CANCELLED"
    assert page.client.post(f"{ENDPOINT}durable/{durable}/cancel/").json()["state"] == "CANCELLED"


def test_one_that_somebody_skips_by_hand_is_as_good_as_cancelled(page: Page) -> None:
    durable = queued(page, "build", name="Cy")
    control.skip(Job.objects.get().pk)
    assert state(page, durable)["state"] == "CANCELLED"


def test_one_that_has_ended_stays_as_it_is(page: Page) -> None:
    done, failed = queued(page, "build", name="Cy"), queued(page, "fail", kind="user")
    run_background()
    for durable, expected in ((done, "SUCCESS"), (failed, "ERROR")):
        assert page.client.post(f"{ENDPOINT}durable/{durable}/cancel/").json()["state"] == expected


def test_cancelling_needs_a_token_against_forged_requests(ann: User) -> None:
    page = Page(ann, enforce_csrf_checks=True)
    durable = queued(Page(ann), "build", name="Cy")
    response = page.client.post(f"{ENDPOINT}durable/{durable}/cancel/")
    assert (response.status_code, response.json()["error"]["code"]) == (403, "csrf")
    assert Job.objects.get().state == State.READY


@pytest.mark.parametrize(
    ("method", "path"), [("post", "durable/"), ("post", "durable/1-x/"), ("get", "durable/1-x/cancel/")]
)
def test_other_methods_are_refused_in_json(page: Page, method: str, path: str) -> None:
    response = getattr(page.client, method)(ENDPOINT + path)
    assert (response.status_code, response.json()["error"]["code"]) == (405, "method_not_allowed")
    assert response["Allow"] == ("POST" if method == "get" else "GET, HEAD")


def test_a_result_is_kept_for_the_stated_time_and_then_pruned(page: Page, ann: User) -> None:
    ann.user_permissions.add(Permission.objects.get(codename="change_booking"))
    booking = Booking.objects.create(name="Ann")
    day, hour = queued(page, "build", name="Cy"), queued(page, "touch", booking=booking.pk)
    waits = queued(page, "weather")
    control.move(Job.objects.get(name="report.weather").pk, datetime(2100, 1, 1, tzinfo=UTC))
    run_background(raise_errors=True)
    Job.objects.exclude(finished=None).update(finished=datetime.now(UTC) - timedelta(hours=2))
    assert listed(page) == [waits, day]
    assert page.client.get(f"{ENDPOINT}durable/{hour}/").status_code == 404
    now, using = datetime.now(UTC), conf.get().database
    assert prune(dict.fromkeys(conf.get().retention, 0.0), now=now, using=using) == 1
    assert listed(page) == [waits, day]
    assert prune(conf.get().retention, now=now + timedelta(days=7), using=using) == 1
    assert prune(conf.get().retention, now=now + timedelta(days=700), using=using) == 0
    assert listed(page) == [waits]


def test_what_did_not_change_is_answered_without_its_content_and_with_its_etag(page: Page) -> None:
    address = f"{ENDPOINT}durable/{queued(page, 'weather')}/"
    etag = page.client.get(address)["ETag"]
    same = page.client.get(address, headers={"If-None-Match": etag})
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", etag)
    run_background(raise_errors=True)
    changed = page.client.get(address, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed["ETag"] != etag


@pytest.mark.parametrize("action", ["\0", "report.\0", "\ud800", "x" * 5000])
def test_a_list_of_what_can_not_be_is_empty(page: Page, action: str) -> None:
    queued(page, "weather")
    asked = action.encode(errors="surrogatepass")
    response = page.client.get(f"{ENDPOINT}durable/?action={quote(asked)}")
    assert response.json() == {"durable": []}


def test_who_only_asks_opens_no_transaction(page: Page) -> None:
    for name in ("durable", "durable-state", "durable-cancel"):
        arguments = [] if name == "durable" else ["1-x"]
        view = resolve(reverse(f"meanwhile_remote:{name}", args=arguments)).func
        assert "default" in view._non_atomic_requests


def test_durable_requests_take_no_background_place(page: Page) -> None:
    for name in "ABCDE":
        queued(page, "build", name=name)
    assert run_background(raise_errors=True) == 5
