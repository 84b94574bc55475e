from __future__ import annotations

import json
import logging

import pytest
from django.test import override_settings

from meanwhile.remote import Controller, UserError, action
from meanwhile.remote.registry import registered
from tests.integration.remote.page import Page, leave, refusal
from tests.shop.models import Booking, Seat

pytestmark = pytest.mark.django_db


def test_an_action_of_an_app_is_found_and_its_result_comes_back(page):
    assert page.lines(("echo.echo", {"message": "hi"})) == [{"id": "1", "state": "SUCCESS", "value": "hi"}]


def test_the_actions_of_a_request_run_in_their_order_and_each_has_a_line(page):
    lines = page.lines(*(("echo.echo", {"message": str(n)}) for n in range(5)))
    assert [(line["id"], line["value"]) for line in lines] == [(str(n + 1), str(n)) for n in range(5)]


def test_the_answer_says_that_nobody_may_keep_or_buffer_it(page):
    response = page.send(("echo.echo", {"message": "hi"}))
    assert (response["Cache-Control"], response["X-Accel-Buffering"]) == ("no-store", "no")
    assert response.streaming


def test_compression_that_would_hold_lines_back_leaves_the_answer_alone(ann, settings):
    settings.MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware", *settings.MIDDLEWARE]
    response = Page(ann).client.post(
        "/meanwhile/actions/",
        json.dumps(
            {
                "lane": "foreground",
                "actions": [{"id": "1", "action": "echo.echo", "params": {"message": "hi " * 200}}],
            }
        ),
        content_type="application/json",
        headers={"accept-encoding": "gzip"},
    )
    assert next(iter(response)).startswith(b'{"id":"1","state":"SUCCESS"')
    leave(response)


def test_an_action_has_not_run_before_its_line_is_asked_for(page):
    response = page.send(("booking.write", {"name": "one"}), ("booking.write", {"name": "two"}))
    lines = iter(response)
    next(lines)
    assert [booking.name for booking in Booking.objects.all()] == ["one"]
    leave(response)


@pytest.mark.django_db(transaction=True)
def test_what_was_sent_is_done_to_its_end_when_the_page_is_closed(page):
    response = page.send(("booking.write", {"name": "one"}), ("booking.write", {"name": "two"}))
    next(iter(response))
    leave(response)
    assert Booking.objects.count() == 2


def test_results_are_written_by_their_annotation(page):
    Seat.objects.create(number="1A", price="9.50")
    assert page.call("public.prices")["value"] == {"1A": "9.50"}


def test_a_record_is_given_by_its_key_as_number_or_text(page):
    booking = Booking.objects.create(name="Ada")
    assert page.call("booking.show", booking=booking.pk)["value"] == "Ada"
    assert page.call("booking.show", booking=str(booking.pk))["value"] == "Ada"


def test_a_record_that_may_be_missing_takes_null(page):
    assert page.call("booking.show_any")["value"] == "none"
    assert page.call("booking.show_any", booking=None)["value"] == "none"


def test_an_action_of_an_abstract_base_belongs_to_the_controllers_that_inherit_it(page):
    booking = Booking.objects.create(name="Ada")
    assert page.call("booking.rename", booking=booking.pk, name="Grace")["state"] == "SUCCESS"
    booking.refresh_from_db()
    assert booking.name == "Grace"


@pytest.mark.parametrize("key", [10**30, -1, 0, "", "x", "1" * 5000, "a\x00b", "\ud800"])
def test_a_key_without_a_record_is_a_wrong_parameter(page, key):
    error = page.call("booking.show", booking=key)["error"]
    assert (error["code"], error["fields"]) == ("invalid", {"booking": ["does not exist"]})


@pytest.mark.parametrize("key", [True, None, 1.5, [], {}, [1]])
def test_what_is_no_key_is_a_wrong_parameter(page, key):
    error = page.call("booking.show", booking=key)["error"]
    assert (error["code"], error["fields"]) == ("invalid", {"booking": ["must be the key of a record"]})


def test_wrong_parameters_are_named_each(page):
    error = page.call("echo.echo", seconds="long", colour="red")["error"]
    assert error["code"] == "invalid"
    assert set(error["fields"]) == {"message", "seconds", "colour"}
    assert error["fields"]["message"] == ["is missing"]


def test_an_unknown_action_is_an_error_of_that_action_alone(page):
    lines = page.lines(("echo.echo", {"message": "a"}), ("echo.ohce", {}), ("echo.echo", {"message": "b"}))
    assert [line["state"] for line in lines] == ["SUCCESS", "ERROR", "SUCCESS"]
    assert lines[1]["error"]["code"] == "unknown_action"
    assert "echo.ohce" in lines[1]["error"]["message"]


def test_a_text_for_the_person_passes(page):
    error = page.call("booking.write", name="x", then="user_error")["error"]
    assert error == {"code": "user_error", "message": "The office is closed."}


def test_an_unexpected_error_keeps_its_text_for_the_log(page, caplog):
    with caplog.at_level(logging.ERROR, "meanwhile.remote"):
        error = page.call("booking.write", name="x", then="error")["error"]
    assert error["code"] == "server_error"
    assert "secret" not in json.dumps(error)
    [record] = [record for record in caplog.records if record.name == "meanwhile.remote"]
    assert record.action == "booking.write"
    assert "a secret of the server" in caplog.text


@override_settings(DEBUG=True)
def test_an_unexpected_error_shows_its_text_in_debug(page):
    assert page.call("booking.write", name="x", then="error")["error"]["message"] == (
        "RuntimeError: a secret of the server"
    )


def test_progress_comes_before_the_result(page):
    lines = page.lines(("echo.counted", {"to": 2, "seconds": 0.1}), ("echo.echo", {"message": "after"}))
    assert lines == [
        {"id": "1", "progress": 0.5, "text": "1 of 2"},
        {"id": "1", "progress": 1.0, "text": "2 of 2"},
        {"id": "1", "state": "SUCCESS", "value": 2},
        {"id": "2", "state": "SUCCESS", "value": "after"},
    ]


def test_an_async_action_runs_on_a_synchronous_server(page):
    assert page.call("echo.later", message="hi")["value"] == "hi"


def test_a_result_that_is_no_json_is_an_error(page):
    class OddController(Controller):
        @action
        def nan(self) -> float:
            return float("nan")

        @action
        def nan_in_text(self) -> str:
            return "NaN and Infinity are words here"

        @action
        def other_than_said(self) -> int:
            return "not a number"  # type: ignore[return-value]

        @action
        def surrogate(self) -> str:
            return "\ud800"

        @action
        def record(self) -> Booking:
            return Booking.objects.create(name="Ada")

    with registered(OddController):
        assert page.code("odd.nan") == "server_error"
        assert page.call("odd.nan_in_text")["value"] == "NaN and Infinity are words here"
        assert page.call("odd.other_than_said")["value"] == "not a number"
        assert page.call("odd.surrogate")["value"] == "\ud800"
        assert page.call("odd.record")["value"] == {
            "model": "shop.Booking",
            "pk": str(Booking.objects.get(name="Ada").pk),
        }


def test_what_a_tree_tells_the_person_passes_too(page):
    from meanwhile.exceptions import ActionFailed

    class TreeController(Controller):
        @action
        def told(self) -> None:
            raise ActionFailed("tree", "0", "Check", UserError("Sold out."))

        @action
        def untold(self) -> None:
            raise ActionFailed("tree", "0", "Check", RuntimeError("a secret"))

    with registered(TreeController):
        assert page.call("tree.told")["error"] == {"code": "user_error", "message": "Sold out."}
        untold = page.call("tree.untold")["error"]
    assert untold["code"] == "server_error"
    assert "secret" not in json.dumps(untold)


def test_djangos_own_refusals_are_refusals(page):
    from django.core.exceptions import PermissionDenied
    from django.shortcuts import get_object_or_404

    class DjangoController(Controller):
        @action
        def missing(self) -> None:
            get_object_or_404(Booking, pk=0)

        @action
        def denied(self) -> None:
            raise PermissionDenied("a secret reason")

    with registered(DjangoController):
        assert page.code("django.missing") == "not_found"
        assert page.code("django.denied") == "forbidden"


def test_each_call_has_a_controller_of_its_own(page):
    class MemoryController(Controller):
        @action
        def remember(self) -> int:
            self.times = getattr(self, "times", 0) + 1
            return self.times

    with registered(MemoryController):
        assert [line["value"] for line in page.lines(*[("memory.remember", {})] * 3)] == [1, 1, 1]


def test_only_post_is_answered(page):
    for method in ("get", "put", "delete", "patch", "options"):
        response = getattr(page.client, method)("/meanwhile/actions/", content_type="application/json")
        assert refusal(response) == (405, "method_not_allowed")
        assert response["Allow"] == "POST"
