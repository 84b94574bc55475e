"""A scheduled tree is made with the editor's controls, tells its times and its records, and is run now."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser import studio
from tests.browser.site import Site

TOLD = ".mw-schedule .mw-matching"
COMING = ".mw-coming li"


def event_of(page: Page, site: Site, key: str) -> dict[str, Any]:
    """The event of the draft, as it is exported."""
    studio.saved(page)
    found: dict[str, Any] = json.loads(page.request.get(site.url(f"/studio/trees/{key}/export.json")).text())["on"]
    return found


def new_scheduled(page: Page, site: Site, name: str, model: str) -> str:
    page.goto(site.url(f"/studio/trees/new/?model={model}"))
    page.get_by_role("textbox", name="Name").fill(name)
    page.locator("[name=event][value=scheduled]").check()
    page.get_by_role("button", name="Make the tree").click()
    studio.ready(page)
    return page.url.rstrip("/").rpartition("/")[2]


def test_a_tree_for_the_records_of_a_query_is_made_by_clicking(page: Page, quick_site: Site) -> None:
    studio.log_in(page, quick_site)
    key = new_scheduled(page, quick_site, "Every morning", "bookings.Booking")
    expect(page.locator(TOLD)).to_have_text("every day at 7 a.m.")
    expect(page.locator(COMING)).to_have_count(5)
    cron = page.get_by_label("Cron expression")
    cron.fill("0 25 * * *")
    expect(page.locator(TOLD)).to_contain_text("“25” can't be the hour")
    expect(page.locator(COMING)).to_have_count(0)
    expect(page.locator('[data-part="problems"]')).to_contain_text("“25” can't be the hour")
    expect(cron).to_have_attribute("aria-invalid", "true")
    cron.fill("30 8 * * mon-fri")
    expect(page.locator(TOLD)).to_have_text("every weekday at 8:30 a.m.")
    page.get_by_role("button", name="Add a rule").click()
    page.locator("#mw-f-on-where-0-field").select_option("status")
    page.locator("#mw-f-on-where-0-value").fill("no such status")
    expect(page.locator(".mw-field--where .mw-matching")).to_have_text("would fire for 0 records now")
    assert event_of(page, quick_site, key) == {
        "event": "scheduled",
        "model": "bookings.Booking",
        "cron": "30 8 * * mon-fri",
        "where": {"status": {"value": "literal", "literal": "no such status"}},
    }
    page.reload()
    studio.ready(page)
    expect(page.locator("#mw-f-on-where-0-value")).to_have_value("no such status")
    expect(cron).to_have_value("30 8 * * mon-fri")


def test_the_value_of_a_rule_is_a_fixed_one_or_now(page: Page, quick_site: Site) -> None:
    studio.log_in(page, quick_site)
    new_scheduled(page, quick_site, "Every evening", "bookings.Booking")
    page.get_by_role("button", name="Add a rule").click()
    kinds = page.locator("#mw-f-on-where-0-value-kind option")
    expect(kinds).to_have_text(["A fixed value", "Now", "Nothing (empty)"])


def test_a_span_takes_the_place_of_a_cron_expression_and_back(page: Page, quick_site: Site) -> None:
    studio.log_in(page, quick_site)
    key = new_scheduled(page, quick_site, "Again", "-")
    way = page.locator("#mw-f-on-times")
    way.select_option("every")
    expect(page.locator(TOLD)).to_have_text("every hour")
    number = page.get_by_role("spinbutton").first
    number.fill("3")
    expect(page.locator(TOLD)).to_have_text("every 3 hours")
    page.get_by_label("Counted from").fill("2030-05-04T07:00")
    expect(page.locator(TOLD)).to_have_text("every 3 hours, from May 4, 2030, 7 a.m. on")
    expect(page.locator(COMING).first).to_have_text("May 4, 2030, 7 a.m.")
    assert event_of(page, quick_site, key) == {
        "event": "scheduled",
        "every": {"hours": 3},
        "starting": "2030-05-04T07:00:00",
    }
    way.select_option("cron")
    expect(page.locator(TOLD)).to_have_text("every day at 7 a.m.")
    assert event_of(page, quick_site, key) == {"event": "scheduled", "cron": "0 7 * * *"}
    way.select_option("every")
    expect(page.get_by_label("Counted from")).to_have_value("2030-05-04T07:00")
    expect(page.locator(TOLD)).to_have_text("every 3 hours, from May 4, 2030, 7 a.m. on")


def test_what_is_published_tells_its_next_time_and_is_run_now(page: Page, quick_site: Site) -> None:
    studio.log_in(page, quick_site)
    key = new_scheduled(page, quick_site, "Nightly", "-")
    studio.new(page, "Execution", "Background")
    expect(page.locator("#mw-schedule")).to_have_count(0)
    studio.publish(page)
    page.reload()
    studio.ready(page)
    expect(page.locator("#mw-schedule")).to_contain_text("every day at 7 a.m.")
    expect(page.locator("#mw-schedule")).to_contain_text("Next:")
    page.get_by_role("button", name="Run now").click()
    expect(page.locator("main")).to_contain_text("It runs as soon as possible, as job")
    page.goto(quick_site.url(f"/studio/runs/?tree={key}"))
    expect(page.locator("main table tbody tr")).to_have_count(1)
    page.goto(quick_site.url("/studio/types/-/"))
    expect(page.locator(f"#tree-{key}")).to_contain_text("next")
