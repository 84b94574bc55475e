"""What is done to the nodes of a tree in the editor: moved, copied, deleted, mended; by whom, and on which screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import studio
from tests.browser.site import Site


@pytest.fixture
def tree(page: Page, quick_site: Site) -> str:
    studio.log_in(page, quick_site)
    return studio.plan(page, quick_site)


def titles(page: Page) -> list[str]:
    return studio.rows(page)[1:]


def test_moving_by_keys_and_undoing_it_keep_the_focus_and_are_announced(page: Page, tree: str) -> None:
    studio.row(page, "Three").click()
    page.keyboard.press("Alt+ArrowUp")
    assert titles(page) == ["  One", "  Three", "  Two", "  Background"]
    studio.saved(page)
    expect(page.locator("#mw-said")).to_have_text("Move “Three”")
    expect(studio.row(page, "Three")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowDown")
    assert titles(page) == ["  One", "  Two", "  Background", "  Three"]
    page.keyboard.press("Alt+ArrowRight")
    assert titles(page) == ["  One", "  Two", "  Background", "    Three"]
    studio.saved(page)
    expect(studio.row(page, "Three")).to_contain_text("after the page, as soon as possible")
    for _ in range(4):
        page.keyboard.press("Control+z")
        studio.saved(page)
    expect(studio.row(page, "Three")).to_have_attribute("aria-posinset", "3")
    assert titles(page) == ["  One", "  Two", "  Three", "  Background"]
    page.keyboard.press("Control+Shift+z")
    studio.saved(page)
    assert titles(page) == ["  One", "  Three", "  Two", "  Background"]
    assert page.evaluate("document.activeElement.getAttribute('role')") == "treeitem"


def test_dragging_and_its_twin_in_the_menu_do_the_same(page: Page, tree: str) -> None:
    studio.row(page, "One").drag_to(studio.row(page, "Background"))
    expect(studio.row(page, "One")).to_have_attribute("aria-level", "3")
    assert titles(page) == ["  Two", "  Three", "  Background", "    One"]
    studio.saved(page)
    page.keyboard.press("Control+z")
    studio.saved(page)
    studio.row(page, "One").click(button="right")
    page.get_by_role("menuitem", name="Move to…").click()
    page.get_by_role("menuitem", name="In “Background”").click()
    expect(studio.row(page, "One")).to_have_attribute("aria-level", "3")
    assert titles(page) == ["  Two", "  Three", "  Background", "    One"]
    studio.saved(page)
    expect(studio.row(page, "One")).to_be_focused()


def test_cut_copy_paste_duplicate_delete_and_switching_off(page: Page, tree: str) -> None:
    studio.row(page, "One").click()
    page.keyboard.press("Control+c")
    expect(page.locator("#mw-said")).to_contain_text("is copied")
    page.keyboard.press("End")
    page.keyboard.press("Control+v")
    expect(page.get_by_role("treeitem")).to_have_count(6)
    studio.saved(page)
    assert titles(page) == ["  One", "  Two", "  Three", "  Background", "    One"]
    page.keyboard.press("Control+x")
    expect(page.get_by_role("treeitem")).to_have_count(5)
    studio.saved(page)
    page.keyboard.press("Home")
    page.keyboard.type("tw")
    expect(studio.row(page, "Two")).to_be_focused()
    page.keyboard.press("Control+d")
    expect(page.get_by_role("treeitem")).to_have_count(6)
    studio.saved(page)
    page.keyboard.press("Delete")
    expect(page.get_by_role("treeitem")).to_have_count(5)
    studio.saved(page)
    assert page.evaluate("document.activeElement.getAttribute('role')") == "treeitem"
    studio.row(page, "Two").click(button="right")
    page.get_by_role("menuitem", name="Switch off").click()
    expect(studio.row(page, "Two")).to_contain_text("switched off")
    studio.saved(page)


def test_a_problem_is_mended_with_one_click(page: Page, tree: str) -> None:
    studio.row(page, "One").click()
    studio.new(page, "Action", "Send Email")
    page.get_by_role("button", name="Add recipients").click()
    page.locator("#mw-f-to-0").fill("a@example.com")
    page.locator("#mw-f-to-0").blur()
    studio.saved(page)
    page.locator(studio.FORM).get_by_role("button", name="Put it under Background").click()
    expect(page.get_by_role("treeitem")).to_have_count(7)
    studio.saved(page)
    assert titles(page)[1:3] == ["  Background", "    Send Email"]
    expect(page.locator("#mw-form-title")).to_be_focused()
    expect(page.locator("#mw-said")).to_have_text("Put “Send Email” under Background")


def test_an_editor_cant_publish_and_an_operator_only_looks(
    page: Page, quick_site: Site, tree: str, new_context: Callable[..., BrowserContext]
) -> None:
    other = new_context().new_page()
    studio.log_in(other, quick_site, "editor")
    studio.open_tree(other, quick_site, tree)
    expect(other.get_by_role("button", name="New", exact=True)).to_be_visible()
    expect(other.get_by_role("button", name="Publish", exact=True)).to_have_count(0)
    third = new_context().new_page()
    studio.log_in(third, quick_site, "operator")
    studio.open_tree(third, quick_site, tree)
    expect(third.get_by_role("button", name="New", exact=True)).to_have_count(0)
    studio.row(third, "One").click()
    expect(third.locator("#mw-f-label")).to_be_disabled()
    third.keyboard.press("Delete")
    expect(third.get_by_role("treeitem")).to_have_count(5)


def test_the_editor_fits_a_phone_and_leads_back_to_the_tree(page: Page, tree: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    studio.row(page, "Two").click()
    expect(page.locator("#mw-f-label")).to_have_value("Two")
    expect(page.get_by_role("treeitem").first).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Back to the tree").click()
    expect(studio.row(page, "Two")).to_be_focused()
