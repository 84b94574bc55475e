"""One that fails in the middle of a batch (an exception, an unknown action, bad parameters, a database error): the
others are right, its transaction is rolled back and theirs are not."""

from __future__ import annotations

import pytest
from django.db import transaction

from meanwhile.remote import Controller, action
from meanwhile.remote.registry import registered
from tests.shop.models import Booking, Seat

pytestmark = pytest.mark.django_db(transaction=True)

FAILURES = {
    "an exception": (("booking.write", {"name": "failed", "then": "error"}), "server_error"),
    "a text for the person": (("booking.write", {"name": "failed", "then": "user_error"}), "user_error"),
    "a database error": (("booking.write", {"name": "failed", "then": "database"}), "server_error"),
    "a result that is no JSON": (("booking.write", {"name": "failed", "then": "unstorable"}), "server_error"),
    "an unknown action": (("booking.wirte", {"name": "failed"}), "unknown_action"),
    "bad parameters": (("booking.write", {"name": 7}), "invalid"),
    "a missing record": (("booking.rename", {"booking": 0, "name": "failed"}), "invalid"),
    "no permission": (("booking.add", {"name": "failed"}), "forbidden"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_the_others_are_done_and_it_alone_is_rolled_back(page, failure):
    call, code = FAILURES[failure]
    lines = page.lines(("booking.write", {"name": "first"}), call, ("booking.write", {"name": "last"}))
    assert [line["state"] for line in lines] == ["SUCCESS", "ERROR", "SUCCESS"]
    assert lines[1]["error"]["code"] == code
    assert [booking.name for booking in Booking.objects.order_by("pk")] == ["first", "last"]


def test_each_action_is_committed_before_its_line_is_sent(page):
    class SeenController(Controller):
        @action
        def commits(self) -> int:
            transaction.on_commit(lambda: Seat.objects.create(number="1A"))
            return Seat.objects.count()

    with registered(SeenController):
        assert [line["value"] for line in page.lines(("seen.commits", {}), ("seen.commits", {}))] == [0, 1]
    assert Seat.objects.count() == 2


def test_a_callback_that_fails_after_the_commit_takes_nothing_back(page, caplog):
    class CallbackController(Controller):
        @action
        def commits(self) -> str:
            Seat.objects.create(number="1A")
            transaction.on_commit(lambda: 1 / 0)
            return "done"

    with registered(CallbackController):
        assert page.call("callback.commits")["value"] == "done"
    assert Seat.objects.count() == 1
    assert "ZeroDivisionError" in caplog.text


def test_without_a_transaction_what_was_written_before_the_error_stays(page):
    class LooseController(Controller):
        @action(atomic=False)
        def write(self) -> None:
            Seat.objects.create(number="1A")
            raise RuntimeError

    with registered(LooseController):
        assert page.code("loose.write") == "server_error"
    assert Seat.objects.count() == 1


def test_a_lost_connection_fails_one_action_and_not_the_next(page):
    from django.db import connection

    class LosingController(Controller):
        @action
        def lose(self) -> int:
            connection.ensure_connection()
            connection.connection.close()
            return Seat.objects.count()

    with registered(LosingController):
        lines = page.lines(("losing.lose", {}), ("booking.write", {"name": "next"}))
    assert [line["state"] for line in lines] == ["ERROR", "SUCCESS"]
    assert Booking.objects.get().name == "next"


def test_an_action_in_the_middle_of_a_failed_statement_cannot_commit_half(page):
    class HalfController(Controller):
        @action
        def half(self) -> str:
            made = Seat.objects.create(number="1A")
            try:
                with transaction.atomic():
                    Seat.objects.create(pk=made.pk)
            except Exception:  # noqa: BLE001
                Seat.objects.create(number="2B")
            return "both"

    with registered(HalfController):
        assert page.call("half.half")["value"] == "both"
    assert [seat.number for seat in Seat.objects.order_by("number")] == ["1A", "2B"]


def test_the_session_that_an_action_changes_is_saved_and_a_failed_ones_change_is_not(page):
    class SessionController(Controller):
        @action
        def keep(self, key: str, fail: bool = False) -> list[str]:
            assert self.request is not None
            self.request.session[key] = "kept"
            if fail:
                raise RuntimeError
            return sorted(key for key in dict(self.request.session) if not key.startswith("_"))

    with registered(SessionController):
        lines = page.lines(
            ("session.keep", {"key": "a"}),
            ("session.keep", {"key": "b", "fail": True}),
            ("session.keep", {"key": "c"}),
        )
    assert lines[2]["value"] == ["a", "c"]
    assert {key: page.client.session.get(key) for key in "abc"} == {"a": "kept", "b": None, "c": "kept"}


def test_a_person_is_logged_out_by_an_action(page):
    from django.contrib.auth import logout

    class DoorController(Controller):
        @action
        def leave(self) -> None:
            assert self.request is not None
            logout(self.request)

    with registered(DoorController):
        assert page.call("door.leave")["state"] == "SUCCESS"
    assert page.send(("echo.echo", {"message": "hi"})).status_code == 401
