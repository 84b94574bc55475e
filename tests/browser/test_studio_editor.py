"""The tree editor when things go otherwise: two people, a reload, no connection, an ended session; moving, undoing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import studio
from tests.browser.site import Site

NAMES = ["One", "Two", "Three"]


@pytest.fixture
def tree(page: Page, quick_site: Site) -> str:
    """A tree with three actions and a Background, open in the editor of an admin."""
    studio.log_in(page, quick_site)
    key = studio.new_tree(page, quick_site, "Plan")
    for name in NAMES:
        studio.new(page, "Action", "Update Field")
        page.locator("#mw-f-label").fill(name)
        page.locator("#mw-f-label").blur()
        studio.saved(page)
    studio.row(page, "Plan").click()
    studio.new(page, "Execution", "Background")
    return key


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
    assert titles(page)[1:3] == ["  Background", "    Send e-mail “”"]
    expect(page.locator("#mw-form-title")).to_be_focused()
    expect(page.locator("#mw-said")).to_have_text("Put “Send Email” under Background")


def test_two_people_at_one_place_are_told_and_nothing_is_overwritten(
    page: Page, quick_site: Site, tree: str, new_context: Callable[..., BrowserContext]
) -> None:
    other = new_context().new_page()
    studio.log_in(other, quick_site, "editor")
    studio.open_tree(other, quick_site, tree)
    _no_news(page)
    studio.row(other, "One").click()
    other.locator("#mw-f-label").fill("One of the editor")
    other.locator("#mw-f-label").blur()
    studio.saved(other)
    studio.row(page, "One").click()
    page.locator("#mw-f-label").fill("One of mine")
    page.locator("#mw-f-label").blur()
    banner = page.locator('[data-part="conflict"]')
    expect(banner).to_contain_text("editor has changed this tree meanwhile")
    expect(banner).to_contain_text("One of mine")
    expect(studio.row(page, "One of the editor")).to_be_visible()
    expect(banner.get_by_role("button").first).to_be_focused()
    banner.get_by_role("button", name="Make my change too").click()
    expect(studio.row(page, "One of mine")).to_be_visible()
    studio.saved(page)
    expect(studio.row(other, "One of mine")).to_be_visible()
    expect(other.locator("#mw-toasts")).to_contain_text("admin has changed this tree")


def test_two_people_at_different_places_are_told_and_both_changes_are_kept(
    page: Page, quick_site: Site, tree: str, new_context: Callable[..., BrowserContext]
) -> None:
    other = new_context().new_page()
    studio.log_in(other, quick_site, "editor")
    studio.open_tree(other, quick_site, tree)
    _no_news(page)
    studio.row(other, "Two").click()
    other.keyboard.press("Delete")
    studio.saved(other)
    studio.row(page, "Three").click()
    page.locator("#mw-f-label").fill("Three of mine")
    page.locator("#mw-f-label").blur()
    expect(page.locator("#mw-toasts")).to_contain_text("Your change was made besides")
    studio.saved(page)
    assert titles(page) == ["  One", "  Three of mine", "  Background"]


def test_nothing_typed_is_lost_without_a_connection(page: Page, quick_site: Site, tree: str) -> None:
    studio.row(page, "One").click()
    expect(page.locator("#mw-f-label")).to_have_value("One")
    page.context.set_offline(True)
    page.locator("#mw-f-label").fill("One, offline")
    page.locator("#mw-f-label").blur()
    banner = page.locator('[data-part="unsaved"]')
    expect(banner).to_contain_text("No connection")
    page.context.set_offline(False)
    expect(banner).to_be_empty(timeout=15_000)
    studio.open_tree(page, quick_site, tree)
    expect(studio.row(page, "One, offline")).to_be_visible()


def test_nothing_typed_is_lost_by_a_reload_before_it_is_sent(page: Page, tree: str) -> None:
    studio.row(page, "One").click()
    expect(page.locator("#mw-f-label")).to_have_value("One")
    page.route("**/studio/actions/", lambda route: route.abort())
    page.locator("#mw-f-label").fill("One, typed")
    page.unroute("**/studio/actions/")
    page.reload()
    studio.ready(page)
    expect(studio.row(page, "One, typed")).to_be_visible()
    expect(page.locator("#mw-toasts")).to_contain_text("is saved now")


def test_nothing_typed_is_lost_when_the_session_ends(page: Page, quick_site: Site, tree: str) -> None:
    studio.row(page, "One").click()
    expect(page.locator("#mw-f-label")).to_have_value("One")
    page.context.clear_cookies()
    page.locator("#mw-f-label").fill("One, logged out")
    page.locator("#mw-f-label").blur()
    banner = page.locator('[data-part="unsaved"]')
    expect(banner).to_contain_text("not logged in")
    again = page.context.new_page()
    studio.log_in(again, quick_site)
    again.close()
    page.bring_to_front()
    banner.get_by_role("button", name="Try now").click()
    expect(banner).to_be_empty(timeout=15_000)
    studio.open_tree(page, quick_site, tree)
    expect(studio.row(page, "One, logged out")).to_be_visible()


def test_the_back_button_finds_everything_as_it_was(page: Page, quick_site: Site, tree: str) -> None:
    studio.row(page, "Two").click()
    page.locator("#mw-f-label").fill("Two, then away")
    page.goto(quick_site.url("/studio/"))
    page.go_back()
    studio.ready(page)
    expect(studio.row(page, "Two, then away")).to_be_visible()


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


def _no_news(page: Page) -> None:
    """Let a page not hear what others do before it sends something itself."""
    page.route(
        "**/studio/actions/",
        lambda route: route.abort() if "studio.news" in (route.request.post_data or "") else route.continue_(),
    )
