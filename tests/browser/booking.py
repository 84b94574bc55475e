"""What a person does on the demo's pages."""

from __future__ import annotations

import re

from playwright.sync_api import Page

from tests.browser.site import Site


def fill_in(
    page: Page, site: Site, *, to: str = "Lisbon", email: str = "ada@example.com", form: str = "/book/"
) -> None:
    """Open the booking form and fill it in."""
    page.goto(site.url(form))
    page.get_by_text(f"→ {to}").click()
    page.get_by_label("Passenger").fill("Ada Lovelace")
    page.get_by_label("E-mail").fill(email)


def press_book(page: Page) -> int:
    """Press the form's button, be on the waiting page, and return the booking's key."""
    page.get_by_role("button", name="Book", exact=True).click()
    page.wait_for_url(re.compile(r"/bookings/\d+/wait/$"))
    return key_in(page.url)


def key_in(url: str) -> int:
    found = re.search(r"/bookings/(\d+)/", url)
    assert found, url
    return int(found[1])
