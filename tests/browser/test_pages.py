"""Every page of the demo: under its content security policy, on a phone, by keyboard."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import studio
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


@pytest.mark.parametrize("width", [390, 1280])
def test_a_very_long_name_makes_no_page_wider(page: Page, quick_site: Site, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    fill_in(page, quick_site)
    page.get_by_label("Passenger").fill("W" * 100)
    booking = press_book(page)
    for path in (f"/bookings/{booking}/", f"/bookings/{booking}/wait/", "/bookings/", "/tree/"):
        page.goto(quick_site.url(path))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


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


def test_who_may_see_all_bookings_is_told_that_they_are_all(page: Page, quick_site: Site) -> None:
    for who, title in (("viewer", "All bookings"), ("passenger", "Your bookings")):
        page.goto(quick_site.url("/"))
        page.get_by_role("button", name=f"Log in as {who}").click()
        page.goto(quick_site.url("/bookings/"))
        expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_a_page_that_needs_an_account_says_so_and_offers_the_accounts_first(page: Page, quick_site: Site) -> None:
    page.goto(quick_site.url("/studio/"))
    expect(page.get_by_text("That page needs an account.")).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Who would you like to be?")).to_have_count(1)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_studio_leads_back_to_the_airline_and_out(page: Page, quick_site: Site, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    for who, path in (("admin", "/studio/queue/"), ("passenger", "/studio/")):  # the passenger is refused
        page.goto(quick_site.url("/"))
        page.get_by_role("button", name=f"Log in as {who}").click()
        page.goto(quick_site.url(path))
        expect(page.get_by_role("link", name="Meanwhile Air")).to_be_in_viewport()
        page.get_by_role("link", name="Meanwhile Air").click()
        page.wait_for_url(quick_site.url("/"))
        page.goto(quick_site.url(path))
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("link", name="Log in", exact=True)).to_be_visible()


def test_what_waits_for_another_record_than_a_booking_is_not_shown_as_one(page: Page, quick_site: Site) -> None:
    page.goto(quick_site.url("/"))
    page.get_by_role("button", name="Log in as admin").click()
    name = f"Greet later {secrets.token_hex(4)}"
    to = [{"recipients": "addresses", "addresses": "{{ record.email }}"}]
    mail = {"kind": "send_email", "to": to, "subject": "Hello", "body": "Hello"}
    tomorrow = {"at": "after", "base": {"at": "now"}, "days": 1}
    later = {"kind": "delay", "label": name, "moment": tomorrow, "do": [mail]}
    document = {"meanwhile": 1, "name": name, "on": {"event": "created", "model": "auth.User"}, "do": [later]}
    page.goto(quick_site.url("/studio/import/"))
    page.get_by_label("Or its text").fill(json.dumps(document))
    page.get_by_role("button", name="Import", exact=True).click()
    studio.ready(page)
    studio.publish(page)
    page.goto(quick_site.url("/admin/auth/user/add/"))
    page.get_by_label("Username").fill(f"somebody-{secrets.token_hex(4)}")
    page.locator("#id_password1").fill("correct horse battery")
    page.locator("#id_password2").fill("correct horse battery")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("was added successfully")
    page.goto(quick_site.url("/studio/queue/?list=later"))
    expect(page.get_by_text(name).first).to_be_visible()
    page.goto(quick_site.url("/tree/"))
    expect(page.get_by_role("heading", name="Waiting for their moment")).to_be_visible()
    expect(page.locator(".job").get_by_text(name)).to_have_count(0)


def test_a_flight_that_another_system_sent_can_be_booked(page: Page, quick_site: Site) -> None:
    page.goto(quick_site.url("/"))
    page.get_by_role("button", name="Log in as publisher").click()
    page.goto(quick_site.url("/"))
    page.locator(".card").get_by_role("link", name="Flight received").click()
    page.get_by_role("link", name="Address and API keys").click()
    page.get_by_role("textbox", name="Name").fill("Radar")
    page.get_by_role("button", name="Make a key").click()
    command = page.locator("pre").filter(has_text="curl").inner_text()
    address, key = re.findall(r"(http\S+received\S+) |Bearer ([\w-]+)", command)
    city = f"Oslo {secrets.token_hex(4)}"
    flight = {"number": f"X {secrets.token_hex(3)}", "from": "Berlin", "to": city, "departure": "2036-05-01T10:00Z"}
    headers = {"Authorization": f"Bearer {key[1]}"}
    sent = page.request.post(address[0], headers=headers, data={"flight": {**flight, "places": 200}})
    assert sent.status == 201, sent.text()
    fill_in(page, quick_site, to=city)
    expect(page.locator("label", has_text=city)).to_contain_text("60 places left")
    press_book(page)
    page.wait_for_url(re.compile(r"/bookings/\d+/$"))
    expect(page.get_by_role("article", name="Boarding pass")).to_contain_text("€ 149.00")
