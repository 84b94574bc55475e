"""Three background requests of one person run at a time, wherever they come in; foreground ones are never counted."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.test import override_settings

from meanwhile.queue.owner import new_owner
from meanwhile.remote import Controller, action, background_action, throttle
from meanwhile.remote.models import BackgroundSlot
from meanwhile.remote.registry import registered
from tests.integration.remote.page import Page, leave, refusal, whole

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def take(owner="u:1", slots=3, now=NOW):
    return throttle.acquire(owner, slots, now=now, using="default")


def test_so_many_places_and_no_more():
    taken = [take() for _ in range(4)]
    assert [slot.number for slot in taken[:3]] == [0, 1, 2]
    assert taken[3] is None
    throttle.release(taken[1], now=NOW)
    assert take().number == 1


def test_everybody_has_their_own():
    assert all(take() for _ in range(3))
    assert take("u:2") is not None
    assert take("s:1") is not None


def test_a_place_that_is_given_back_twice_is_not_taken_from_the_next_one():
    first = take(slots=1)
    throttle.release(first, now=NOW)
    second = take(slots=1)
    throttle.release(first, now=NOW)
    assert take(slots=1) is None
    throttle.release(second, now=NOW)
    assert not BackgroundSlot.objects.exists()


def test_a_place_is_free_when_its_time_is_over():
    slot = take(slots=1)
    throttle.keep(slot, now=NOW)
    assert take(slots=1, now=NOW + throttle.LONGEST) is None
    assert take(slots=1, now=NOW + throttle.LONGEST + timedelta(seconds=1)) is not None


def test_a_place_of_a_request_whose_answer_never_began_is_free_soon():
    slot = take(slots=1)
    assert take(slots=1, now=NOW + throttle.TO_BEGIN) is None
    later = NOW + throttle.TO_BEGIN + timedelta(seconds=1)
    assert take(slots=1, now=later) is not None
    throttle.keep(slot, now=later)  # it is another's now
    assert take(slots=1, now=later + throttle.TO_BEGIN + timedelta(seconds=1)) is not None


def test_a_place_is_kept_when_its_actions_begin(page):
    class LookingController(Controller):
        @background_action
        def until(self) -> datetime:
            return BackgroundSlot.objects.get().until

    with registered(LookingController):
        response = page.send(("looking.until", {}), lane="background")
        before = BackgroundSlot.objects.get().until
        [line] = whole(response)
    assert datetime.fromisoformat(line["value"]) - before > throttle.LONGEST - 2 * throttle.TO_BEGIN
    with registered(LookingController):
        [line] = page.lines(("looking.until", {}))
    assert datetime.fromisoformat(line["value"]) - before > throttle.LONGEST - 2 * throttle.TO_BEGIN


def test_a_place_is_given_back_on_a_new_connection_where_the_action_broke_the_old_one(page):
    class BreakingController(Controller):
        @background_action(atomic=False)
        def break_it(self) -> str:
            connection.ensure_connection()
            connection.connection.close()
            return "broken"

    with registered(BreakingController):
        assert page.call("breaking.break_it", "background")["value"] == "broken"
    assert not BackgroundSlot.objects.exists()


@pytest.mark.parametrize("lane", ["background", "foreground"])
def test_a_database_that_can_not_be_asked_refuses_and_runs_nothing(page, monkeypatch, lane, caplog):
    def refuse(*_args, **_options):
        raise OperationalError("database is locked")

    monkeypatch.setattr(throttle, "acquire", refuse)
    response = page.send(("echo.slow", {"message": "x"}), lane=lane)
    if lane == "background":
        assert refusal(response) == (503, "server_error")
    else:
        assert whole(response)[0]["error"]["code"] == "server_error"
    assert "database is locked" in caplog.text


@pytest.mark.parametrize("with_users", [True, False])
def test_whoever_makes_up_a_session_is_counted_by_address(settings, with_users):
    class OpenController(Controller):
        public = True

        @background_action
        def wait(self) -> str:
            return "done"

    if not with_users:
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Auth" not in name and "Message" not in name]

    def send(n):
        page = Page()
        page.client.cookies["sessionid"] = f"{n}" * 32
        return page.send(("open.wait", {}), lane="background")

    with registered(OpenController):
        responses = [send(n) for n in range(3)]
        assert send(4).status_code == 429
        list(map(whole, responses))


def test_who_has_a_session_is_counted_by_it_and_its_key_is_not_shown():
    class OpenController(Controller):
        public = True

        @background_action
        def wait(self) -> str:
            return "done"

    page = Page()
    session = page.client.session
    session["basket"] = 1
    session.save()
    with registered(OpenController):
        response = page.send(("open.wait", {}), lane="background")
        [owner] = BackgroundSlot.objects.values_list("owner", flat=True)
        assert owner.startswith("s:")
        assert session.session_key not in owner
        whole(response)


def test_a_place_of_a_process_that_died_here_is_free_at_once():
    script = "from meanwhile.queue.owner import new_owner; print(new_owner())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    BackgroundSlot.objects.create(
        owner="u:1", slot=0, token="x", holder=done.stdout.strip(), until=NOW + timedelta(minutes=5)
    )
    assert take(slots=1) is not None


def test_a_place_of_a_process_that_lives_is_not_free():
    BackgroundSlot.objects.create(owner="u:1", slot=0, token="x", holder=new_owner(), until=NOW + timedelta(minutes=5))
    assert take(slots=1) is None


def test_what_was_forgotten_by_others_is_cleaned_up():
    take("s:gone")
    later = NOW + throttle.FORGOTTEN + throttle.LONGEST + timedelta(seconds=1)
    throttle.release(take(now=later), now=later)
    assert not BackgroundSlot.objects.exists()


def test_of_many_at_the_same_moment_only_so_many_get_one():
    start = threading.Barrier(12)

    def compete():
        try:
            start.wait(20)
            return take()
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        taken = [found.result() for found in [pool.submit(compete) for _ in range(12)]]
    assert len([slot for slot in taken if slot]) <= 3
    assert len({slot.number for slot in taken if slot}) == len([slot for slot in taken if slot]) >= 1


def occupy(page: Page, n: int):
    """Send background requests that are accepted, and don't read on."""
    return [page.send(("echo.slow", {"message": "x"}), lane="background") for _ in range(n)]


def test_a_fourth_background_request_is_refused_and_may_come_again_in_a_second(page):
    responses = occupy(page, 3)
    refused = page.send(("echo.slow", {"message": "x"}), lane="background")
    assert refusal(refused) == (429, "too_many")
    assert refused["Retry-After"] == "1"
    assert whole(responses[0])[0]["value"] == "x"
    assert page.call("echo.slow", "background", message="again")["value"] == "again"
    for response in responses[1:]:
        whole(response)


def test_a_refused_request_runs_nothing(page):
    ran = []

    class CountingController(Controller):
        @background_action
        def count(self) -> None:
            ran.append(True)

    responses = occupy(page, 3)
    with registered(CountingController):
        assert page.send(("counting.count", {}), lane="background").status_code == 429
    assert ran == []
    list(map(whole, responses))


def test_foreground_actions_go_on_while_all_places_are_taken(page):
    responses = occupy(page, 3)
    assert page.call("echo.echo", message="hi")["value"] == "hi"
    list(map(whole, responses))


def test_an_ordinary_action_in_the_background_lane_is_counted_too(page):
    responses = [page.send(("echo.echo", {"message": "x"}), lane="background") for _ in range(3)]
    assert page.send(("echo.echo", {"message": "x"}), lane="background").status_code == 429
    list(map(whole, responses))


def test_a_background_action_in_a_foreground_request_needs_a_place_for_itself(page):
    calls = (("echo.echo", {"message": "a"}), ("echo.slow", {"message": "b"}), ("echo.echo", {"message": "c"}))
    assert [line["value"] for line in page.lines(*calls)] == ["a", "b", "c"]
    assert not BackgroundSlot.objects.exists()
    responses = occupy(page, 3)
    lines = page.lines(*calls)
    assert [line["state"] for line in lines] == ["SUCCESS", "ERROR", "SUCCESS"]
    assert lines[1]["error"]["code"] == "too_many"
    list(map(whole, responses))


def test_the_place_is_free_before_the_answer_says_that_it_has_ended(page):
    response = page.send(("echo.slow", {"message": "x"}), lane="background")
    lines = iter(response)
    next(lines)
    assert BackgroundSlot.objects.count() == 1
    assert next(lines) == b'{"end":true}\n'
    assert not BackgroundSlot.objects.exists()


def test_the_place_is_given_back_by_an_action_that_fails_and_by_a_page_that_is_closed(page):
    assert page.code("booking.write", "background", name="x", then="error") == "server_error"
    assert not BackgroundSlot.objects.exists()
    leave(page.send(("echo.slow", {"message": "x"}), lane="background"))
    assert not BackgroundSlot.objects.exists()


def test_an_unknown_action_takes_no_place(page):
    response = page.send(("echo.nothing", {}), lane="background")
    assert not BackgroundSlot.objects.exists()
    assert whole(response)[0]["error"]["code"] == "unknown_action"


def test_a_durable_action_is_queued_at_once_and_takes_none(page):
    responses = occupy(page, 3)
    [line] = page.lines(("booking.report", {"of": "May"}), lane="background")
    assert set(line) == {"id", "durable"}
    list(map(whole, responses))


def test_who_is_nobody_is_counted_by_address(settings):
    class OpenController(Controller):
        public = True

        @background_action
        def wait(self) -> str:
            return "done"

    with registered(OpenController):
        here = Page()
        responses = [here.send(("open.wait", {}), lane="background") for _ in range(3)]
        assert Page().send(("open.wait", {}), lane="background").status_code == 429
        elsewhere = Page()
        elsewhere.client.defaults["REMOTE_ADDR"] = "192.0.2.7"
        assert elsewhere.call("open.wait", "background")["value"] == "done"
        list(map(whole, responses))


@override_settings(MEANWHILE={"REMOTE_BACKGROUND_SLOTS": 1})
def test_the_number_of_places_is_a_setting(page):
    [response] = occupy(page, 1)
    assert page.send(("echo.slow", {"message": "x"}), lane="background").status_code == 429
    whole(response)


def test_three_background_actions_of_one_person_run_side_by_side(ann):
    """Each waits for all the others, so they can't run one after the other; also not for the database's one lock."""
    together = threading.Barrier(3)

    class TogetherController(Controller):
        @background_action
        def meet(self) -> str:
            together.wait(20)
            return "met"

    def call():
        try:
            return Page(ann).call("together.meet", "background")
        finally:
            connection.close()

    with registered(TogetherController), ThreadPoolExecutor(3) as pool:
        answers = [found.result() for found in [pool.submit(call) for _ in range(3)]]
    assert [answer.get("value") for answer in answers] == ["met"] * 3


def test_foreground_actions_are_not_held_up_by_background_ones_that_wait(ann, page):
    go_on = threading.Event()

    class WaitingController(Controller):
        @background_action
        def wait(self) -> bool:
            return go_on.wait(20)

        @action
        def release(self) -> None:
            go_on.set()

    def call():
        try:
            return Page(ann).call("waiting.wait", "background")
        finally:
            connection.close()

    with registered(WaitingController), ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(call) for _ in range(3)]
        while BackgroundSlot.objects.count() < 3:
            time.sleep(0.01)
        assert page.call("booking.write", name="meanwhile")["state"] == "SUCCESS"
        assert page.call("waiting.release")["state"] == "SUCCESS"
        assert [answer.result()["value"] for answer in answers] == [True] * 3


def test_a_child_of_this_process_is_another_holder():
    mine = throttle._this_process()
    assert mine == throttle._this_process()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, throttle._this_process().encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as said:
        assert said.read() not in ("", mine)
    os.waitpid(child, 0)
