"""The waiting page when things go wrong, and for whom it is."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.booking import fill_in, press_book
from tests.browser.site import Site


def test_a_failed_step_is_said_live_with_what_to_do(page: Page, quick_site: Site) -> None:
    fill_in(page, quick_site, email="ada@refused.example")
    press_book(page)
    page.evaluate("window.neverReloaded = true")
    expect(page.locator(".meanwhile-step--retrying")).to_contain_text("next try at")
    expect(page.get_by_role("heading", name="One step did not succeed")).to_be_visible()
    expect(page.locator(".meanwhile-step--failed")).to_contain_text("Send the confirmation")
    expect(page.get_by_text("You don’t need to send it again.")).to_be_visible()
    expect(page.get_by_role("link", name=page.url)).to_be_visible()
    assert page.evaluate("window.neverReloaded") is True


def test_without_a_connection_it_says_so_and_goes_on_when_it_is_back(page: Page, site: Site) -> None:
    fill_in(page, site)
    press_book(page)
    page.context.set_offline(True)
    expect(page.get_by_text(re.compile(r"No connection\. Trying again in \d+ seconds\."))).to_be_visible()
    page.context.set_offline(False)
    page.wait_for_url(re.compile(r"/bookings/\d+/$"))


def test_what_changes_is_said_to_a_screen_reader(page: Page, site: Site) -> None:
    fill_in(page, site)
    press_book(page)
    expect(page.locator("[data-meanwhile-said]")).to_have_text("2 of 5 steps done")
    expect(page.locator("[data-meanwhile-said]")).to_have_attribute("aria-live", "polite")


def test_an_unchanged_state_is_answered_without_a_body(page: Page, site: Site) -> None:
    fill_in(page, site)
    with page.expect_response(lambda response: response.url.endswith("/wait/") and response.status == 304):
        press_book(page)


def test_a_stranger_does_not_get_to_see_it(
    page: Page, quick_site: Site, new_context: Callable[..., BrowserContext]
) -> None:
    fill_in(page, quick_site)
    press_book(page)
    stranger = new_context().new_page()
    stranger.goto(page.url if page.url.endswith("/wait/") else page.url + "wait/")
    expect(stranger).to_have_url(re.compile(r"/\?next="))
    stranger.get_by_role("button", name="Log in as passenger").click()
    response = stranger.goto(page.url)
    assert response is not None
    assert response.status in {403, 404}


def test_its_person_finds_it_again_by_its_link(page: Page, site: Site) -> None:
    fill_in(page, site)
    press_book(page)
    address = page.url
    page.goto(site.url("/mailbox/"))
    page.goto(address)
    expect(page.get_by_role("heading", name="Just a moment")).to_be_visible()
    page.wait_for_url(re.compile(r"/bookings/\d+/$"))
