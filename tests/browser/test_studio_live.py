"""The Studio's pages stay where they are while they follow, filter, page and are operated, whatever the connection."""

from __future__ import annotations

import re
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.booking import fill_in, press_book
from tests.browser.site import Site, running_site
from tests.browser.test_studio_watch import SLOWEST, log_in, press_tab_until

OFFLINE = re.compile(r"No connection\. The next try is in \d+ seconds\.")
GONE = "This page can’t be followed any more. Load it again."
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessenschafewaren"
BEHIND_THE_PAGE = 60
"""Runs of an earlier time: more than one page of them."""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Site]:
    """A demo with two bookings, their reminders waiting, and many runs of earlier."""
    with running_site(tmp_path_factory.mktemp("live"), pace=0.2) as site:
        page = browser.new_page()
        for _ in range(2):
            fill_in(page, site)
            pk = press_book(page)
            page.wait_for_url(site.url(f"/bookings/{pk}/"), timeout=SLOWEST)
        page.close()
        _copy_a_run(site, BEHIND_THE_PAGE)
        yield site


@pytest.fixture
def stays(page: Page, studio: Site) -> Iterator[None]:
    """Log in, and see that no page but the one that the test went to was loaded."""
    log_in(page, studio, "operator")
    yield
    assert page.evaluate("window.stayed") is True


def go(page: Page, site: Site, path: str) -> None:
    page.goto(site.url(path))
    page.locator("#live[data-htmx-powered]").wait_for()
    page.evaluate("window.stayed = true")


@pytest.mark.usefixtures("stays")
def test_filters_apply_as_they_are_chosen_and_the_back_button_takes_them_back(page: Page, studio: Site) -> None:
    go(page, studio, "/studio/runs/")
    rows, state = page.locator("#live tbody tr"), page.get_by_label("State")
    everything = rows.count()
    state.focus()
    state.select_option("failed")
    expect(page.get_by_role("heading", name="No run fits these filters")).to_be_visible()
    assert page.url == studio.url("/studio/runs/?state=failed")
    expect(page.locator("#mw-said")).to_have_text("No run fits these filters")
    expect(page.get_by_role("link", name="Clear")).to_be_visible()
    expect(state).to_be_focused()
    page.get_by_label("Person").fill("nobody")
    page.get_by_label("Person").press("Enter")
    page.wait_for_url(re.compile(r"\?person=nobody&state=failed$"))
    page.go_back()
    page.wait_for_url(studio.url("/studio/runs/?state=failed"))
    expect(page.get_by_label("Person")).to_have_value("")
    expect(state).to_have_value("failed")
    page.go_back()
    expect(rows).to_have_count(everything)
    expect(state).to_have_value("")
    assert page.url == studio.url("/studio/runs/")


@pytest.mark.usefixtures("stays")
def test_pages_of_runs_are_turned_by_keyboard_without_loading_another_one(page: Page, studio: Site) -> None:
    go(page, studio, "/studio/runs/")
    first = page.locator("#live tbody tr").first.get_attribute("id")
    older = page.get_by_role("link", name="Older")
    older.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("before="))
    expect(page.get_by_role("link", name="The latest")).to_be_visible()
    assert page.evaluate("document.activeElement.closest('#live') !== null")
    assert page.locator("#live tbody tr").first.get_attribute("id") != first
    second = page.locator("#live tbody tr").first.get_attribute("id")
    page.get_by_role("link", name="The latest").click()
    expect(page.locator("#live tbody tr").first).to_have_attribute("id", first or "")
    page.go_back()
    expect(page.locator("#live tbody tr").first).to_have_attribute("id", second or "")
    page.go_back()
    expect(page.locator("#live tbody tr").first).to_have_attribute("id", first or "")
    assert page.url == studio.url("/studio/runs/")


@pytest.mark.usefixtures("stays")
def test_the_lists_of_the_queue_are_looked_at_in_place_and_over_and_over(page: Page, studio: Site) -> None:
    go(page, studio, "/studio/queue/")
    for name in ("Later", "Succeeded", "Later", "Succeeded"):
        tab = page.get_by_role("link", name=re.compile(f"^{name}"))
        tab.click()
        expect(page.locator("table caption").first).to_have_text(name)
        expect(tab).to_have_attribute("aria-current", "page")
        expect(tab).to_be_focused()
        expect(page.locator("#mw-said")).to_have_text(name)
    assert page.url == studio.url("/studio/queue/?list=succeeded")


@pytest.mark.usefixtures("stays")
def test_the_plots_of_the_queue_change_their_span_and_not_the_address(page: Page, studio: Site) -> None:
    go(page, studio, "/studio/queue/")
    day = page.get_by_role("link", name="Last day")
    day.click()
    expect(day).to_have_attribute("aria-current", "true")
    expect(day).to_be_focused()
    assert page.url == studio.url("/studio/queue/")
    page.goto(studio.url("/studio/queue/plots/"))
    page.evaluate("window.stayed = true")
    day.click()
    page.wait_for_url(studio.url("/studio/queue/plots/?span=day"))


@pytest.mark.usefixtures("stays")
def test_a_lost_connection_is_told_and_the_page_goes_on_when_it_is_back(page: Page, studio: Site) -> None:
    go(page, studio, "/studio/queue/?list=later")
    rows = page.locator("#live tbody tr").count()
    page.context.set_offline(True)
    expect(page.get_by_text(OFFLINE)).to_be_visible(timeout=SLOWEST)
    page.get_by_role("button", name=re.compile("^Run now: job")).first.click()
    expect(page.locator(".mw-toast")).to_contain_text("No connection: nothing was done. Please try again.")
    expect(page.locator("#live tbody tr")).to_have_count(rows)
    page.context.set_offline(False)
    expect(page.get_by_text(OFFLINE)).to_have_count(0, timeout=SLOWEST)


@pytest.mark.usefixtures("stays")
def test_a_page_of_somebody_else_is_not_put_in_the_place_of_the_part(page: Page, studio: Site) -> None:
    go(page, studio, "/studio/queue/?list=later")
    page.route("**/queue/?list=later", lambda route: route.fulfill(body="<h1>Log in to the network</h1>"))
    expect(page.get_by_text(GONE)).to_be_visible(timeout=SLOWEST)
    expect(page.get_by_text("Log in to the network")).to_have_count(0)
    expect(page.locator("#live tbody tr").first).to_be_visible()


@pytest.mark.usefixtures("stays")
def test_a_server_in_trouble_is_asked_again(page: Page, studio: Site) -> None:
    go(page, studio, "/studio/queue/?list=later")
    trouble = "**/queue/?list=later"
    page.route(trouble, lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
    expect(page.get_by_text(OFFLINE)).to_be_visible(timeout=SLOWEST)
    expect(page.get_by_text("Bad gateway")).to_have_count(0)
    page.unroute(trouble)
    expect(page.get_by_text(OFFLINE)).to_have_count(0, timeout=SLOWEST)


@pytest.mark.usefixtures("stays")
def test_a_button_that_is_pressed_twice_does_it_once_and_keeps_the_focus(page: Page, studio: Site) -> None:
    go(page, studio, "/studio/queue/?list=later")
    sent: list[str] = []

    def delayed(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.post_data or "")
            page.wait_for_timeout(300)
        route.continue_()

    page.route("**/queue/?list=later", delayed)
    button = page.get_by_role("button", name=re.compile("^Run now: job")).last
    press_tab_until(page, button)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#mw-said")).to_have_text(re.compile("is due now"))
    assert len(sent) == 1
    assert page.evaluate("document.activeElement !== document.body && document.activeElement.isConnected")


@pytest.mark.usefixtures("stays")
def test_the_focus_stays_near_when_what_has_it_is_gone(page: Page, studio: Site) -> None:
    fill_in(other := page.context.new_page(), studio)
    press_book(other)
    go(page, studio, "/studio/queue/?list=later")
    row = page.locator("#live tbody tr").last
    row.get_by_role("link").focus()
    number = (row.get_attribute("id") or "").removeprefix("row-")
    go(other, studio, "/studio/queue/?list=later")
    other.locator(f"#row-{number} summary").click()
    other.locator(f"#row-{number}").get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator(f"#row-{number}")).to_have_count(0, timeout=SLOWEST)
    assert page.evaluate("document.activeElement.closest('#live') !== null")
    expect(other.locator("#mw-said")).to_have_text(f"Job #{number} is cancelled.")
    assert other.evaluate("document.activeElement.closest('#live') !== null")
    other.locator(".mw-toast button").press("Enter")
    expect(other.locator("main")).to_be_focused()


def test_an_unchanged_page_costs_an_empty_answer_each_time(page: Page, studio: Site) -> None:
    log_in(page, studio, "operator")
    go(page, studio, "/studio/queue/?list=failed")
    for _ in range(2):
        with page.expect_response(lambda one: "list=failed" in one.url and one.status == 304) as asked:
            pass
        assert asked.value.request.headers["hx-ptag"] == page.locator("#live").get_attribute("hx-ptag")


@pytest.mark.parametrize("width", [1280, 390])
def test_long_names_break_and_the_page_is_no_wider_than_the_window(page: Page, studio: Site, width: int) -> None:
    log_in(page, studio, "operator")
    page.set_viewport_size({"width": width, "height": 844})
    go(page, studio, "/studio/runs/")
    card = page.locator("#live .mw-card").bounding_box()
    table = page.locator("#live table").bounding_box()
    expect(page.get_by_text(LONG_NAME).first).to_be_visible()
    assert card is not None
    assert table is not None
    assert table["width"] <= card["width"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def _copy_a_run(site: Site, number: int) -> None:
    """Add runs that are like one that is there, but of an earlier time: the id begins with it."""
    [run] = site.rows("SELECT * FROM meanwhile_run WHERE state = 'succeeded' OR state = 'running' LIMIT 1")
    columns = run.keys()
    base = uuid.UUID(run["id"]).int
    earlier = [uuid.UUID(int=base - ((index + 1) << 90)).hex for index in range(number)]
    changed = [{"id": value, "actor_name": LONG_NAME, "actor_pk": ""} for value in earlier]
    rows = [[one.get(name, run[name]) for name in columns] for one in changed]
    names, places = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
    with closing(sqlite3.connect(site.data / "demo.sqlite3", timeout=20)) as connection, connection:
        connection.executemany(f"INSERT INTO meanwhile_run ({names}) VALUES ({places})", rows)
