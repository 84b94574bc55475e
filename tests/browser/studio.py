"""What a person does in the Studio's tree editor."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.site import Site

FORM = '[data-part="form"]'


def log_in(page: Page, site: Site, name: str = "admin") -> None:
    page.goto(site.url("/"))
    page.get_by_role("button", name=f"Log in as {name}").click()
    page.wait_for_load_state()


def new_tree(page: Page, site: Site, name: str, model: str = "bookings.Booking") -> str:
    """Make a tree on the Saved event of a model, be in its editor, and return its key."""
    page.goto(site.url(f"/studio/trees/new/?model={model}"))
    page.get_by_role("textbox", name="Name").fill(name)
    page.locator("[name=event][value=saved]").check()
    page.get_by_role("button", name="Make the tree").click()
    ready(page)
    found = re.search(r"/trees/([\w-]+)/", page.url)
    assert found
    return found[1]


def plan(page: Page, site: Site) -> str:
    """Make a tree with three actions and a Background, be in its editor, and return its key."""
    key = new_tree(page, site, "Plan")
    for name in ("One", "Two", "Three"):
        new(page, "Action", "Update Field")
        label(page, name)
    row(page, "Plan").click()
    new(page, "Execution", "Background")
    return key


def label(page: Page, name: str) -> None:
    """Give the selected node a name, and wait until it is saved."""
    page.locator("#mw-f-label").fill(name)
    page.locator("#mw-f-label").blur()
    saved(page)


def ready(page: Page) -> None:
    page.locator("meanwhile-editor[data-ready]").wait_for()


def open_tree(page: Page, site: Site, key: str) -> None:
    page.goto(site.url(f"/studio/trees/{key}/"))
    ready(page)


def saved(page: Page) -> None:
    """Wait until the draft is on the server."""
    expect(page.locator('[data-part="status"]')).to_have_text("Draft saved")


def row(page: Page, title: str) -> Locator:
    return page.get_by_role("treeitem").filter(has=page.locator(".mw-row__title", has_text=title)).first


def rows(page: Page) -> list[str]:
    """The tree as indented titles."""
    items = page.get_by_role("treeitem")
    return items.evaluate_all(
        "all => all.map(one => '  '.repeat(one.ariaLevel - 1) + one.querySelector('.mw-row__title').textContent)"
    )


def new(page: Page, *way: str) -> None:
    """Choose from the menu New: ``new(page, "Execution", "Background")``."""
    number = page.get_by_role("treeitem").count()
    page.get_by_role("button", name="New", exact=True).click()
    for word in way:
        page.get_by_role("menuitem", name=word, exact=True).click()
    expect(page.get_by_role("treeitem")).to_have_count(number + 1)
    saved(page)


def add_field(page: Page, name: str, value: str) -> None:
    """Add a field to the selected Update Field, and type its value."""
    label = {"name": "Passenger's name"}.get(name, name.capitalize())
    page.locator(FORM).get_by_role("button", name="Add a field").click()
    page.get_by_role("menuitem", name=label, exact=True).click()
    control = page.locator(f"#mw-f-set-{name}")
    expect(control).to_be_focused()
    control.fill(value)
    control.blur()
    saved(page)


def publish(page: Page, comment: str = "") -> None:
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_label("What is different?").fill(comment)
    page.get_by_role("button", name="Publish now").click()
    expect(page.locator("#mw-toasts")).to_contain_text("is published")
