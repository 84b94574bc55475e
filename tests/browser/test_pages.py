"""Every page of the demo: under its content security policy, on a phone, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.booking import fill_in, press_book
from tests.browser.site import Site

PAGES = [
    "/",
    "/book/",
    "/book/all-at-once/",
    "/bookings/",
    "/mailbox/",
    "/tree/",
    "/echo/",
    "/report/",
    "/airports/",
    "/admin/login/",
    "/nowhere/",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_keeps_its_policy_and_fits_a_phone(page: Page, quick_site: Site, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    response = page.goto(quick_site.url(path))
    assert response is not None
    assert "script-src 'self'; style-src 'self'" in response.headers["content-security-policy"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_waiting_and_the_booking_page_fit_a_phone(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    fill_in(page, site)
    press_book(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.wait_for_url(re.compile(r"/bookings/\d+/$"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_booking_needs_no_mouse(page: Page, quick_site: Site) -> None:
    page.goto(quick_site.url("/book/"))
    page.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Ada Lovelace")
    page.keyboard.press("Tab")
    page.keyboard.type("ada@example.com")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/bookings/\d+/(wait/)?$"))


def test_an_admin_logs_in_with_one_click_and_sees_everybodys_bookings(
    page: Page, quick_site: Site, new_context: Callable[..., BrowserContext]
) -> None:
    passenger = new_context().new_page()
    fill_in(passenger, quick_site, email="someone@example.com")
    pk = press_book(passenger)
    page.goto(quick_site.url("/bookings/"))
    expect(page.get_by_text("No booking yet.")).to_be_visible()
    page.goto(quick_site.url("/"))
    page.get_by_role("button", name="Log in as admin").click()
    expect(page.get_by_role("heading", name="All bookings")).to_be_visible()
    expect(page.get_by_role("link", name=f"MW{pk:04}")).to_be_visible()
    page.goto(quick_site.url("/admin/"))
    expect(page.get_by_role("link", name="Jobs", exact=True)).to_be_visible()


def test_the_first_page_leads_to_the_studio_and_to_an_account_for_each_permission(page: Page, quick_site: Site) -> None:
    page.goto(quick_site.url("/"))
    page.get_by_role("link", name="Choose an account for the Studio").click()
    expect(page.get_by_role("heading", name="Who would you like to be?")).to_be_in_viewport()
    for who, may_make in (("viewer", False), ("editor", True), ("publisher", True), ("operator", False)):
        page.get_by_role("button", name=f"Log in as {who}").click()
        page.wait_for_url(quick_site.url("/studio/"))
        expect(page.get_by_text(f"You are {who} now.")).to_be_visible()
        expect(page.get_by_role("link", name="New tree").first).to_be_visible(visible=may_make)
        page.goto(quick_site.url("/"))
        expect(page.locator(".card").get_by_role("link", name="Studio", exact=True)).to_be_visible()


def test_whoever_wanted_to_be_elsewhere_is_there_once_logged_in(page: Page, quick_site: Site) -> None:
    page.goto(quick_site.url("/studio/queue/?list=failed"))
    page.get_by_role("button", name="Log in as admin").click()
    page.wait_for_url(quick_site.url("/studio/queue/?list=failed"))
