"""What the editor says before a tree is published, and that publishing leaves everything open that was open."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

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
    expect(dialog.get_by_role("listitem")).to_have_text(["Update nothing: sets no field."])
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
