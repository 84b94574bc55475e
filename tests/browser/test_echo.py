"""The example of the client actions' rules, in a real browser against the demo, with both faces of the queue."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.calls import NOTE_EVENTS, RequestLog, Sent
from tests.browser.site import Site

FACES = ["promise", "classic"]
ORDERS = ["foregroundFirst", "backgroundFirst"]
pytestmark = pytest.mark.alone

SECOND = 1.0
EARLY = 0.95
"""A sleep of a second may seem a little shorter to another clock."""
SLACK = 0.9
"""What a busy machine may take on top."""

FOREGROUND = ("foreground", ["Foreground 1", "Foreground 2"])
BACKGROUND = [("background", [f"Background {number}"]) for number in (1, 2, 3, 4)]


def open_echo(page: Page, site: Site) -> None:
    """Open the page and let it make one call, so that nothing is done for the first time when it is measured."""
    page.goto(site.url("/echo/"))
    page.evaluate("import('/static/meanwhile/client.js').then(({ server }) => server.echo.echo({ message: 'first' }))")


def press(page: Page, face: str, order: str) -> Locator:
    """Press a face's button for an order, wait until all came back, and return the face."""
    root = page.locator(f"[data-face={face}]")
    root.locator(f"[data-run={order}]").click()
    expect(root.locator("[data-total]")).to_have_text(re.compile("All 6 came back"))
    return root


def in_flight(requests: list[Sent], moment: float) -> int:
    return sum(request.started <= moment < request.ended for request in requests)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("face", FACES)
def test_six_calls_are_five_requests_and_take_two_seconds(page: Page, site: Site, face: str, order: str) -> None:
    open_echo(page, site)
    log = RequestLog(page)
    page.evaluate(NOTE_EVENTS)
    root = press(page, face, order)
    requests = log.sent()

    # Number, content and order of the requests: the same for both orders of the calls.
    assert [(request.lane, request.messages) for request in requests] == [FOREGROUND, *BACKGROUND]
    assert {name for request in requests for name in request.actions} == {"echo.echo"}
    assert [request.status for request in requests] == [200] * 5
    foreground, *background = requests
    *first_three, fourth = background

    # Four leave at once; the fourth background one when one of the first three has returned.
    assert max(request.started for request in [foreground, *first_three]) < SLACK
    assert fourth.started > min(request.started for request in first_three) + EARLY * SECOND
    events = page.evaluate("window.noted")
    leaves = events.index(["request", "Background 4"])
    assert [kind for kind, *_messages in events[:4]] == ["request"] * 4
    returned = [messages for kind, *messages in events[:leaves] if kind == "response"]
    assert 1 <= len(returned) <= 3
    assert all(message.startswith("Background") for [message] in returned)
    # Three at a time; the browser hears of the end of an answer a moment after its last line.
    assert max(in_flight(background, request.started + 0.05) for request in background) == 3

    # Two seconds in each lane, and two seconds in all.
    assert EARLY * 2 * SECOND < foreground.ended - foreground.started < 2 * SECOND + SLACK
    assert EARLY * 2 * SECOND < fourth.ended < 2 * SECOND + 2 * SLACK
    assert max(request.ended for request in requests) < 2 * SECOND + 2 * SLACK

    # Every call came back, once.
    lines = root.locator("[data-said] li")
    assert sorted(line.split("\n")[0] for line in lines.all_inner_texts()) == sorted(
        message for _lane, messages in [FOREGROUND, *BACKGROUND] for message in messages
    )


def test_the_next_foreground_calls_wait_for_the_first_and_go_together(page: Page, site: Site) -> None:
    open_echo(page, site)
    log = RequestLog(page)
    button = page.locator("[data-face=promise] [data-run=foregroundFirst]")
    button.click()
    button.click()
    button.click()
    inspector = page.locator("meanwhile-inspector")
    expect(inspector.locator("[data-lane=foreground] .slots")).to_have_text("1 of 1 requests in flight")
    expect(inspector.locator(".done .action[data-state=SUCCESS]")).to_have_count(1 + 18, timeout=15_000)
    foreground = [request for request in log.sent() if request.lane == "foreground"]
    assert [request.messages for request in foreground] == [
        ["Foreground 1", "Foreground 2"],
        ["Foreground 1", "Foreground 2"] * 2,
    ]
    assert foreground[1].started > foreground[0].ended - 0.1


@pytest.mark.parametrize("face", FACES)
def test_without_a_connection_every_call_comes_back_all_the_same(page: Page, quick_site: Site, face: str) -> None:
    open_echo(page, quick_site)
    page.context.set_offline(True)
    root = press(page, face, "foregroundFirst")
    expect(root.locator("li[data-state=INCOMPLETE]")).to_have_count(6)
    expect(page.get_by_role("alert")).to_have_text("No connection to the server.")
    page.context.set_offline(False)
    root = press(page, face, "foregroundFirst")
    expect(root.locator("li[data-state=SUCCESS]")).to_have_count(6)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_token_that_has_expired_is_renewed(page: Page, quick_site: Site) -> None:
    open_echo(page, quick_site)
    page.context.clear_cookies(name="csrftoken")
    log = RequestLog(page)
    root = press(page, "promise", "foregroundFirst")
    expect(root.locator("li[data-state=SUCCESS]")).to_have_count(6)
    assert {request.status for request in log.sent()} == {403, 200}


def test_the_page_shows_the_code_that_it_runs(page: Page, quick_site: Site) -> None:
    page.goto(quick_site.url("/echo/"))
    for name, code in [
        ("controllers.py", "class EchoController(Controller):"),
        ("echo_promise.js", "server.echo.echo({ message:"),
        ("echo_classic.js", "$A.enqueueAction("),
    ]:
        source = page.locator("details", has_text=name)
        source.locator("summary").click()
        expect(source.locator("code").last).to_contain_text(code)
