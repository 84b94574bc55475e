"""The search for an airport: abortable and storable actions behind a combobox for every keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.calls import ENDPOINT, RequestLog
from tests.browser.site import Site


@pytest.fixture
def field(page: Page, site: Site) -> Locator:
    page.goto(site.url("/airports/"))
    return page.get_by_role("combobox", name="City, country or code")


def options(page: Page) -> Locator:
    return page.get_by_role("option")


def texts(log: RequestLog) -> list[str]:
    return [params["text"] for request in log.sent() for params in request.params]


def test_fast_typing_sends_only_what_is_still_wanted(page: Page, field: Locator) -> None:
    log = RequestLog(page)
    held: list[Route] = []
    page.route(f"**{ENDPOINT}", lambda route: route.continue_() if held else held.append(route))
    field.press("j")
    expect(page.locator("[data-count=requests]")).to_have_text("1")
    field.press_sequentially("apan")
    expect(page.locator("[data-count=keys]")).to_have_text("5")
    held[0].continue_()
    expect(options(page)).to_have_count(3)
    assert texts(log) == ["j", "japan"]
    expect(page.locator("[data-count=requests]")).to_have_text("2")
    expect(page.locator("[data-count=dropped]")).to_have_text("3")


def test_an_answer_that_comes_too_late_is_not_shown(page: Page, field: Locator) -> None:
    log = RequestLog(page)
    field.press("n")
    expect(page.locator("[data-count=requests]")).to_have_text("1")
    field.press("Backspace")
    assert texts(log) == ["n"]
    expect(page.locator("meanwhile-inspector .done .action")).to_have_attribute("data-state", "ABORTED")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(options(page)).to_have_count(0)


def test_going_back_a_letter_asks_nothing(page: Page, field: Locator) -> None:
    field.press("n")
    expect(options(page).first).to_be_visible()
    several = options(page).all_inner_texts()
    field.press("e")
    expect(options(page)).not_to_have_text(several)
    log = RequestLog(page)
    field.press("Backspace")
    expect(options(page)).to_have_text(several, use_inner_text=True)
    assert log.sent() == []
    assert page.locator("[data-count=stored]").inner_text() == "1"


def test_the_keyboard_chooses(page: Page, field: Locator) -> None:
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press_sequentially("japan")
    expect(options(page)).to_have_count(3)
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("status").filter(has_text="3 airports")).to_be_attached()
    assert field.get_attribute("aria-activedescendant") is None
    for key, marked in [("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0), ("ArrowUp", None), ("ArrowUp", 2)]:
        field.press(key)
        for number in range(3):
            expect(options(page).nth(number)).to_have_attribute("aria-selected", str(number == marked).lower())
        active = None if marked is None else options(page).nth(marked).get_attribute("id")
        assert field.get_attribute("aria-activedescendant") == active
    expect(field).to_be_focused()
    field.press("Enter")
    expect(field).to_have_value("Tokyo (HND)")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(page.locator("[data-chosen]")).to_have_text("HND: Tokyo, Japan")


def test_escape_closes_and_then_clears(page: Page, field: Locator) -> None:
    field.press_sequentially("par")
    expect(page.get_by_role("listbox")).to_be_visible()
    field.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(field).to_have_value("par")
    field.press("ArrowDown")
    expect(page.get_by_role("listbox")).to_be_visible()
    field.press("Escape")
    field.press("Escape")
    expect(field).to_have_value("")


def test_the_pointer_chooses_too(page: Page, field: Locator) -> None:
    field.press_sequentially("muc")
    options(page).first.click()
    expect(field).to_have_value("Munich (MUC)")
    expect(field).to_be_focused()


def test_what_is_not_there_is_said(page: Page, field: Locator) -> None:
    field.press_sequentially("xyz")
    expect(page.get_by_role("status").filter(has_text="No airport begins with “xyz”.")).to_be_visible()
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_accents_need_not_be_typed(page: Page, field: Locator) -> None:
    field.fill("malaga")
    expect(options(page)).to_have_text(["Málaga (AGP) Spain"])
    field.fill("dusseldorf")
    expect(options(page)).to_have_text(["Düsseldorf (DUS) Germany"])
