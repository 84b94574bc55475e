"""The seed story: a tree made in the browser, published, and its run watched; by mouse, and by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import studio
from tests.browser.booking import fill_in, press_book
from tests.browser.site import Site

TREE = [
    "  Update Status",
    "  Update Reference",
    "  Background",
    "    Update Ticket",
    "    Update Passenger's name",
    "    Send e-mail “Hello”",
    "  Delay",
]


def test_a_tree_is_made_by_mouse_and_its_run_watched(
    page: Page, quick_site: Site, new_context: Callable[..., BrowserContext]
) -> None:
    studio.log_in(page, quick_site)
    page.goto(quick_site.url("/studio/types/bookings.Booking/"))
    page.get_by_role("link", name="New tree").first.click()
    page.get_by_role("textbox", name="Name").fill("Made by mouse")
    page.get_by_role("button", name="Make the tree").click()
    studio.ready(page)

    studio.new(page, "Action", "Update Field")
    studio.add_field(page, "status", "made by mouse")
    studio.new(page, "Action", "Update Field")
    studio.add_field(page, "reference", "MOUSE")
    studio.new(page, "Execution", "Background")
    studio.new(page, "Action", "Update Field")
    studio.add_field(page, "ticket", "T-1")
    studio.new(page, "Action", "Update Field")
    studio.add_field(page, "name", "Mouse")
    studio.new(page, "Action", "Send Email")
    form = page.locator(studio.FORM)
    form.get_by_role("button", name="Add recipients").click()
    expect(page.locator("#mw-f-to-0")).to_be_focused()
    page.locator("#mw-f-to-0").fill("{{ record.email }}")
    page.locator("#mw-f-subject").fill("Hello")
    page.locator("#mw-f-body").fill("It is done.")
    page.locator("#mw-f-body").blur()
    studio.saved(page)
    studio.row(page, "Made by mouse").click()
    studio.new(page, "Execution", "Delay")
    assert studio.rows(page)[1:] == TREE
    expect(studio.row(page, "Send e-mail")).to_have_attribute("aria-level", "3")
    studio.publish(page, "The first one")
    expect(page.get_by_text("Version 1 is published").first).to_be_visible()
    _submit_and_watch(page, quick_site, new_context, "made-by-mouse", "Mouse")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_same_by_keyboard_alone(
    page: Page, quick_site: Site, new_context: Callable[..., BrowserContext], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    studio.log_in(page, quick_site)
    page.goto(quick_site.url("/studio/types/bookings.Booking/"))
    _press_until(page, "Tab", "document.activeElement.textContent.trim() === 'New tree'")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("trees/new"))
    expect(page.get_by_role("textbox", name="Name")).to_be_focused()
    page.keyboard.type(f"Made by keys {width}")
    page.keyboard.press("Enter")
    studio.ready(page)
    _press_until(page, "Tab", "document.activeElement.getAttribute('role') === 'treeitem'")

    _new(page, "a", "u")
    _field(page, "Status", "made by keys")
    _new(page, "a", "u")
    _field(page, "Reference", "KEYS")
    _new(page, "e", "b")
    _new(page, "a", "u")
    _field(page, "Ticket", "T-2")
    _new(page, "a", "u")
    _field(page, "Passenger", "Keys")
    _new(page, "a", "s")
    page.keyboard.press("Enter")
    _press_until(page, "Tab", "document.activeElement.textContent.includes('Add recipients')")
    page.keyboard.press("Enter")
    page.keyboard.type("{{ record.email }}")
    _press_until(page, "Tab", "document.activeElement.id === 'mw-f-subject'")
    page.keyboard.type("Hello")
    _press_until(page, "Tab", "document.activeElement.id === 'mw-f-body'")
    page.keyboard.type("It is done.")
    studio.saved(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    _new(page, "e", "d")
    assert studio.rows(page)[1:] == TREE
    _press_until(page, "Shift+Tab", "document.activeElement.dataset.do === 'publish'")
    page.keyboard.press("Enter")
    expect(page.get_by_label("What is different?")).to_be_focused()
    page.keyboard.type("By keys")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#mw-toasts")).to_contain_text("Version 1 is published")
    expect(page.locator('[data-do="publish"]')).to_be_focused()
    _submit_and_watch(page, quick_site, new_context, f"made-by-keys-{width}", "Keys")


def _submit_and_watch(page: Page, site: Site, new_context: Callable[..., BrowserContext], key: str, name: str) -> None:
    """Submit the form in another window; the run shows the foreground before the page and the rest after it."""
    other = new_context().new_page()
    fill_in(other, site)
    pk = press_book(other)
    page.goto(site.url(f"/studio/runs/?tree={key}"))
    page.get_by_role("table").get_by_role("link").first.click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/"))
    expect(page.get_by_text("Send e-mail “Hello”")).to_be_visible()
    text = page.locator("main").inner_text()
    line = page.locator(".mw-page-line").first
    expect(line).to_be_visible()
    before, after = _above(page, "Update Status"), _above(page, "Send e-mail “Hello”")
    assert before is True
    assert after is False
    assert "Update Reference" in text
    expect(page.locator(".mw-part--later").first).to_contain_text("done", ignore_case=True)
    assert site.booking(pk)["name"] == name
    assert any(mail["subject"] == "Hello" for mail in site.rows("SELECT subject FROM bookings_mail"))
    studio.open_tree(page, site, key)
    page.locator(".mw-head--editor summary").click()
    page.get_by_role("button", name="Switch the tree off").click()
    expect(page.get_by_text("switched off")).to_be_visible()


def _above(page: Page, title: str) -> bool:
    """Whether a step stands above the line of the page."""
    return bool(
        page.evaluate(
            """title => {
              const steps = [...document.querySelectorAll(".mw-step__label")];
              const step = steps.find(one => one.textContent.includes(title));
              const line = document.querySelector('.mw-page-line');
              return step.getBoundingClientRect().bottom <= line.getBoundingClientRect().top + 1;
            }""",
            title,
        )
    )


def _press_until(page: Page, key: str, condition: str) -> None:
    for _ in range(60):
        if page.evaluate(condition):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} never led to where {condition}")


def _new(page: Page, group: str, kind: str) -> None:
    """Choose from the menu New by letters; the focus is in the tree before and after."""
    number = page.get_by_role("treeitem").count()
    page.keyboard.press("Insert")
    for letter in group.split():
        page.keyboard.press(letter)
    page.keyboard.press("ArrowRight")
    page.keyboard.press(kind)
    page.keyboard.press("Enter")
    expect(page.get_by_role("treeitem")).to_have_count(number + 1)
    studio.saved(page)
    assert page.evaluate("document.activeElement.getAttribute('role')") == "treeitem"


def _field(page: Page, label: str, value: str) -> None:
    """Add a field by the list's letters and type its value."""
    page.keyboard.press("Enter")
    _press_until(page, "Tab", "document.activeElement.id === 'mw-f-set-add'")
    page.keyboard.press("Enter")
    page.keyboard.type(label)
    page.keyboard.press("Enter")
    expect(page.locator("[id^='mw-f-set-']:not([id$='-add']):not([id$='-kind']):focus")).to_be_visible()
    page.keyboard.type(value)
    studio.saved(page)
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "treeitem"
