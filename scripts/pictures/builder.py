"""The builder's guide in pictures: a tree is made, tried, published, changed by two people, and copied."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser import studio
from tests.browser.booking import fill_in, press_book
from tests.browser.site import Site

from .camera import HEIGHT, PHONE, WIDTH, Camera, tall
from .trees import SCHEDULED, TELLS, TOO_EARLY, WELCOME

EDITOR, HEAD = "meanwhile-editor", ".mw-head"
TREE, FORM = ".mw-editor__tree", studio.FORM
PROBLEMS = ".mw-editor__problems"


WITHOUT_PORT = """() => {
  for (const one of document.querySelectorAll("#mw-address, #mw-curl"))
    one.textContent = one.textContent.replace(location.origin, "https://bookings.example");
}"""


def build(page: Page, browser: Browser, site: Site, camera: Camera) -> int:
    """Take the builder's pictures; return the key of the booking for which the tree has run to its end."""
    _record_types(page, site, camera)
    _menus(page, camera)
    key = put_in(page, site, WELCOME)
    _nodes(page, camera)
    _others(page, site, camera)
    _problems(page, site, camera)
    _try(page, site, camera, key)
    booking = _publish(page, site, camera, key)
    _two_people(page, browser, site, camera, key)
    _offline(page, site, camera, key)
    _phone(page, site, camera, key)
    page.goto(site.url("/studio/python/booking-received/"))
    camera.take("python-tree", page, HEAD, ".mw-columns", below=720)
    return booking


def put_in(page: Page, site: Site, document: dict[str, Any]) -> str:
    """Import a tree, be in its editor, and return its key."""
    page.goto(site.url("/studio/import/"))
    page.get_by_label("Or its text").fill(json.dumps(document))
    page.get_by_role("button", name="Import", exact=True).click()
    studio.ready(page)
    found = re.search(r"/trees/([\w-]+)/", page.url)
    assert found
    studio.open_tree(page, site, found[1])  # once more, without the message about the import
    return found[1]


def _record_types(page: Page, site: Site, camera: Camera) -> None:
    page.goto(site.url("/studio/"))
    camera.take("record-types", page, ".mw-top", HEAD, "#live")
    page.goto(site.url("/studio/types/bookings.Booking/"))
    camera.take("record-type", page, HEAD, "#live")
    page.get_by_role("link", name="New tree").first.click()
    page.get_by_role("textbox", name="Name").fill("Welcome")
    camera.take("new-tree", page, HEAD, ".mw-new")
    page.get_by_role("button", name="Make the tree").click()
    studio.ready(page)
    camera.take("empty-tree", page, HEAD, EDITOR)


def _menus(page: Page, camera: Camera) -> None:
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_role("menuitem", name="Event", exact=True).hover()
    page.get_by_role("menuitemradio", name="Created").click()
    studio.saved(page)
    studio.new(page, "Action", "Update Field")
    page.locator(FORM).get_by_role("button", name="Add a field").click()
    camera.take("add-a-field", page, TREE, FORM, ".mw-pop")
    page.get_by_role("menuitem", name="Status", exact=True).click()
    page.locator("#mw-f-set-status").fill("received")
    page.locator("#mw-f-set-status").blur()
    studio.saved(page)
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_role("menuitem", name="Execution", exact=True).hover()
    page.get_by_role("menuitem", name="Background", exact=True).hover()
    camera.take("new-execution-background", page, TREE, ".mw-pop >> nth=0", ".mw-pop >> nth=1")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    studio.row(page, "Update status").click(button="right")
    camera.take("menu", page, TREE, ".mw-pop")
    page.keyboard.press("Escape")


def _nodes(page: Page, camera: Camera) -> None:
    studio.row(page, "Background").click()
    expect(page.locator("#mw-form-title")).to_contain_text("Background")
    camera.take("editor", page, below=700)
    _select(page, "Update ticket")
    camera.take("update-field", page, FORM)
    tall(page)
    _select(page, "Send e-mail “Welcome")
    page.locator("summary").filter(has_text="Preview").click()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(FORM)).to_contain_text("You fly to")
    camera.take("email", page, FORM)
    _select(page, "A long flight")
    expect(page.locator(".mw-matching")).to_contain_text("would match")
    camera.take("condition", page, FORM)
    _select(page, "Delay")
    camera.take("delay", page, FORM)
    tall(page, is_tall=False)


def _others(page: Page, site: Site, camera: Camera) -> None:
    """What comes of itself, what tells another system, and what is told by one."""
    put_in(page, site, SCHEDULED)
    tall(page)
    studio.row(page, "Ask who is missing").click()
    expect(page.locator(FORM)).to_contain_text("would fire for")
    camera.take("schedule", page, FORM)
    put_in(page, site, TELLS)
    _select(page, "Call lounge.example")
    page.locator("summary").filter(has_text="Preview").click()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(FORM)).to_contain_text("webhook-signature")
    camera.take("webhook", page, FORM)
    page.goto(site.url("/studio/python/flight-received/"))
    page.get_by_role("link", name="Address and API keys").click()
    page.evaluate(WITHOUT_PORT)
    camera.take("receiving", page, HEAD, ".mw-columns")
    tall(page, is_tall=False)


def _problems(page: Page, site: Site, camera: Camera) -> None:
    put_in(page, site, TOO_EARLY)
    _select(page, "Send e-mail “Thank you")
    tall(page)
    camera.take("problems", page, TREE, FORM, PROBLEMS)
    tall(page, is_tall=False)


def _try(page: Page, site: Site, camera: Camera, key: str) -> None:
    page.goto(site.url(f"/studio/trees/{key}/try/"))
    page.locator("main").get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Nothing of it was kept")).to_be_visible()
    camera.take("try", page, HEAD, ".mw-try", below=1080)


def _publish(page: Page, site: Site, camera: Camera, key: str) -> int:
    studio.open_tree(page, site, key)
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_label("What is different?").fill("The first one")
    camera.take("publish", page, "#mw-publish")
    page.get_by_role("button", name="Publish now").click()
    expect(page.locator("#mw-toasts")).to_contain_text("is published")
    fill_in(page, site, to="Nairobi")
    booking = press_book(page)
    page.wait_for_url(site.url(f"/bookings/{booking}/"))
    studio.open_tree(page, site, key)
    _select(page, "Delay")
    _shift(page, "3")
    studio.publish(page, "Three days are better: people have to pack")
    _select(page, "Delay")
    _shift(page, "4")
    page.goto(site.url(f"/studio/trees/{key}/history/"))
    camera.take("history", page, HEAD, ".mw-versions")
    return booking


def _shift(page: Page, days: str) -> None:
    number = page.locator(f"{FORM} input[type=number]").first
    number.fill(days)
    number.blur()
    studio.saved(page)


def _two_people(page: Page, browser: Browser, site: Site, camera: Camera, key: str) -> None:
    studio.open_tree(page, site, key)
    # The page hears nothing of the other person before it sends something itself.
    page.route(
        "**/studio/actions/",
        lambda route: route.abort() if "studio.news" in (route.request.post_data or "") else route.continue_(),
    )
    other = browser.new_page()
    studio.log_in(other, site, "editor")
    studio.open_tree(other, site, key)
    for one in (page, other):
        _select(one, "Update ticket")
    for one, name in ((other, "Write the ticket"), (page, "Ticket number")):
        one.locator("#mw-f-label").fill(name)
        one.locator("#mw-f-label").blur()
        if one is other:
            studio.saved(one)
    expect(page.locator('[data-part="conflict"]')).to_contain_text("editor has changed this tree meanwhile")
    camera.take("two-people", page, '[data-part="conflict"]', EDITOR)
    page.locator('[data-part="conflict"]').get_by_role("button", name="Leave it out").click()
    page.unroute("**/studio/actions/")
    other.close()


def _offline(page: Page, site: Site, camera: Camera, key: str) -> None:
    studio.open_tree(page, site, key)
    _select(page, "Write the ticket")
    page.context.set_offline(True)
    page.locator("#mw-f-label").fill("Ticket")
    page.locator("#mw-f-label").blur()
    expect(page.locator('[data-part="unsaved"]')).to_contain_text("No connection")
    camera.take("offline", page, '[data-part="unsaved"]', TREE, below=420)
    page.context.set_offline(False)
    expect(page.locator('[data-part="unsaved"]')).to_be_empty(timeout=20_000)


def _phone(page: Page, site: Site, camera: Camera, key: str) -> None:
    page.set_viewport_size({"width": PHONE, "height": 780})
    studio.open_tree(page, site, key)
    camera.take("phone-tree", page)
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def _select(page: Page, title: str) -> None:
    """Select a node and wait for its form."""
    studio.row(page, title).click()
    expect(page.locator("#mw-form-title")).to_contain_text(title.split(maxsplit=1)[0])
