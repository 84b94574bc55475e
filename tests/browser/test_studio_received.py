"""A tree on Received, made in the Studio by mouse: what is sent, its address, a key, and what the sender gets."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import studio
from tests.browser.studio_world import World
from tests.browser.test_studio_access import faults, watched

BODY = {"flight": {"number": "XX 901", "from": "Oslo", "to": "Rome", "departure": "2036-05-01T10:00:00Z", "places": 7}}
NEEDED = {
    "Number": "flight.number",
    "Origin": "flight.from",
    "Destination": "flight.to",
    "Departure": "flight.departure",
    "Places left": "flight.places",
}


@pytest.fixture
def page(world: World, new_context: Callable[..., BrowserContext]) -> Page:
    """An admin's browser."""
    return new_context(storage_state=world.admin).new_page()


def send(address: str, token: str, body: Any) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def test_another_system_sends_to_a_tree_that_was_made_here(page: Page, world: World) -> None:
    said = watched(page)
    page.goto(world.site.url("/studio/trees/new/?model=bookings.Flight"))
    page.get_by_role("textbox", name="Name").fill("Flights from Oslo")
    page.get_by_role("radio", name="Received").check()
    page.get_by_role("button", name="Make the tree").click()
    studio.ready(page)
    form = page.locator(studio.FORM)
    for name, place in NEEDED.items():
        form.get_by_role("button", name="Add a field").click()
        page.get_by_role("menuitem", name=re.compile(f"^{name}")).click()
        form.get_by_role("group", name="Fields").get_by_label(name, exact=True).fill(place)
    studio.saved(page)
    finders = form.get_by_role("group", name="Finds the record by")
    finders.get_by_label("Number").check()
    expect(form.get_by_label("If no record is found")).to_have_value("true")
    studio.saved(page)
    assert faults(page) == []
    studio.publish(page)

    page.get_by_role("link", name="Address and API keys").click()
    expect(page.get_by_text("There is none yet")).to_be_visible()
    page.get_by_role("textbox", name="Name").fill("Oslo")
    page.get_by_role("button", name="Make a key").click()
    token, address = page.locator("#mw-token").inner_text(), page.locator("#mw-address").inner_text()
    sample = json.loads(page.locator("#mw-sample").inner_text())
    assert set(sample["flight"]) == set(BODY["flight"])
    assert token in page.locator("#mw-curl").inner_text()
    assert faults(page) == []

    status, answer = send(address, token, BODY)
    assert (status, answer["created"]) == (201, True), answer
    status, again = send(address, token, BODY)
    assert (status, again["record"]) == (200, answer["record"])
    assert send(address, token[:-1], BODY)[0] == 401

    page.get_by_role("link", name="To the tree").click()
    page.get_by_role("link", name="Try it").click()
    page.get_by_label("As if this was sent").fill(json.dumps({"flight": {**BODY["flight"], "to": "Bari"}}))
    page.get_by_role("button", name="Try this body").click()
    expect(page.get_by_text("A record would be found and updated")).to_be_visible()
    expect(page.locator("ins", has_text="Bari")).to_be_visible()
    assert world.site.rows("SELECT destination FROM bookings_flight WHERE number = 'XX 901'")[0][0] == "Rome"
    assert faults(page) == []

    page.goto(world.site.url("/studio/receiving/flights-from-oslo/"))
    page.get_by_role("button", name="Revoke “Oslo”").click()
    expect(page.get_by_role("cell", name="revoked")).to_be_visible()
    assert send(address, token, BODY)[0] == 401
    assert said == []


def test_the_page_fits_a_narrow_screen_and_copies(page: Page, world: World) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(world.site.url("/studio/receiving/flight-received/"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Copy the body").click()
    expect(page.locator(".mw-toast")).to_have_text(re.compile("Copied"))
