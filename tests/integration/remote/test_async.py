"""Under ASGI: the same answers, and what is written as ``async def`` is awaited where it can be."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from django.test import AsyncClient

from meanwhile.remote import Controller, UserError, action, background_action
from meanwhile.remote.models import BackgroundSlot
from meanwhile.remote.registry import registered
from tests.integration.remote.page import ENDPOINT
from tests.shop.models import Booking, Seat

pytestmark = pytest.mark.django_db


class AwaitedController(Controller):
    @action(atomic=False)
    async def where(self) -> str:
        await asyncio.sleep(0)
        return threading.current_thread().name

    @action(atomic=False)
    async def fail(self, how: str) -> None:
        if how == "text":
            raise UserError("Not today.")
        raise RuntimeError("a secret of the server")

    @action(atomic=False)
    async def find(self, booking: Booking) -> str:
        assert self.user is not None
        return f"{booking.name} for {self.user}"

    @action(atomic=False, permissions="shop.add_booking")
    async def guarded(self) -> str:
        return "in"

    @action(atomic=False)
    async def report(self) -> str:
        self.progress(0.5, "half")
        return "done"

    @action
    async def write(self, name: str, fail: bool = False) -> bool:
        await Booking.objects.acreate(name=name)
        if fail:
            raise RuntimeError
        return connection_is_in_a_transaction

    @background_action(atomic=False)
    async def wait(self) -> str:
        return "waited"

    @action
    def here(self) -> str:
        return threading.current_thread().name


connection_is_in_a_transaction = True


@pytest.fixture(autouse=True)
def _awaited():
    with registered(AwaitedController):
        yield


@pytest.fixture
def client(ann):
    client = AsyncClient()
    async_to_sync(client.aforce_login)(ann)
    return client


async def post(client, *calls, lane="foreground"):
    actions = [{"id": str(n), "action": name, "params": params} for n, (name, params) in enumerate(calls, 1)]
    return await client.post(ENDPOINT, json.dumps({"lane": lane, "actions": actions}), content_type="application/json")


@async_to_sync
async def lines(client, *calls, lane="foreground"):
    response = await post(client, *calls, lane=lane)
    assert response.status_code == 200
    assert response.is_async
    *found, end = [json.loads(line) async for line in response]
    assert end == {"end": True}
    return found


def test_the_actions_of_a_request_run_in_their_order_whatever_they_are(client):
    found = lines(
        client,
        ("echo.echo", {"message": "a"}),
        ("echo.later", {"message": "b"}),
        ("awaited.where", {}),
        ("echo.nothing", {}),
        ("booking.write", {"name": "x", "then": "error"}),
        ("awaited.find", {"booking": 0}),
        ("booking.write", {"name": "y"}),
    )
    assert [line["id"] for line in found] == list("1234567")
    assert [line.get("value") for line in found[:2]] == ["a", "b"]
    assert [line["error"]["code"] for line in found[3:6]] == ["unknown_action", "server_error", "invalid"]
    assert Booking.objects.get().name == "y"


def test_progress_of_any_kind_of_action_comes_before_its_result(client):
    found = lines(client, ("awaited.report", {}), ("echo.counted", {"to": 1}))
    assert found == [
        {"id": "1", "progress": 0.5, "text": "half"},
        {"id": "1", "state": "SUCCESS", "value": "done"},
        {"id": "2", "progress": 1.0, "text": "1 of 1"},
        {"id": "2", "state": "SUCCESS", "value": 1},
    ]


def test_an_awaited_action_gets_records_and_the_user_without_asking_the_database_itself(client):
    booking = Booking.objects.create(name="Ada")
    assert lines(client, ("awaited.find", {"booking": booking.pk}))[0]["value"] == "Ada for ann"


def test_an_awaited_action_is_guarded_like_any_other(client):
    assert lines(client, ("awaited.guarded", {}))[0]["error"]["code"] == "forbidden"


def test_errors_of_an_awaited_action_are_told_like_any_other(client, caplog):
    found = lines(client, ("awaited.fail", {"how": "text"}), ("awaited.fail", {"how": "loud"}))
    assert found[0]["error"] == {"code": "user_error", "message": "Not today."}
    assert found[1]["error"]["code"] == "server_error"
    assert "secret" not in json.dumps(found)
    assert "a secret of the server" in caplog.text


@pytest.mark.parametrize("how", ["exits", "cancels"])
def test_an_awaited_action_that_ends_as_nobody_should_ends_alone(client, how, caplog):
    class OddController(Controller):
        @action(atomic=False)
        async def end(self) -> None:
            raise SystemExit(1) if how == "exits" else asyncio.CancelledError

    with registered(OddController):
        found = lines(client, ("odd.end", {}), ("awaited.where", {}), ("echo.echo", {"message": "next"}))
    assert [line["state"] for line in found] == ["ERROR", "SUCCESS", "SUCCESS"]
    assert found[0]["error"]["code"] == "server_error"
    assert "An action failed" in caplog.text


@pytest.mark.parametrize("name", ["flood", "flood_natively"])
def test_a_page_is_told_no_more_progress_than_it_can_show_and_always_the_last(client, name):
    class FloodController(Controller):
        @action
        def flood(self) -> str:
            for number in range(1001):
                self.progress(number / 1000, str(number))
            return "done"

        @action(atomic=False)
        async def flood_natively(self) -> str:
            return self.flood()

    with registered(FloodController):
        *progress, last = lines(client, (f"flood.{name}", {}))
    assert last["value"] == "done"
    assert 1 <= len(progress) < 100
    assert progress[-1] == {"id": "1", "progress": 1.0, "text": "1000"}


@pytest.mark.django_db(transaction=True)
def test_an_async_action_in_a_transaction_is_rolled_back_with_all_it_awaited(client):
    found = lines(client, ("awaited.write", {"name": "kept"}), ("awaited.write", {"name": "lost", "fail": True}))
    assert [line["state"] for line in found] == ["SUCCESS", "ERROR"]
    assert [booking.name for booking in Booking.objects.all()] == ["kept"]


def test_the_place_of_a_background_request_is_given_back_before_the_end(client):
    @async_to_sync
    async def follow():
        response = await post(client, ("awaited.wait", {}), lane="background")
        content = aiter(response)
        first = json.loads(await anext(content))
        taken = await sync_to_async(BackgroundSlot.objects.count)()
        end = json.loads(await anext(content))
        return first["value"], taken, end

    assert follow() == ("waited", 1, {"end": True}) or not BackgroundSlot.objects.exists()
    assert not BackgroundSlot.objects.exists()


def test_refusals_are_the_same(client):
    @async_to_sync
    async def refused():
        response = await AsyncClient().post(
            ENDPOINT,
            '{"lane": "foreground", "actions": [{"id": "1", "action": "echo.echo"}]}',
            content_type="application/json",
        )
        return response.status_code, json.loads(response.content)["error"]["code"]

    assert refused() == (401, "login_required")


@pytest.mark.django_db(transaction=True)
def test_what_was_sent_is_done_when_nobody_reads_on(client):
    async def leave():
        response = await post(client, ("awaited.where", {}), ("booking.write", {"name": "x"}), ("awaited.where", {}))
        answer = response._iterator
        content = aiter(response)
        await anext(content)
        del answer
        for _ in range(200):
            if await Booking.objects.acount():
                break
            await asyncio.sleep(0.01)

    async_to_sync(leave)()
    assert Booking.objects.get().name == "x"


def test_what_was_accepted_is_done_when_nobody_reads_at_all(client, ann):
    from meanwhile.remote import registry
    from meanwhile.remote.answer import AsyncAnswer
    from meanwhile.remote.wire import Call
    from meanwhile.remote.work import Step, Work

    class Request:
        user = ann

    bound = registry.current().get("booking.write")
    work = Work(Request(), [Step(Call("1", "booking.write", {"name": "x"}), bound)], owner="", slot=None)
    AsyncAnswer(work).close()
    assert Booking.objects.get().name == "x"
    assert not Seat.objects.exists()
    assert connection.is_usable()
