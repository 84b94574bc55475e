"""Answers stream: the first callback of a batch does not wait for its last action. Without streaming all is well."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Page

from tests.browser.calls import RequestLog
from tests.browser.servers import SERVERS, buffering_proxy, served

pytestmark = pytest.mark.alone

PAUSE = 0.3
EARLY = 0.95

THREE_CALLS = """
async () => {
  const { server } = await import("/static/meanwhile/client.js");
  await server.echo.echo({ message: "first" });
  const start = performance.now();
  const back = [];
  const call = async (message) => back.push([await server.echo.echo({ message }), (performance.now() - start) / 1000]);
  await Promise.all(["one", "two", "three"].map(call));
  return back;
}
"""


@pytest.fixture(params=SERVERS, scope="module")
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo, whose echo takes 0.3 s, behind a server."""
    if importlib.util.find_spec(request.param.split()[0]) is None:
        pytest.skip(f"{request.param} is not installed")
    with served(request.param, tmp_path_factory.mktemp("served"), pace=PAUSE) as address:
        yield address


def three_calls(page: Page, address: str) -> list[float]:
    """Make three foreground calls; return when each came back, in seconds."""
    page.goto(f"{address}/echo/")
    log = RequestLog(page)
    back = page.evaluate(THREE_CALLS)
    assert [message for message, _at in back] == ["one", "two", "three"]
    assert [request.messages for request in log.sent()] == [["first"], ["one", "two", "three"]]
    return [at for _message, at in back]


def test_the_first_callback_comes_when_the_first_action_has_ended(page: Page, address: str) -> None:
    first, second, third = three_calls(page, address)
    assert first > EARLY * PAUSE
    assert third > EARLY * 3 * PAUSE
    assert [later - earlier > 0.6 * PAUSE for earlier, later in pairwise([first, second, third])] == [True, True]


def test_behind_a_proxy_that_buffers_all_come_back_together(page: Page, address: str) -> None:
    with buffering_proxy(address) as proxy:
        first, _second, _third = three_calls(page, proxy)
    assert first > EARLY * 3 * PAUSE
