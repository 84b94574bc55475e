"""Whatever an action does, its line says how it ended, and the next one has a clean start."""

from __future__ import annotations

import asyncio
import json

import pytest
from asgiref.sync import async_to_sync
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.test import AsyncClient
from django.utils.translation import gettext
from pydantic import BaseModel, Field

from meanwhile.remote import Controller, UserError, action
from meanwhile.remote.registry import registered
from meanwhile.trees.actor import current_actor
from tests.integration.remote.page import ENDPOINT, Page, whole
from tests.shop.models import Booking, Seat

pytestmark = pytest.mark.django_db(transaction=True)


class Unlike(BaseException):
    """What no framework expects."""


ENDS = {
    "sys.exit": SystemExit(3),
    "the end of a generator": GeneratorExit(),
    "StopIteration": StopIteration(),
    "a cancelled task": asyncio.CancelledError(),
    "something of its own": Unlike(),
}


@pytest.mark.parametrize("reports", [False, True])
@pytest.mark.parametrize("end", ENDS)
def test_whatever_is_raised_ends_one_action_and_takes_its_effects_back(page, end, reports, caplog):
    class EndingController(Controller):
        @action
        def end(self) -> None:
            Seat.objects.create(number="1A")
            raise ENDS[end]

        @action
        def end_and_report(self) -> None:
            self.progress(0.5)
            self.end()

    with registered(EndingController):
        name = "ending.end_and_report" if reports else "ending.end"
        *_progress, failed, done = page.lines((name, {}), ("booking.write", {"name": "next"}))
    assert (failed["error"]["code"], done["state"]) == ("server_error", "SUCCESS")
    assert not Seat.objects.exists()
    assert "An action failed" in caplog.text


def test_who_stops_the_server_is_obeyed(page):
    class EndingController(Controller):
        @action
        def end(self) -> None:
            raise KeyboardInterrupt

    with registered(EndingController), pytest.raises(KeyboardInterrupt):
        page.send(("ending.end", {})).getvalue()


def test_a_text_that_can_not_be_told_is_an_unexpected_error(page, settings):
    class Mute:
        def __str__(self) -> str:
            raise RuntimeError("no words")

    class MuteController(Controller):
        @action
        def speak(self) -> None:
            raise UserError(Mute())  # type: ignore[arg-type]

    settings.DEBUG = True
    with registered(MuteController):
        failed, done = page.lines(("mute.speak", {}), ("booking.write", {"name": "next"}))
    assert (failed["error"]["code"], done["state"]) == ("server_error", "SUCCESS")


def test_an_action_that_leaves_autocommit_does_not_take_the_next_one_with_it(page):
    class LeavingController(Controller):
        @action(atomic=False)
        def leave(self) -> None:
            transaction.set_autocommit(False)
            Seat.objects.create(number="1A")
            raise RuntimeError

    with registered(LeavingController):
        failed, done = page.lines(("leaving.leave", {}), ("booking.write", {"name": "next"}))
    assert (failed["state"], done["state"]) == ("ERROR", "SUCCESS")
    connection.close()
    assert Booking.objects.count() == 1
    assert not Seat.objects.exists()


class Flight(BaseModel):
    number: str = Field(alias="flight-number")


def test_records_are_told_by_their_keys_wherever_they_stand_and_fields_by_their_aliases(page):
    class ToldController(Controller):
        @action
        def seats(self) -> list[Seat]:
            return [Seat.objects.create(number="1A")]

        @action
        def seat(self) -> dict[str, Seat | None]:
            return {"first": Seat.objects.get(), "second": None}

        @action
        def flight(self, flight: Flight) -> Flight:
            return flight

    with registered(ToldController):
        lines = page.lines(
            ("told.seats", {}), ("told.seat", {}), ("told.flight", {"flight": {"flight-number": "MW 1"}})
        )
    told = {"model": "shop.Seat", "pk": str(Seat.objects.get().pk)}
    assert [line.get("value") for line in lines] == [
        [told],
        {"first": told, "second": None},
        {"flight-number": "MW 1"},
    ]


def test_what_an_action_saves_is_saved_in_its_caller_s_name(ann):
    class NameController(Controller):
        public = True

        @action
        def here(self) -> str:
            return str(current_actor())

        @action(atomic=False)
        async def there(self) -> str:
            await asyncio.sleep(0)
            return str(current_actor())

    with registered(NameController):
        calls = (("name.here", {}), ("name.there", {}))
        # The name of nobody is asked for first: a lazy user must not be read where the database may not be.
        assert [line["value"] for line in Page().lines(*reversed(calls))] == ["None"] * 2
        assert [line["value"] for line in Page(ann).lines(*calls)] == ["ann"] * 2
    assert current_actor() is None


def test_an_async_action_that_does_not_ask_who_calls_it_needs_no_database():
    class QuietController(Controller):
        public = True

        @action(atomic=False)
        async def say(self) -> str:
            await asyncio.sleep(0)
            return "hi"

    page = Page()
    page.client.cookies["sessionid"] = "x" * 32
    with registered(QuietController):
        assert page.call("quiet.say").get("value") == "hi"


class SpeakingController(Controller):
    public = True

    @action
    def here(self) -> str:
        return gettext("Yes")

    @action(atomic=False)
    async def there(self) -> str:
        return gettext("Yes")


@pytest.mark.parametrize("language", ["de", "fr"])
def test_a_streamed_answer_speaks_the_language_of_its_page(language):
    body = {"lane": "foreground", "actions": [{"id": n, "action": f"speaking.{n}"} for n in ("here", "there")]}

    async def asked_under_asgi():
        response = await AsyncClient().post(ENDPOINT, body, "application/json", headers={"accept-language": language})
        return [json.loads(line).get("value") async for line in response]

    with registered(SpeakingController):
        lines = whole(Page().post(body, headers={"accept-language": language}))
        under_asgi = async_to_sync(asked_under_asgi)()
    yes = {"de": "Ja", "fr": "Oui"}[language]
    assert [line["value"] for line in lines] == [yes, yes]
    assert under_asgi == [yes, yes, None]


def test_a_session_that_can_not_be_saved_does_not_make_a_done_action_fail(page, monkeypatch, caplog):
    class KeepingController(Controller):
        @action
        def keep(self) -> str:
            assert self.request is not None
            self.request.session["seat"] = "1A"
            Seat.objects.create(number="1A")
            return "kept"

    def refuse(self, must_create=False):
        raise ConnectionError("the cache is away")

    monkeypatch.setattr(SessionStore, "save", refuse)
    with registered(KeepingController):
        assert page.call("keeping.keep").get("value") == "kept"
    assert Seat.objects.count() == 1
    assert "the cache is away" in caplog.text


def test_what_would_need_a_cookie_is_lost_and_said_to_be(ann, caplog):
    class LateController(Controller):
        public = True

        @action
        def enter(self) -> None:
            login(self.request, ann)

        @action
        def tell(self) -> None:
            messages.success(self.request, "Done.")

        @action
        def keep(self) -> None:
            assert self.request is not None
            self.request.session["seat"] = "1A"

    page = Page()
    session = page.client.session
    session["basket"] = 1
    session.save()
    with registered(LateController):
        assert page.code("late.keep") == "SUCCESS"
        assert caplog.text == ""
        assert page.code("late.enter") == "SUCCESS"
        assert "began a session" in caplog.text
        assert page.code("late.tell") == "SUCCESS"
        assert "left a message" in caplog.text
