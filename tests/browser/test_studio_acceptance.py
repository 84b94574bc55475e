"""What a stranger tries first: words that never end, somebody else who publishes, a session that is over, a secret."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import studio
from tests.browser.booking import fill_in, press_book
from tests.browser.site import Site

ENDLESS = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihungsurkunde"


@pytest.mark.parametrize("path", ["/studio/", "/studio/types/bookings.Booking/", "/studio/runs/", "the tree"])
def test_a_tree_whose_name_is_one_long_word_leaves_every_page_as_wide_as_the_window(
    page: Page, quick_site: Site, path: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    studio.log_in(page, quick_site)
    key = studio.new_tree(page, quick_site, ENDLESS)
    page.goto(quick_site.url(f"/studio/trees/{key}/" if path == "the tree" else path))
    expect(page.locator("h1")).to_be_visible()
    assert ENDLESS in page.content()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_who_types_in_what_another_person_has_just_published_keeps_it_and_is_told(
    page: Page, quick_site: Site, new_context: Callable[..., BrowserContext]
) -> None:
    studio.log_in(page, quick_site)
    key = studio.new_tree(page, quick_site, "Published by another")
    studio.new(page, "Action", "Update Field")
    studio.add_field(page, "status", "first")
    other = new_context().new_page()
    studio.log_in(other, quick_site, "publisher")
    studio.open_tree(other, quick_site, key)
    other.get_by_role("treeitem").nth(1).click()
    field = other.locator("#mw-f-set-status")
    field.focus()
    studio.publish(page, "The first")
    field.press("End")
    field.press_sequentially(", and more")
    field.blur()
    studio.saved(other)
    expect(other.get_by_text("Changed since version 1")).to_be_visible()
    expect(field).to_have_value("first, and more")
    studio.publish(other, "The second")
    expect(other.get_by_text("Version 2 is published").first).to_be_visible()
    studio.open_tree(page, quick_site, key)
    page.get_by_role("treeitem").nth(1).click()
    expect(page.locator("#mw-f-set-status")).to_have_value("first, and more")


def test_a_session_that_ends_while_publishing_costs_neither_the_comment_nor_the_draft(
    page: Page, quick_site: Site
) -> None:
    studio.log_in(page, quick_site)
    studio.new_tree(page, quick_site, "Published late")
    studio.new(page, "Action", "Update Field")
    studio.add_field(page, "status", "late")
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_label("What is different?").fill("Words that took a while")
    page.context.clear_cookies()
    page.get_by_role("button", name="Publish now").click()
    with page.context.expect_page() as opened:
        page.locator("#mw-toasts").get_by_role("link", name="Log in").click()
    studio.log_in(opened.value, quick_site)
    opened.value.close()
    page.bring_to_front()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_label("What is different?")).to_have_value("Words that took a while")
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text("Version 1 is published").first).to_be_visible()


def test_what_was_to_be_imported_is_still_there_after_the_session_ended_and_gone_once_it_is_a_tree(
    page: Page, quick_site: Site
) -> None:
    text = '{"meanwhile": 1, "name": "Sent too late", "on": {"event": "called", "parameters": {}}, "do": []}'
    studio.log_in(page, quick_site)
    page.goto(quick_site.url("/studio/import/"))
    page.get_by_label("Or its text").fill(text)
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Import", exact=True).click()
    studio.log_in(page, quick_site)
    page.goto(quick_site.url("/studio/import/"))
    expect(page.get_by_label("Or its text")).to_have_value(text)
    page.get_by_role("button", name="Import", exact=True).click()
    studio.ready(page)
    page.goto(quick_site.url("/studio/import/"))
    expect(page.get_by_label("Or its text")).to_have_value("")


def imported(page: Page, site: Site, text: str) -> None:
    page.goto(site.url("/studio/import/"))
    page.get_by_label("Or its text").fill(text)
    page.get_by_role("button", name="Import", exact=True).click()


def test_a_file_whose_tree_is_here_already_is_put_into_its_draft_or_becomes_another_one_and_nothing_by_itself(
    page: Page, quick_site: Site
) -> None:
    on = {"event": "called", "parameters": {}}
    text = json.dumps({"meanwhile": 1, "name": "Here already", "on": on, "do": [{"kind": "background", "do": []}]})
    studio.log_in(page, quick_site)
    imported(page, quick_site, text)
    studio.ready(page)
    imported(page, quick_site, text)
    expect(page.get_by_role("heading", name="Where should it go?")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Another tree has the key")).to_be_focused()
    page.get_by_role("link", name="Import a tree").click()  # or neither: what was typed is still there
    expect(page.get_by_label("Or its text")).to_have_value(text)
    page.get_by_label("Or its text").fill(text.replace('"background"', '"delay", "moment": {"at": "now"}'))
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator(".mw-diff")).to_contain_text("Delay")
    page.get_by_role("button", name="Import into its draft").click()
    studio.ready(page)
    assert page.url == quick_site.url("/studio/trees/here-already/")
    expect(studio.row(page, "Delay")).to_be_visible()
    page.get_by_role("toolbar").get_by_role("button", name="Undo").click()
    expect(studio.row(page, "Background")).to_be_visible()

    imported(page, quick_site, text)
    page.get_by_role("textbox", name="Name").fill("Here too")
    page.get_by_role("button", name="Make the tree").click()
    studio.ready(page)
    assert page.url == quick_site.url("/studio/trees/here-too/")


def test_a_template_that_asks_for_a_secret_is_told_and_neither_published_nor_shown(
    page: Page, quick_site: Site
) -> None:
    studio.log_in(page, quick_site)
    key = studio.new_tree(page, quick_site, "Curious")
    studio.new(page, "Action", "Update Field")
    studio.add_field(page, "status", "seen")
    page.locator("#mw-f-set-status-kind").select_option("template")
    page.locator("#mw-f-set-status").fill("{{ record.booked_by.password }}")
    page.locator("#mw-f-set-status").blur()
    studio.saved(page)
    expect(page.locator(".mw-problem--error").first).to_contain_text("password")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("button", name="Publish now")).to_have_attribute("aria-disabled", "true")
    fill_in(page, quick_site)
    booked = press_book(page)
    page.goto(quick_site.url(f"/studio/trees/{key}/try/"))
    page.get_by_label("Booking to try it on").select_option(str(booked))
    page.get_by_role("button", name="Try it", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("password")
    assert "pbkdf2" not in page.content()
