"""What the editor says before a tree is published, and that publishing leaves everything open that was open."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser import studio
from tests.browser.site import Site


@pytest.fixture
def tree(page: Page, quick_site: Site) -> str:
    studio.log_in(page, quick_site)
    return studio.new_tree(page, quick_site, "To publish")


def open_dialog(page: Page) -> None:
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_label("What is different?")).to_be_focused()


def test_warnings_are_counted_and_listed_and_do_not_stop_it(page: Page, tree: str) -> None:
    studio.new(page, "Action", "Update Field")
    dialog = page.locator("#mw-publish")
    open_dialog(page)
    expect(dialog).to_contain_text("1 warning. The tree can be published all the same.")
    expect(dialog.get_by_role("listitem")).to_have_text(["Update nothing: No field is set."])
    page.get_by_role("button", name="Not yet").click()

    studio.new(page, "Action", "Call Tree")
    open_dialog(page)
    expect(dialog).to_contain_text("1 error, 1 warning.")
    expect(page.get_by_role("button", name="Publish now")).to_have_attribute("aria-disabled", "true")
    dialog.get_by_role("button", name="Choose a tree to call.").click()
    expect(dialog).to_be_hidden()
    expect(studio.row(page, "Call Tree")).to_be_focused()

    page.keyboard.press("Delete")
    studio.saved(page)
    studio.publish(page)
    expect(page.get_by_text("Version 1 is published").first).to_be_visible()


def test_what_was_open_and_shown_stays_so(page: Page, tree: str) -> None:
    studio.new(page, "Action", "Send Email")
    form = page.locator(studio.FORM)
    form.get_by_role("button", name="Add recipients").click()
    page.locator("#mw-f-to-0").fill("a@example.com")
    page.locator("#mw-f-subject").fill("Hello")
    page.locator("#mw-f-subject").blur()
    studio.saved(page)
    page.locator("#mw-preview").click()
    form.get_by_text("More", exact=True).click()
    expect(page.locator("#mw-preview-record")).to_be_visible()
    page.locator("#mw-preview-record").fill("seen")
    studio.publish(page)
    expect(page.get_by_text("Version 1 is published").first).to_be_visible()
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_focused()
    expect(page.locator("#mw-form-title")).to_contain_text("Hello")
    expect(page.locator("#mw-preview-record")).to_be_visible()
    expect(page.locator("#mw-f-from_email")).to_be_visible()


def test_what_was_shown_of_one_email_is_not_shown_with_another(page: Page, tree: str) -> None:
    studio.new(page, "Action", "Send Email")
    studio.label(page, "First")
    studio.new(page, "Action", "Send Email")
    studio.label(page, "Second")
    studio.row(page, "First").click()
    page.locator("#mw-preview").click()
    expect(page.locator("#mw-preview-record")).to_be_visible()
    page.locator("#mw-f-label").fill("First of all")
    page.locator("#mw-f-label").blur()
    studio.saved(page)
    expect(page.locator("#mw-preview-record")).to_be_visible()
    studio.row(page, "First of all").click()
    page.keyboard.press("Delete")
    expect(page.locator("#mw-form-title")).to_have_text("Second")
    expect(page.locator("#mw-preview-record")).to_be_hidden()


@pytest.fixture
def other(new_context: Callable[..., BrowserContext], quick_site: Site, tree: str) -> Page:
    """The same tree in the browser of somebody else, who edits."""
    page = new_context().new_page()
    studio.log_in(page, quick_site, "editor")
    studio.open_tree(page, quick_site, tree)
    return page


def without_news(route: Route) -> None:
    route.abort() if "studio.news" in (route.request.post_data or "") else route.continue_()


def test_what_somebody_types_meanwhile_is_told_before_it_is_published_and_the_comment_stays(
    page: Page, other: Page
) -> None:
    page.route("**/studio/actions/", without_news)
    studio.new(page, "Execution", "Background")
    open_dialog(page)
    page.get_by_label("What is different?").fill("What I saw")
    studio.new(other, "Action", "Call Tree")

    publish = page.get_by_role("button", name="Publish now")
    publish.click()
    dialog = page.locator("#mw-publish")
    expect(dialog).to_contain_text("editor has changed this tree: Add “Call Tree”")
    expect(dialog).to_contain_text("Your version is not published yet.")
    expect(dialog).to_contain_text("Choose a tree to call.")
    expect(publish).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_label("What is different?")).to_have_value("What I saw")
    expect(studio.row(page, "Call Tree")).to_have_count(1)

    other.keyboard.press("Delete")
    studio.saved(other)
    page.get_by_role("button", name="Not yet").click()
    page.unroute("**/studio/actions/")
    expect(studio.row(page, "Call Tree")).to_have_count(0)
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_label("What is different?")).to_have_value("What I saw")
    expect(dialog).not_to_contain_text("has changed this tree")
    publish.click()
    expect(page.get_by_text("Version 1 is published").first).to_be_visible()


def test_what_comes_in_while_the_dialog_is_open_is_told_in_it(page: Page, other: Page) -> None:
    open_dialog(page)
    page.get_by_label("What is different?").fill("Mine")
    studio.new(other, "Execution", "Background")
    dialog = page.locator("#mw-publish")
    expect(dialog).to_contain_text("editor has changed this tree: Add “Background”")
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text("Version 1 is published").first).to_be_visible()
    expect(dialog).to_be_hidden()


def test_of_many_problems_the_errors_are_listed_and_the_rest_is_counted(page: Page, quick_site: Site) -> None:
    studio.log_in(page, quick_site)
    nodes: list[dict[str, Any]] = [{"kind": "update_field", "set": {}}] * 60
    tree = {"meanwhile": 1, "name": "Troubled", "on": {"event": "saved", "model": "bookings.Booking"}}
    call: dict[str, Any] = {"kind": "call_tree", "tree": "nowhere"}
    page.goto(quick_site.url("/studio/import/"))
    page.get_by_label("Or its text").fill(json.dumps({**tree, "do": [*nodes, call]}))
    page.get_by_role("button", name="Import", exact=True).click()
    studio.ready(page)
    problems = page.locator('[data-part="problems"]')
    expect(problems).to_contain_text("1 error, 60 warnings")
    expect(problems.get_by_role("listitem")).to_have_count(51)
    expect(problems.get_by_role("listitem").first).to_contain_text("nowhere")
    expect(problems.get_by_role("listitem").last).to_have_text("And 11 more")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("#mw-publish").get_by_role("listitem").last).to_have_text("And 11 more")


def test_a_preview_stays_with_its_email_wherever_that_is_moved(page: Page, tree: str) -> None:
    for name in ("Before", "Letter"):
        studio.new(page, "Action", "Send Email")
        studio.label(page, name)
    page.locator("#mw-preview").click()
    expect(page.locator("#mw-preview-record")).to_be_visible()
    studio.row(page, "Letter").click()
    page.keyboard.press("Alt+ArrowUp")
    expect(studio.row(page, "Letter")).to_have_attribute("data-path", "0")
    studio.saved(page)
    expect(page.locator("#mw-form-title")).to_have_text("Letter")
    expect(page.locator("#mw-preview-record")).to_be_visible()
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowUp")
    expect(studio.row(page, "Letter")).to_have_attribute("data-path", "0")
    studio.saved(page)
    expect(page.locator("#mw-preview-record")).to_be_visible()
    studio.row(page, "Before").click()
    expect(page.locator("#mw-form-title")).to_have_text("Before")
    expect(page.locator("#mw-preview-record")).to_be_hidden()


def test_what_is_not_about_an_event_is_not_on_the_page(page: Page, tree: str) -> None:
    expect(page.get_by_role("link", name="Address and API keys", include_hidden=True)).to_have_count(1)
    expect(page.get_by_role("link", name="Address and API keys")).to_have_count(0)
