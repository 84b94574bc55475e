"""The demo in the language of the browser: forms, the waiting page, the booking, and what its scripts say."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.site import Site

SAID = {
    "de": ("Den besten Sitz finden", "bestätigt", "Kein Flughafen beginnt mit „xyz“."),
    "es": ("Buscar el mejor asiento", "confirmada", "Ningún aeropuerto empieza por “xyz”."),
}


@pytest.mark.parametrize("language", SAID)
def test_the_demo_speaks_the_language_of_the_browser(
    site: Site, new_context: Callable[..., BrowserContext], language: str
) -> None:
    step, status, none = SAID[language]
    page = new_context(locale=language).new_page()
    page.goto(site.url("/book/"))
    page.get_by_text("→ Lisbon").click()
    page.locator("[name=name]").fill("Ada Lovelace")
    page.locator("[name=email]").fill("ada@example.com")
    page.locator("main form button").click()
    expect(page.locator(".meanwhile-step__label").first).to_have_text(step)
    page.wait_for_url(re.compile(r"/bookings/\d+/$"))
    expect(page.locator(".timeline")).to_contain_text(step)
    expect(page.locator(".badge")).to_have_text(status)
    page.goto(site.url("/airports/"))
    page.get_by_role("combobox").press_sequentially("xyz")
    expect(page.get_by_role("status").filter(has_text=none)).to_be_visible()
