"""The Studio's pages to watch: under the strictest policy, by mouse, by keyboard and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.booking import fill_in, press_book
from tests.browser.site import Site, running_site

PHONE = {"width": 390, "height": 844}
SLOWEST = 20_000


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A demo of its own: its queue is paused at times."""
    with running_site(tmp_path_factory.mktemp("studio"), pace=0.2) as site:
        yield site


@pytest.fixture(scope="module")
def runs(studio: Site, browser: Any) -> dict[str, str]:
    """One run that is done but for its delay, one that failed in the background, one that failed before the page."""
    page = browser.new_page()
    fill_in(page, studio)
    done = press_book(page)
    page.wait_for_url(studio.url(f"/bookings/{done}/"), timeout=SLOWEST)
    fill_in(page, studio, email="bob@refused.example")
    refused = press_book(page)
    expect(page.get_by_text("did not succeed").or_(page.get_by_text("failed")).first).to_be_visible(timeout=SLOWEST)
    fill_in(page, studio, to="Atlantis")
    page.get_by_role("button", name="Book", exact=True).click()
    page.get_by_text("is sold out").first.wait_for()
    page.close()
    found = {}
    for name, condition in (
        ("done", f"record_pk = '{done}' AND page_at IS NOT NULL"),
        ("refused", f"record_pk = '{refused}' AND page_at IS NOT NULL"),
        ("sold out", "page_at IS NULL"),
    ):
        [row] = studio.rows(f"SELECT id FROM meanwhile_run WHERE {condition}")
        found[name] = f"/studio/runs/{UUID(row['id'])}/"
    return found


def log_in(page: Page, site: Site, who: str) -> None:
    page.goto(site.url("/"))
    page.get_by_role("button", name=f"Log in as {who}").click()


def every_page(runs: dict[str, str]) -> dict[str, str]:
    return {
        "types": "/studio/",
        "type": "/studio/types/bookings.Booking/",
        "type without trees": "/studio/types/bookings.Flight/",
        "tree in Python": "/studio/python/booking-received/",
        "runs": "/studio/runs/",
        "no runs": "/studio/runs/?state=cancelled",
        **runs,
        "queue": "/studio/queue/",
        "later": "/studio/queue/?list=later",
        "failed": "/studio/queue/?list=failed",
        "succeeded": "/studio/queue/?list=succeeded",
        "plots": "/studio/queue/plots/?span=day",
        "missing": "/studio/runs/01a20000-0000-7000-8000-000000000000/",
    }


@pytest.mark.parametrize(
    "options",
    [{}, {"color_scheme": "dark"}, {"viewport": PHONE}, {"forced_colors": "active", "reduced_motion": "reduce"}],
    ids=["light", "dark", "phone", "own colours"],
)
def test_no_page_has_a_serious_fault_or_breaks_the_policy_or_is_wider_than_the_window(
    studio: Site, runs: dict[str, str], new_context: Callable[..., BrowserContext], options: dict[str, Any]
) -> None:
    page = new_context(**options).new_page()
    trouble: list[str] = []
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (event) => console.error(`CSP ${event.violatedDirective}`))"
    )
    page.on("console", lambda message: trouble.append(message.text) if "CSP" in message.text else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    log_in(page, studio, "admin")
    for name, path in every_page(runs).items():
        page.goto(studio.url(path))
        page.locator("[data-htmx-powered]").or_(page.locator("main")).first.wait_for()
        found = Axe().run(page).response["violations"]
        serious = [
            f"{name}: {fault['id']} {[node['html'][:120] for node in fault['nodes']][:3]}"
            for fault in found
            if fault["impact"] in {"serious", "critical"}
        ]
        assert serious == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert trouble == []


def test_a_run_is_followed_without_another_page_until_it_is_done(page: Page, studio: Site) -> None:
    log_in(page, studio, "admin")
    fill_in(page, studio)
    pk = press_book(page)
    [row] = studio.rows("SELECT id FROM meanwhile_run WHERE record_pk = ? AND page_at IS NOT NULL", str(pk))
    page.goto(studio.url(f"/studio/runs/{UUID(row['id'])}/"))
    page.evaluate("window.stayed = true")
    after = page.get_by_role("region", name="As soon as possible")
    expect(after.locator(".mw-state").first).to_have_text("succeeded", timeout=SLOWEST)
    expect(after.get_by_text("Find the best seat")).to_be_visible()
    assert page.evaluate("window.stayed") is True
    # Before the page, the line, after the page: from top to bottom.
    tops = [
        top(page.get_by_role("region", name="Before the next page")),
        top(page.get_by_text(re.compile("The next page, after"))),
        top(after),
        top(page.get_by_role("region", name="Two days before departure")),
    ]
    assert tops == sorted(tops)


def test_a_job_is_retried_by_keyboard_alone_and_the_focus_and_the_page_stay(
    page: Page, studio: Site, runs: dict[str, str]
) -> None:
    log_in(page, studio, "operator")
    page.goto(studio.url(runs["refused"]))
    page.evaluate("window.stayed = true")
    region = page.get_by_role("region", name="As soon as possible")
    expect(region.locator(".mw-state").first).to_have_text("failed")
    press_tab_until(page, region.get_by_role("button", name=re.compile("^Retry: job")))
    page.keyboard.press("Enter")
    expect(page.locator("#mw-said")).to_have_text(re.compile("is tried again"))
    expect(region.locator(".mw-state").first).to_have_text("to be tried again", timeout=SLOWEST)
    assert page.evaluate("window.stayed") is True
    assert page.evaluate("document.activeElement !== document.body && document.activeElement.isConnected") is True
    expect(region.locator(".mw-state").first).to_have_text("failed", timeout=SLOWEST)


def test_a_menu_opens_and_closes_by_keyboard_and_gives_the_focus_back(page: Page, studio: Site) -> None:
    log_in(page, studio, "operator")
    page.goto(studio.url("/studio/queue/"))
    pause = page.locator("summary").filter(has_text="Pause")
    press_tab_until(page, pause)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Why? (shown on every page)")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Why? (shown on every page)")).to_be_hidden()
    expect(pause).to_be_focused()


def test_what_a_person_types_and_has_opened_stays_while_the_page_follows_the_queue(page: Page, studio: Site) -> None:
    log_in(page, studio, "operator")
    page.goto(studio.url("/studio/queue/?list=later"))
    page.locator("summary").filter(has_text="Pause").click()
    page.get_by_label("Why? (shown on every page)").fill("The mail server moves")
    before = page.locator("#live").get_attribute("hx-ptag")
    other = page.context.browser.new_page()  # type: ignore[union-attr]
    rows = page.locator("tbody tr").count()
    fill_in(other, studio)
    press_book(other)
    other.close()
    expect(page.locator("tbody tr")).to_have_count(rows + 1, timeout=SLOWEST)
    assert before
    expect(page.get_by_label("Why? (shown on every page)")).to_have_value("The mail server moves")
    expect(page.get_by_label("Why? (shown on every page)")).to_be_focused()


def test_the_queue_is_paused_and_resumed_and_a_waiting_job_says_why_it_waits(page: Page, studio: Site) -> None:
    log_in(page, studio, "operator")
    page.goto(studio.url("/studio/queue/"))
    page.locator("summary").filter(has_text="Pause").click()
    page.get_by_label("Why? (shown on every page)").fill("The mail server moves")
    page.get_by_role("button", name="Pause the queue").click()
    try:
        expect(page.get_by_role("button", name="Resume")).to_be_visible()
        other = page.context.browser.new_page()  # type: ignore[union-attr]
        fill_in(other, studio)
        pk = press_book(other)
        page.goto(studio.url("/studio/queue/?list=due"))
        expect(page.locator("tbody tr").first).to_contain_text("The queue is paused.")
        assert studio.background(pk) == []
        page.goto(studio.url("/studio/runs/"))
        expect(page.get_by_text("“The mail server moves”")).to_be_visible()
    finally:
        page.goto(studio.url("/studio/queue/"))
        page.get_by_role("button", name="Resume").click()
    other.wait_for_url(studio.url(f"/bookings/{pk}/"), timeout=SLOWEST)
    other.close()


def test_without_javascript_a_job_is_run_now_and_cancelled(
    studio: Site, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    for _ in range(2):
        fill_in(page, studio)
        page.get_by_role("button", name="Book", exact=True).click()
        page.wait_for_url(re.compile("/wait/$"))
    log_in(page, studio, "operator")
    page.goto(studio.url("/studio/queue/?list=later"))
    page.get_by_role("button", name=re.compile("^Run now: job")).last.click()
    expect(page.get_by_text("is due now")).to_be_visible()
    page.locator("tbody details.mw-menu summary").last.click()
    page.get_by_role("button", name="Cancel", exact=True).last.click()
    expect(page.locator(".mw-note").filter(has_text="Job #")).to_be_visible()


def test_a_failed_foreground_shows_where_it_stopped(page: Page, studio: Site, runs: dict[str, str]) -> None:
    log_in(page, studio, "operator")
    page.goto(studio.url(runs["sold out"]))
    expect(page.get_by_text("It failed before the page")).to_be_visible()
    expect(page.get_by_text("The person got the form back")).to_be_visible()


def test_runs_are_filtered_by_keyboard(page: Page, studio: Site, runs: dict[str, str]) -> None:
    assert runs
    log_in(page, studio, "operator")
    page.goto(studio.url("/studio/runs/"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    press_tab_until(page, page.get_by_label("State"))
    page.keyboard.type("fai")
    press_tab_until(page, page.get_by_role("button", name="Filter"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("state=failed"))
    states = page.locator("tbody .mw-state").all_inner_texts()
    assert set(states) == {"failed"}


@pytest.mark.parametrize("who", ["editor", "publisher"])
def test_whoever_may_not_operate_is_offered_nothing_to_do(
    page: Page, studio: Site, runs: dict[str, str], who: str
) -> None:
    log_in(page, studio, who)
    for path in (runs["refused"], "/studio/queue/?list=later"):
        page.goto(studio.url(path))
        expect(page.get_by_role("button", name=re.compile("Retry|Run now|Cancel|Pause"))).to_have_count(0)


def test_a_passenger_is_told_that_it_is_not_open_to_them(page: Page, studio: Site) -> None:
    log_in(page, studio, "passenger")
    page.goto(studio.url("/studio/"))
    expect(page.get_by_role("heading", name="This is not open to you")).to_be_visible()


def test_a_page_whose_session_ended_says_so_and_stops_asking(page: Page, studio: Site) -> None:
    log_in(page, studio, "operator")
    page.goto(studio.url("/studio/queue/"))
    page.context.clear_cookies()
    said = page.locator("#mw-offline")
    expect(said).to_contain_text("You are not logged in any more.", timeout=SLOWEST)
    expect(said.get_by_role("link", name="Log in")).to_have_attribute("href", re.compile(r"\?next=/studio/queue/$"))


def test_what_is_done_to_a_run_after_the_session_has_ended_leads_to_log_in_and_back_to_the_run(
    page: Page, studio: Site, runs: dict[str, str]
) -> None:
    log_in(page, studio, "operator")
    page.goto(studio.url(runs["refused"]))
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name=re.compile("^(Retry|Run now): job")).first.click()
    toast = page.locator("#mw-toasts")
    expect(toast).to_contain_text("You are not logged in any more.")
    toast.get_by_role("link", name="Log in").click()
    expect(page).to_have_url(re.compile("[?]next="))
    asked = parse_qs(urlsplit(page.url).query)["next"]
    assert asked == [runs["refused"]]


def top(place: Locator) -> float:
    box = place.bounding_box()
    assert box is not None
    return box["y"]


def press_tab_until(page: Page, wanted: Locator) -> None:
    """Go on with the Tab key until an element has the focus."""
    for _ in range(80):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} can't be reached with the Tab key")
