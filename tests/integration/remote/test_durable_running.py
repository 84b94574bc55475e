"""Durable actions while they run: progress that others see, locks that nobody waits for, cancelling in the middle."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.test import AsyncClient

from meanwhile import conf
from meanwhile.clock import SystemClock
from meanwhile.exceptions import LeaseLost
from meanwhile.queue.claim import claim
from meanwhile.queue.execution import Execution, Outcome
from meanwhile.queue.lazy import Turn, beside, lazy_atomic
from meanwhile.queue.models import Job
from meanwhile.queue.owner import new_owner
from meanwhile.queue.states import State
from meanwhile.remote import Controller, background_action, durable_views, registry
from meanwhile.testing import run_background
from tests.integration.remote.page import ENDPOINT, Page
from tests.shop.models import Customer

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20.0
ACCEPT = "application/x-ndjson, application/json"


class Meeting:
    """Where an action that runs in another thread and its test meet."""

    def __init__(self) -> None:
        self.here, self.go_on = threading.Event(), threading.Event()
        self.raised: list[BaseException] = []

    def stand(self) -> None:
        self.here.set()
        assert self.go_on.wait(PATIENCE)


meeting = Meeting()


class LongController(Controller):
    @background_action(durable=True)
    def compute(self) -> str:
        """Stand before the first statement."""
        self.progress(0.25, "computes")
        meeting.stand()
        self._tell("goes on")
        Customer.objects.create(name="computed")
        return "done"

    @background_action(durable=True)
    def write(self) -> str:
        """Stand behind the first statement."""
        Customer.objects.create(name="written")
        meeting.stand()
        self._tell("has written")
        return "done"

    @background_action(durable=True)
    def write_in_silence(self) -> str:
        meeting.stand()
        Customer.objects.create(name="written")
        return "done"

    @background_action(durable=True, atomic=False)
    def outside(self) -> str:
        Customer.objects.create(name="outside")
        self.progress(0.5, "outside")
        meeting.stand()
        self._tell("goes on")
        return "done"

    def _tell(self, text: str) -> None:
        try:
            self.progress(0.5, text)
        except BaseException as error:
            meeting.raised.append(error)
            raise


@pytest.fixture(autouse=True)
def _controllers() -> Iterator[None]:
    meeting.__init__()  # type: ignore[misc]
    with registry.registered(LongController):
        yield


@contextmanager
def running(page: Page, name: str) -> Iterator[tuple[str, list[Outcome | None]]]:
    """Run a durable action in another thread; in the body it stands, behind the body it goes on to its end."""
    durable = page.call(f"long.{name}", "background")["durable"]
    [job] = claim(1, new_owner(), now=SystemClock().now(), lease=60.0, using=conf.get().database)
    outcomes: list[Outcome | None] = []

    def run() -> None:
        try:
            outcomes.append(Execution(job, using=conf.get().database, clock=SystemClock()).run())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert meeting.here.wait(PATIENCE)
        yield durable, outcomes
    finally:
        meeting.go_on.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()


def state(page: Page, durable: str) -> dict[str, Any]:
    return page.client.get(f"{ENDPOINT}durable/{durable}/").json()


def cancelled(page: Page, durable: str) -> str:
    return page.client.post(f"{ENDPOINT}durable/{durable}/cancel/").json()["state"]


def names() -> list[str]:
    return list(Customer.objects.order_by("pk").values_list("name", flat=True))


@pytest.mark.parametrize(("name", "fraction", "text"), [("compute", 0.25, "computes"), ("outside", 0.5, "outside")])
def test_its_progress_is_seen_while_it_runs_and_others_can_write(
    page: Page, name: str, fraction: float, text: str
) -> None:
    with running(page, name) as (durable, outcomes):
        now = state(page, durable)
        assert (now["state"], now["progress"], now["text"]) == ("RUNNING", fraction, text)
        Customer.objects.create(name="meanwhile")
    assert outcomes == [Outcome(State.SUCCEEDED)]
    assert state(page, durable)["value"] == "done"
    assert set(names()) == {"meanwhile", "computed" if name == "compute" else "outside"}


@pytest.mark.postgres
def test_its_progress_is_seen_also_behind_its_first_statement(page: Page) -> None:
    with running(page, "write") as (_durable, outcomes):
        assert names() == []
        meeting.go_on.set()
    assert outcomes == [Outcome(State.SUCCEEDED)]
    assert Job.objects.get().progress_text == "has written"


@pytest.mark.parametrize(
    "name",
    ["compute", "outside", "write_in_silence", pytest.param("write", marks=pytest.mark.postgres)],
)
def test_one_that_is_cancelled_while_it_runs_keeps_nothing_of_its_transaction(page: Page, name: str) -> None:
    with running(page, name) as (durable, outcomes):
        assert cancelled(page, durable) == "CANCELLED"
    assert outcomes == [None]
    assert state(page, durable)["state"] == "CANCELLED"
    assert names() == (["outside"] if name == "outside" else [])
    told = [type(error) for error in meeting.raised]
    assert told == ([] if name == "write_in_silence" else [LeaseLost])  # it ends early where it tells its progress


class Undo(Exception):
    pass


@contextmanager
def undone(using: str, turn: Turn = nullcontext) -> Iterator[None]:
    """A lazy transaction that an error ends."""
    try:
        with lazy_atomic(using, turn):
            yield
            raise Undo
    except Undo:
        pass


def test_a_lazy_transaction_is_one_from_its_first_statement_on(db: None) -> None:
    using, turns = conf.get().database, []

    @contextmanager
    def turn() -> Iterator[None]:
        turns.append("in")
        yield
        turns.append("out")

    connection.ensure_connection()
    with undone(using, turn):
        if connection.vendor == "sqlite":
            assert turns == []
            assert not connection.connection.in_transaction
        Customer.objects.create(name="first")
        assert turns == ["in"]
        with transaction.atomic():
            Customer.objects.create(name="second")
        assert turns == ["in"]
    assert turns == ["in", "out"]
    assert names() == []
    assert connection.get_autocommit()
    assert connection.execute_wrappers == []


def test_what_is_written_beside_a_lazy_transaction_stays(db: None) -> None:
    using = conf.get().database
    with undone(using):
        with beside(using):
            Customer.objects.create(name="beside")
        Customer.objects.create(name="inside")
    assert names() == ["beside"]


@pytest.mark.postgres
def test_what_is_written_beside_a_transaction_that_has_begun_stays_on_postgresql(db: None) -> None:
    using = conf.get().database
    with undone(using):
        Customer.objects.create(name="inside")
        for name in ("beside", "beside again"):
            with beside(using):
                Customer.objects.create(name=name)
    assert names() == ["beside", "beside again"]


def test_what_is_done_after_a_lazy_transaction_s_commit_is_outside_it(db: None) -> None:
    using = conf.get().database
    with lazy_atomic(using):
        transaction.on_commit(lambda: Customer.objects.create(name="after"), using=using)
    with lazy_atomic(using):
        with transaction.atomic(using=using):
            Customer.objects.create(name="inside")
        transaction.on_commit(lambda: Customer.objects.create(name="after that"), using=using)
    assert names() == ["after", "inside", "after that"]
    assert not connection.in_atomic_block


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable_views, "LOOK_EVERY", 0.01)


def live(user: User, use: Callable[[AsyncIterator[dict[str, Any]]], Any]) -> Any:
    """Follow a durable action that waits, as a page does under ASGI."""
    durable = Page(user).call("long.compute", "background")["durable"]

    async def follow() -> Any:
        client = AsyncClient()
        await client.aforce_login(user)
        response = await client.get(f"{ENDPOINT}durable/{durable}/", headers={"Accept": ACCEPT})
        assert response["Content-Type"] == "application/x-ndjson"
        return await use(_lines(response))

    return async_to_sync(follow)()


async def _lines(response: Any) -> AsyncIterator[dict[str, Any]]:
    async for line in response.streaming_content:
        assert line.endswith(b"\n")
        yield json.loads(line)


def test_under_asgi_each_change_comes_as_a_line(ann: User, quick_looks: None) -> None:
    meeting.go_on.set()

    async def use(lines: AsyncIterator[dict[str, Any]]) -> list[dict[str, Any]]:
        got = [await anext(lines)]
        await sync_to_async(run_background)()
        return got + [line async for line in lines]

    first, *_others, last = live(ann, use)
    assert first["state"] == "WAITING"
    assert (last["state"], last["value"]) == ("SUCCESS", "done")


def test_a_line_that_stays_open_ends_after_a_while_and_says_to_ask_again(
    ann: User, quick_looks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable_views, "LOOKS", 3)

    async def use(lines: AsyncIterator[dict[str, Any]]) -> list[dict[str, Any]]:
        return [line async for line in lines]

    first, last = live(ann, use)
    assert first["state"] == "WAITING"
    assert last == {"again": True}


def test_one_that_is_deleted_while_it_is_followed_ends_the_lines(ann: User, quick_looks: None) -> None:
    async def use(lines: AsyncIterator[dict[str, Any]]) -> list[dict[str, Any]]:
        await anext(lines)
        await sync_to_async(Job.objects.all().delete)()
        return [line async for line in lines]

    assert live(ann, use) == [{"again": True}]


def test_under_asgi_a_page_that_reads_no_lines_gets_one_answer(ann: User) -> None:
    durable = Page(ann).call("long.compute", "background")["durable"]

    async def ask() -> Any:
        client = AsyncClient()
        await client.aforce_login(ann)
        return await client.get(f"{ENDPOINT}durable/{durable}/", headers={"Accept": "application/json"})

    response = async_to_sync(ask)()
    assert response.json()["state"] == "WAITING"
    assert response["ETag"]
