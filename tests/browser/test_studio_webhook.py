"""A Call Webhook is made with the editor's controls, by mouse and by keys, looked at, mended and tried."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import studio
from tests.browser.site import Site
from tests.browser.studio_world import World
from tests.browser.test_studio_by_clicking import choose, nodes, open_more, press, type_in


@pytest.fixture
def tree(page: Page, quick_site: Site) -> str:
    """A new tree on Booking's Saved event, open in the editor of an admin."""
    studio.log_in(page, quick_site)
    return studio.new_tree(page, quick_site, "Told")


def test_what_is_sent_is_made_of_named_values_and_headers(page: Page, quick_site: Site, tree: str) -> None:
    studio.new(page, "Execution", "Background")
    studio.new(page, "Action", "Call Webhook")
    form = page.locator(studio.FORM)
    expect(form.locator(".mw-form__problems")).to_contain_text("No address is called")
    type_in(page, "url", "https://crm.example/bookings/")
    page.locator("#mw-f-url").press("End")
    press(page, "Address: Insert a field …")
    page.get_by_role("menuitem", name="Reference", exact=True).click()
    expect(page.locator("#mw-f-url")).to_have_value("https://crm.example/bookings/{{ record.reference }}")
    choose(page, "method", "PUT")
    # By keyboard alone: the button of what is sent, its name, the kind of its value, the value.
    page.locator("#mw-f-body-add").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#mw-f-body-0")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("customer.name")
    page.keyboard.press("Tab")
    expect(page.locator("#mw-f-body-0-value-kind")).to_be_focused()
    choose(page, "body-0-value-kind", "field")
    page.locator("#mw-f-body-0-value").select_option("name")
    press(page, "Add")
    type_in(page, "body-1", "source")
    type_in(page, "body-1-value", "website")
    press(page, "Add")
    type_in(page, "body-2", "source")
    expect(page.locator("#mw-f-body-2")).to_have_attribute("aria-invalid", "true")
    press(page, "Remove “What is sent 3”")
    open_more(page)
    press(page, "Add a header")
    type_in(page, "headers-0", "X-Source")
    type_in(page, "headers-0-value", "{{ record.status }}")
    page.locator("#mw-f-headers-0-value").blur()
    [background] = nodes(page, quick_site, tree)
    made: Any = {
        "kind": "call_webhook",
        "url": "https://crm.example/bookings/{{ record.reference }}",
        "method": "PUT",
        "headers": {"X-Source": "{{ record.status }}"},
        "body": {
            "customer.name": {"value": "field", "field": "name"},
            "source": {"value": "literal", "literal": "website"},
        },
    }
    assert background["do"] == [made]
    expect(form.locator(".mw-form__problems .mw-note")).to_have_count(0)
    # A method without a body is a problem that one click mends, and undo brings the body back.
    choose(page, "method", "GET")
    expect(form.locator(".mw-form__problems")).to_contain_text("A GET request has no body")
    press(page, "Remove “What is sent”")
    expect(form.locator(".mw-form__problems .mw-note")).to_have_count(0)
    expect(page.locator("#mw-f-body-0")).to_have_count(0)
    [background] = nodes(page, quick_site, tree)
    assert "body" not in background["do"][0]
    page.reload()
    studio.ready(page)
    page.get_by_role("treeitem").filter(has_text="crm.example").first.click()
    expect(page.locator("#mw-f-url")).to_have_value(made["url"])
    open_more(page)
    expect(page.locator("#mw-f-headers-0")).to_have_value("X-Source")


def test_a_request_is_previewed_and_tried_and_never_sent(
    world: World, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(storage_state=world.admin).new_page()
    studio.new_tree(page, world.site, "Told")
    studio.new(page, "Action", "Call Webhook")
    form = page.locator(studio.FORM)
    type_in(page, "url", "https://nothing.invalid/{{ record.reference }}?key=5")
    press(page, "Add")
    type_in(page, "body-0", "name")
    choose(page, "body-0-value-kind", "template")
    type_in(page, "body-0-value", "Dear {{ record.name }}")
    page.locator("#mw-f-body-0-value").blur()
    studio.saved(page)
    expect(form.locator(".mw-form__problems")).to_contain_text("effect outside the database")
    press(page, "Put it under Background")
    expect(page.get_by_role("treeitem")).to_have_count(3)
    studio.saved(page)
    expect(form.locator("#mw-form-title")).to_contain_text("Background")
    page.get_by_role("treeitem").filter(has_text="nothing.invalid").last.click()
    form.locator("summary", has_text="Preview").click()
    form.locator("#mw-preview-record").click()
    form.locator("[role=option]").first.click()
    press(page, "Show")
    shown = form.locator(".mw-request")
    expect(shown).to_contain_text("POST https://nothing.invalid/")
    expect(shown).to_contain_text('"name": "Dear ')
    shown.get_by_text("Headers", exact=True).click()
    expect(shown).to_contain_text("Idempotency-Key")
    page.get_by_role("link", name="Try it").click()
    page.get_by_role("button", name="Try it", exact=True).click()
    step = page.locator(".mw-step").filter(has=page.locator(".mw-request"))
    expect(step).to_contain_text("shown, not done")
    expect(step.locator(".mw-request__line")).to_contain_text("https://nothing.invalid/")
    assert json.loads(step.locator(".mw-request pre").inner_text())["name"].startswith("Dear ")
