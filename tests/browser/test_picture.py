"""The picture of the event tree rules, in a real browser: submit, the next page at once, the rest meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.booking import fill_in, press_book
from tests.browser.site import Site

pytestmark = pytest.mark.alone

STEPS = ["Find the best seat", "Price of the seat", "Issue the ticket", "Send the confirmation", "Ready"]
SECOND = timedelta(seconds=1)
THREADS = 4


def test_the_next_page_comes_while_the_first_background_action_has_done_nothing_yet(page: Page, site: Site) -> None:
    fill_in(page, site)
    pk = press_book(page)
    arrived = datetime.now(UTC)
    booking = site.booking(pk)
    # Below the Background, and done all the same.
    assert (booking["status"], booking["reference"]) == ("received", f"MW{pk:04}")
    assert (booking["seat_id"], booking["price"], booking["ticket"], booking["ready"]) == (None, None, "", 0)
    page.wait_for_url(site.url(f"/bookings/{pk}/"))
    steps = site.background(pk)
    assert [step.label for step in steps] == STEPS
    assert site.foreground_done(pk) < min(step.began for step in steps)
    assert arrived < min(step.ended for step in steps)
    assert sum(step.ended - step.began > SECOND for step in steps) == 3


def test_the_next_page_comes_before_any_background_action_started_when_all_workers_are_busy(
    page: Page, site: Site, new_context: Callable[..., BrowserContext]
) -> None:
    fill_in(page, site)
    others = [new_context().new_page() for _ in range(THREADS)]
    for other in others:
        fill_in(other, site, to="Nairobi")
    for other in others:  # when all forms are filled in: the last of them is to be pressed before the first job ends
        press_book(other)
    pk = press_book(page)
    arrived = datetime.now(UTC)
    assert site.booking(pk)["reference"] == f"MW{pk:04}"
    page.wait_for_url(site.url(f"/bookings/{pk}/"))
    assert arrived < min(step.began for step in site.background(pk))


def test_the_waiting_page_shows_the_steps_as_they_finish_and_moves_on_without_a_reload(page: Page, site: Site) -> None:
    fill_in(page, site)
    pk = press_book(page)
    steps = page.locator(".meanwhile-step")
    expect(steps.locator(".meanwhile-step__label")).to_have_text(STEPS)
    page.evaluate("window.neverReloaded = true")
    expect(steps.nth(2)).to_contain_text("in progress")
    expect(steps.nth(0)).to_contain_text("done")
    expect(page.get_by_text("2 of 5 steps done").first).to_be_visible()
    assert page.get_by_role("progressbar").get_attribute("value") == "2"
    assert page.evaluate("window.neverReloaded") is True
    page.wait_for_url(site.url(f"/bookings/{pk}/"))
    expect(page.get_by_text("confirmed")).to_be_visible()
    # It has replaced itself: the way back leads to the form.
    page.go_back()
    expect(page).to_have_url(site.url("/book/"))


def test_without_javascript_it_shows_the_steps_and_moves_on_too(
    site: Site, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    fill_in(page, site)
    pk = press_book(page)
    expect(page.locator(".meanwhile-step__label")).to_have_text(STEPS)
    expect(page.locator(".meanwhile-step").nth(0)).to_contain_text("done")
    page.wait_for_url(site.url(f"/bookings/{pk}/"))
    expect(page.get_by_text("confirmed")).to_be_visible()


def test_the_mails_are_sent_and_the_last_one_waits_for_its_day(page: Page, quick_site: Site) -> None:
    fill_in(page, quick_site, email="grace@example.com")
    pk = press_book(page)
    page.wait_for_url(quick_site.url(f"/bookings/{pk}/"))
    page.goto(quick_site.url("/mailbox/"))
    expect(page.get_by_role("link", name=f"Your booking MW{pk:04}")).to_be_visible()
    page.goto(quick_site.url("/tree/"))
    job = page.locator(".job", has_text=f"MW{pk:04}")
    expect(job).to_contain_text("Two days before departure")
    job.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("It runs now")).to_be_visible()
    page.goto(quick_site.url("/mailbox/"))
    reminder = page.get_by_role("link", name="See you soon, Ada Lovelace").first
    while not reminder.is_visible():
        page.reload()


def test_a_failed_foreground_action_shows_the_form_with_everything_typed(page: Page, quick_site: Site) -> None:
    before = quick_site.rows("SELECT (SELECT count(*) FROM bookings_booking), (SELECT count(*) FROM meanwhile_job)")[0]
    fill_in(page, quick_site, to="Atlantis", email="lost@example.com")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Flight MW 404 is sold out.")
    expect(page.get_by_label("Passenger")).to_have_value("Ada Lovelace")
    expect(page.get_by_label("E-mail")).to_have_value("lost@example.com")
    expect(page.get_by_role("radio", name=re.compile("Atlantis"))).to_be_checked()
    after = quick_site.rows("SELECT (SELECT count(*) FROM bookings_booking), (SELECT count(*) FROM meanwhile_job)")[0]
    assert tuple(before) == tuple(after)
    page.get_by_text("→ Lisbon").click()
    press_book(page)


def test_with_everything_in_the_foreground_the_person_waits_for_all_of_it(page: Page, quick_site: Site) -> None:
    fill_in(page, quick_site, form="/book/all-at-once/")
    page.get_by_role("button", name=re.compile("wait for all")).click()
    page.wait_for_url(re.compile(r"/all-at-once/\d+/$"))
    expect(page.get_by_text("confirmed")).to_be_visible()
    expect(page.get_by_text("Your browser waited")).to_be_visible()
