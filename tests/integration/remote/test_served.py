"""Behind real servers: lines arrive as actions end, background requests run side by side, and what was sent is done."""

from __future__ import annotations

import importlib.util
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from django.contrib.auth.models import User

from meanwhile.remote.models import BackgroundSlot
from tests.integration.remote.page import Page
from tests.integration.remote.served import served
from tests.servers.running import SERVERS
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db(transaction=True)

PAUSE = 0.3
LONG = 1.5


@pytest.fixture(params=SERVERS)
def server(request):
    if importlib.util.find_spec(request.param.split()[0]) is None:
        pytest.skip(f"{request.param} is not installed")
    user = User.objects.create_user("ann", "ann@example.com", "pw")
    with served(request.param, Page(user)) as running:
        yield running


def test_each_line_arrives_when_its_action_has_ended(server):
    server.send(("echo.echo", {"message": "warm"}))
    lines = server.send(*[("echo.echo", {"message": str(n), "seconds": PAUSE}) for n in range(3)])
    assert [line.content.get("value") for line in lines] == ["0", "1", "2", None]
    assert lines[-1].content == {"end": True}
    # The first is there while the two others still take their time.
    assert lines[2].at - lines[0].at > 2 * PAUSE * 0.8
    assert lines[1].at - lines[0].at > PAUSE * 0.6


def test_progress_arrives_while_the_action_runs(server):
    progress = server.send(("echo.counted", {"to": 3, "seconds": PAUSE}))
    assert [line.content.get("progress") for line in progress[:3]] == [pytest.approx(n / 3) for n in (1, 2, 3)]
    assert progress[2].at - progress[0].at > 2 * PAUSE * 0.6


def test_three_background_requests_take_as_long_as_one_and_hold_up_no_foreground_request(server):
    """Also on SQLite, where a transaction that has begun holds the only lock for writing."""
    server.send(("echo.echo", {"message": "warm"}))
    with ThreadPoolExecutor(4) as pool:
        start = time.monotonic()
        answers = [
            pool.submit(server.send, ("echo.slow", {"message": str(n), "seconds": LONG}), lane="background")
            for n in range(3)
        ]
        while BackgroundSlot.objects.count() < 3 and time.monotonic() - start < 10:
            time.sleep(0.02)
        foreground = server.send(("booking.write", {"name": "meanwhile"}))
        values = [answer.result()[0].content["value"] for answer in answers]
        took = time.monotonic() - start
    assert values == ["0", "1", "2"]
    assert took < 3 * LONG  # one after the other they take at least that
    assert foreground[0].content["state"] == "SUCCESS"
    assert not BackgroundSlot.objects.exists()


def test_what_was_sent_is_done_when_the_page_is_closed_in_the_middle(server):
    with closing(server.connection()) as client:
        server.request(
            client,
            ("echo.echo", {"message": "first", "seconds": PAUSE}),
            ("booking.write", {"name": "left"}),
            ("echo.echo", {"message": "then", "seconds": PAUSE}),
            ("booking.write", {"name": "behind"}),
        )
        client.getresponse().readline()
    deadline = time.monotonic() + 20
    while Booking.objects.count() < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [booking.name for booking in Booking.objects.order_by("pk")] == ["left", "behind"]


def test_an_answer_by_the_durable_way_says_only_that_it_was_taken(server):
    lines = server.send(("booking.report", {"of": "May"}), lane="background")
    assert [set(line.content) for line in lines] == [{"id", "durable"}, {"end"}]
