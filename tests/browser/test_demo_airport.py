"""A visitor of the demo has the airport told of a booking, and sees in the Studio what was sent and what came back."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser import studio
from tests.browser.booking import fill_in, press_book
from tests.browser.site import Site, running_site


@pytest.fixture(scope="module")
def airline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A demo that knows its own address before it starts: its trees hold it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running_site(tmp_path_factory.mktemp("airline"), pace=0.1, port=port) as site:
        yield site


def test_the_airport_is_told_over_http_and_the_run_shows_its_answer(page: Page, airline: Site) -> None:
    studio.log_in(page, airline)
    fill_in(page, airline)
    key = press_book(page)
    page.wait_for_url(f"**/bookings/{key}/")
    page.goto(airline.url("/airport/"))
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    row = page.get_by_role("row").filter(has_text=f"MW{key:04d}")
    row.get_by_role("button", name="Tell the airport").click()
    expect(page.get_by_role("status")).to_contain_text("The airport is told in a moment")
    page.goto(airline.url("/studio/runs/?tree=tell-the-airport"))
    page.get_by_role("link", name="Tell the airport").first.click()
    step = page.locator(".mw-step").filter(has_text="Send the passenger’s data")
    expect(step).to_contain_text(f"POST 127.0.0.1:{airline.port}/airport/notices/: 201")
    page.goto(airline.url("/airport/"))
    notice = page.get_by_role("table").last.get_by_role("row").filter(has_text=f"MW{key:04d}")
    expect(notice).to_contain_text("Ada Lovelace")
    expect(notice).to_contain_text("220-")


@pytest.mark.parametrize("headers", [{}, {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}])
def test_the_airport_takes_nothing_without_a_signature(airline: Site, headers: dict[str, str]) -> None:
    request = Request(airline.url("/airport/notices/"), json.dumps({}).encode(), headers)
    with pytest.raises(OSError, match="401"):
        urlopen(request)
    assert not airline.rows("SELECT * FROM demo_airport_notice WHERE reference = ''")
