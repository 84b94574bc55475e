"""Try it, look at an e-mail before it is sent, count what a condition matches, and bring a version back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import studio
from tests.browser.studio_seed import first, literal, mail
from tests.browser.studio_states import select
from tests.browser.studio_world import World

IF = {
    "kind": "if",
    "label": "Which",
    "condition": {"test": "is", "field": "status", "op": "==", "to": literal("confirmed")},
    "then": [{**first("Confirmed"), "set": {"reference": literal("YES")}}],
    "otherwise": [{**first("Not confirmed"), "set": {"reference": literal("NO")}}],
}
LATER = [mail("Write"), {**first("Last"), "set": {"ticket": {"value": "template", "template": "T-{{ record.pk }}"}}}]
TREE = {
    "meanwhile": 1,
    "name": "Tried",
    "on": {"event": "saved", "model": "bookings.Booking"},
    "do": [IF, {"kind": "background", "label": "Behind", "do": LATER}],
}


@pytest.fixture
def page(world: World, new_context: Callable[..., BrowserContext]) -> Page:
    """The editor of a new tree, in an admin's browser."""
    page = new_context(storage_state=world.admin).new_page()
    page.goto(world.site.url("/studio/import/"))
    page.get_by_label("Or its text").fill(json.dumps({**TREE, "key": f"try-{uuid4().hex}"}))
    page.get_by_role("button", name="Import", exact=True).click()
    studio.ready(page)
    return page


def kept(world: World) -> list[Any]:
    """What a trial must leave as it is."""
    tables = ("bookings_booking", "bookings_mail", "bookings_seat", "meanwhile_run", "meanwhile_studioversion")
    rows = [[tuple(row) for row in world.site.rows(f"SELECT * FROM {table} ORDER BY id")] for table in tables]
    return [*rows, [tuple(row) for row in world.site.rows("SELECT id, state FROM meanwhile_job ORDER BY id")]]


def try_it(page: Page) -> None:
    page.get_by_role("link", name="Try it").click()
    page.get_by_label("Booking to try it on").select_option("1")


def step(page: Page, title: str) -> Any:
    return page.locator(".mw-step").filter(has=page.locator(".mw-step__label", has_text=title)).first


def test_each_step_is_shown_with_before_and_after_and_nothing_of_it_is_kept(page: Page, world: World) -> None:
    before = kept(world)
    try_it(page)
    page.get_by_role("button", name="Try it", exact=True).click()
    expect(page.get_by_text("It would run to its end. Nothing of it was kept.")).to_be_visible()
    foreground = page.get_by_role("region", name="Before the next page")
    expect(foreground).to_contain_text("It holds: this way.")
    changed = step(page, "Confirmed").locator(".mw-changes")
    expect(changed.locator("del")).to_have_text("MW0001")
    expect(changed.locator("ins")).to_have_text("YES")
    behind = page.get_by_role("region", name="Behind")
    expect(behind).to_contain_text("as soon as possible")
    expect(step(page, "Write")).to_contain_text("shown, not done")
    expect(step(page, "Write")).to_contain_text("ada@example.com")
    expect(step(page, "Write")).to_contain_text("Hello Ada Lovelace")
    expect(step(page, "Last").locator("ins")).to_have_text("T-1")
    # From top to bottom: before the page, the page, after it.
    places = [foreground, page.get_by_text("The person gets the next page here"), behind]
    tops = [place.bounding_box()["y"] for place in places]  # type: ignore[index]
    assert tops == sorted(tops)
    assert kept(world) == before


def test_what_somebody_types_goes_another_way(page: Page, world: World) -> None:
    before = kept(world)
    try_it(page)
    page.locator("summary", has_text="As if somebody had typed").click()
    page.get_by_label("Status").fill("cancelled")
    page.get_by_role("button", name="Try it", exact=True).click()
    expect(page.get_by_role("region", name="Before the next page")).to_contain_text("the other way")
    expect(step(page, "Not confirmed").locator("ins")).to_have_text("NO")
    typed = page.locator("section").filter(has=page.get_by_role("heading", name="What was typed"))
    expect(typed.locator("ins")).to_have_text("cancelled")
    # What was typed is there to try again.
    expect(page.get_by_label("Status")).to_have_value("cancelled")
    expect(page.get_by_label("Booking to try it on")).to_have_value("1")
    assert kept(world) == before


def test_a_step_that_fails_says_why_at_its_place(page: Page, world: World) -> None:
    select(page, "1.1")
    page.locator("#mw-f-set-ticket").fill("{{ record.name|floatformat:'x' }}{{ record.name.upper }}")
    page.locator("#mw-f-set-ticket").blur()
    studio.saved(page)
    before = kept(world)
    try_it(page)
    page.get_by_role("button", name="Try it", exact=True).click()
    expect(step(page, "Last")).to_contain_text("fails")
    expect(step(page, "Last").locator(".mw-trouble")).to_contain_text("is a method, and a template calls none")
    assert kept(world) == before


def test_an_email_is_previewed_for_a_record_and_not_sent(page: Page, world: World) -> None:
    before = kept(world)
    select(page, "1.0")
    form = page.locator(studio.FORM)
    form.locator("#mw-f-subject").fill("To {{ record.name }}, {{ record.reference }}")
    form.locator("summary", has_text="Preview").click()
    form.locator("#mw-preview-record").click()
    form.locator("[role=option]", has_text="MW0001").click()
    form.get_by_role("button", name="Show", exact=True).click()
    written = form.locator(".mw-mail")
    expect(written).to_contain_text("To Ada Lovelace, MW0001")
    expect(written).to_contain_text("ada@example.com")
    expect(written).to_have_attribute("role", "status")
    form.locator("#mw-f-subject").fill("{{ record.name")
    form.get_by_role("button", name="Show", exact=True).click()
    assert kept(world) == before


def test_a_condition_says_live_how_many_records_it_would_match(page: Page, world: World) -> None:
    select(page, "0")
    number = world.site.rows("SELECT count(*) FROM bookings_booking")[0][0]
    confirmed = world.site.rows("SELECT count(*) FROM bookings_booking WHERE status = 'confirmed'")[0][0]
    form = page.locator(studio.FORM)
    said = form.locator(".mw-matching")
    expect(said).to_have_attribute("role", "status")
    expect(said).to_have_text(re.compile(f"would match {confirmed} of {number} records"))
    form.locator(".mw-condition").get_by_role("textbox").first.fill("nothing of this name")
    expect(said).to_have_text(re.compile(f"would match 0 of {number} records"))
    form.locator(".mw-condition").get_by_role("textbox").first.fill("received")
    expect(said).not_to_have_text(re.compile("would match 0"))


def test_a_version_is_brought_back_into_the_draft_and_can_be_undone(page: Page, world: World) -> None:
    studio.publish(page, "The first")
    select(page, "1")
    page.keyboard.press("Delete")
    expect(page.locator(".mw-row")).to_have_count(4)
    studio.saved(page)
    key = re.findall(r"/trees/([\w-]+)/", page.url)[0]
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("region", name="Draft")).to_contain_text("removed")
    expect(page.get_by_role("region", name="Version 1")).to_contain_text("The first")
    page.get_by_role("link", name="Look at it").click()
    expect(page.get_by_role("region", name="From this version to the draft")).to_contain_text("Behind")
    page.get_by_role("button", name="Bring it back into the draft").click()
    studio.ready(page)
    expect(page.get_by_text("Version 1 is in the draft now.")).to_be_visible()
    expect(page.locator(".mw-row")).to_have_count(7)
    expect(page.get_by_text("Version 1 is published").first).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).last.click()
    expect(page.locator(".mw-row")).to_have_count(4)
    studio.saved(page)
    [row] = world.site.rows("SELECT enabled FROM meanwhile_studiotree WHERE key = ?", key)
    assert row["enabled"]
    page.locator(".mw-head--editor summary").click()
    page.get_by_role("button", name="Switch the tree off").click()
    expect(page.get_by_text("switched off").first).to_be_visible()
