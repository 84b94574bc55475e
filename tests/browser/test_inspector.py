"""The inspector on a page: what it shows, under the demo's policy, by keyboard and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.site import Site


@pytest.fixture
def inspector(page: Page, site: Site) -> Locator:
    # The fixture `page` fails for whatever the content security policy forbids.
    response = page.goto(site.url("/echo/"))
    assert response is not None
    assert "style-src 'self'" in response.headers["content-security-policy"]
    return page.locator("meanwhile-inspector")


def run_example(page: Page) -> None:
    page.locator("[data-face=promise] [data-run=backgroundFirst]").click()


def test_it_shows_both_lanes_as_they_work(page: Page, inspector: Locator) -> None:
    expect(inspector.locator(".summary")).to_have_text("idle")
    run_example(page)
    foreground, background = (inspector.locator(f"section[data-lane={lane}]") for lane in ("foreground", "background"))
    expect(foreground.locator(".slots")).to_have_text("1 of 1 requests in flight")
    expect(background.locator(".slots")).to_have_text("3 of 3 requests in flight")
    expect(background.locator("[data-state=NEW]")).to_contain_text("Background 4")
    expect(background.locator("[data-state=RUNNING]")).to_contain_text(["Background 4"])
    expect(inspector.locator(".done .action")).to_have_count(6)
    expect(inspector.locator(".request")).to_have_count(5)
    expect(inspector.locator(".summary")).to_have_text("idle")
    expect(inspector.get_by_role("status")).to_contain_text("came back")


def test_it_is_styled_by_its_own_sheet(inspector: Locator) -> None:
    expect(inspector.locator(".panel")).to_be_visible()
    assert inspector.locator(".panel").evaluate("(panel) => getComputedStyle(panel).borderTopStyle") == "solid"


def test_the_keyboard_closes_opens_and_clears_it(page: Page, inspector: Locator) -> None:
    run_example(page)
    expect(inspector.locator(".done .action")).to_have_count(6)
    toggle = inspector.get_by_role("button", name="Actions")
    toggle.focus()
    page.keyboard.press("Enter")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    expect(inspector.get_by_role("heading", name="Foreground")).to_be_hidden()
    page.keyboard.press("Space")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(inspector.get_by_role("button", name="Clear")).to_be_focused()
    page.keyboard.press("Enter")
    expect(inspector.locator(".done .action")).to_have_count(0)
    page.keyboard.press("Tab")
    expect(inspector.get_by_role("region", name="Came back")).to_be_focused()


def test_it_fits_a_phone_with_something_to_show(page: Page, inspector: Locator) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    run_example(page)
    expect(inspector.locator(".done .action")).to_have_count(6)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = inspector.locator(".panel").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
