"""The demo's reports: durable actions, seen by the person who asked for them, whatever happens meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.site import Site, running_site

ROW = re.compile(r"^MW \d+, row \d+$")
LATER_ROW = re.compile(r"^MW \d+, row ([5-9]|10)$")
FLIGHTS = 4
CANCEL = """
async (address) => {
  const { queue } = await import("/static/meanwhile/client.js");
  const id = decodeURIComponent(address.split("/").at(-2));
  return queue.cancel(id).then(() => "cancelled", ({ code }) => code);
}
"""


def open_reports(page: Page, site: Site, person: str = "passenger") -> None:
    page.goto(site.url("/"))
    page.get_by_role("button", name=f"Log in as {person}").click()
    page.goto(site.url("/report/"))


def order(page: Page, by: str) -> None:
    page.get_by_label(by).check()
    page.get_by_role("button", name="Build the report").click()


def build(page: Page) -> Locator:
    """Order a report, wait until it is being built, and return its card."""
    order(page, "Row by row")
    card = page.locator(".report").first
    expect(card.locator("[data-state]")).to_have_text("in progress")
    return card


def progress(card: Locator) -> float:
    return float(card.get_by_role("progressbar").evaluate("(bar) => bar.value"))


def test_the_progress_survives_a_reload_and_ends_in_the_result(page: Page, quick_site: Site) -> None:
    open_reports(page, quick_site)
    card = build(page)
    expect(card.locator("[data-text]")).to_have_text(ROW)
    expect(card.locator("[data-text]")).to_have_text(LATER_ROW)
    before = progress(card)
    assert before > 0
    page.reload()
    expect(card.locator("[data-state]")).to_have_text("in progress")
    assert before <= progress(card) < 1
    expect(card.locator("[data-state]")).to_have_text("done")
    expect(page.get_by_role("status").filter(has_text="All seats, row by row: done")).to_be_visible()
    card.locator("summary").click()
    expect(card.locator("tbody tr")).to_have_count(FLIGHTS)
    expect(card.locator("tbody tr").first).to_contain_text("60")
    page.reload()
    expect(page.locator(".report").first.locator("[data-state]")).to_have_text("done")


def test_two_reports_are_built_side_by_side_and_both_are_followed(page: Page, quick_site: Site) -> None:
    open_reports(page, quick_site)
    build(page)
    order(page, "Flight by flight")
    slow, quick = page.locator(".report").nth(1), page.locator(".report").nth(0)
    expect(quick.locator("[data-state]")).to_have_text("done")
    expect(slow.locator("[data-state]")).to_have_text("in progress")
    expect(slow.locator("[data-state]")).to_have_text("done")


def test_a_cancelled_report_stops_and_stays_cancelled(page: Page, site: Site) -> None:
    open_reports(page, site)
    card = build(page)
    card.get_by_role("button", name="Cancel").click()
    expect(card.locator("[data-state]")).to_have_text("cancelled")
    expect(card.get_by_role("button", name="Cancel")).to_be_hidden()
    page.reload()
    expect(page.locator(".report").first.locator("[data-state]")).to_have_text("cancelled")
    [job] = site.rows("SELECT state FROM meanwhile_job WHERE kind = 'remote' ORDER BY id DESC LIMIT 1")
    assert job["state"] == "cancelled"


def test_another_person_sees_nothing_of_it(
    page: Page, quick_site: Site, new_context: Callable[..., BrowserContext]
) -> None:
    open_reports(page, quick_site)
    with page.expect_request(re.compile(r"/durable/\d+-")) as asked:
        build(page)
    address = asked.value.url
    assert page.request.get(address).status == 200
    nobody = new_context().new_page()
    assert nobody.request.get(address).status == 401
    nobody.goto(quick_site.url("/report/"))
    expect(nobody.get_by_text("Reports are for people who are logged in.")).to_be_visible()
    other = new_context().new_page()
    open_reports(other, quick_site, "editor")
    expect(other.get_by_text("No report yet.")).to_be_visible()
    assert other.request.get(address).status == 404
    assert other.evaluate(CANCEL, address) == "not_found"
    expect(page.locator(".report").first.locator("[data-state]")).to_have_text("done")


def test_who_is_logged_out_is_led_back_after_the_login(page: Page, quick_site: Site) -> None:
    page.goto(quick_site.url("/report/"))
    page.get_by_role("button", name="Log in as passenger").click()
    expect(page).to_have_url(quick_site.url("/report/"))
    expect(page.get_by_role("button", name="Build the report")).to_be_enabled()


def test_a_login_that_ended_in_another_tab_is_said(page: Page, quick_site: Site) -> None:
    open_reports(page, quick_site)
    expect(page.get_by_role("button", name="Build the report")).to_be_enabled()
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Build the report").click()
    expect(page.get_by_role("alert")).to_have_text("You have been logged out. Log in, and try again.")
    expect(page.locator(".report").first).to_contain_text("Please log in to do this.")


def test_it_survives_a_restart_of_the_server_without_a_reload(page: Page, tmp_path: Path) -> None:
    with running_site(tmp_path, pace=1) as first:
        open_reports(page, first)
        card = build(page)
        expect(card.locator("[data-text]")).to_have_text(ROW)
        page.evaluate("window.neverReloaded = true")
        first.stop()
        assert first.process.returncode == 0
        expect(card.locator("[data-state]")).to_have_text("in progress")
    with running_site(tmp_path, pace=0.1, port=first.port) as second:
        expect(card.locator("[data-state]")).to_have_text("done", timeout=60_000)
        assert page.evaluate("window.neverReloaded") is True
        [job] = second.rows("SELECT state FROM meanwhile_job WHERE kind = 'remote'")
        assert job["state"] == "succeeded"
