"""Each of the four permissions opens its own buttons, pages and addresses, as the demo's accounts have them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import APIResponse, BrowserContext, Page, expect

from tests.browser import studio
from tests.browser.studio_states import EVERY
from tests.browser.studio_world import World

WHO = {
    "viewer": {"view"},
    "editor": {"view", "edit"},
    "publisher": {"view", "edit", "publish"},
    "operator": {"view", "operate"},
    "admin": {"view", "edit", "publish", "operate"},
}

OFFERS: list[tuple[str, str, str]] = [
    ("/studio/types/bookings.Booking/", "New tree", "edit"),
    ("/studio/python/booking-received/", "Copy", "edit"),
    (EVERY, "^New$", "edit"),
    (EVERY, "^Delete$", "edit"),
    (EVERY, "^Try it$", "edit"),
    (EVERY, "^Publish$", "publish"),
    (f"{EVERY}versions/1/", "Bring it back", "edit"),
    ("run failed", "^Retry: job", "operate"),
    ("/studio/queue/", "^Pause the queue", "operate"),
    ("/studio/queue/?list=later", "^Run now", "operate"),
    ("job failed", "^Retry", "operate"),
]
"""Page, what it offers, and the permission that this needs."""

NEEDS = {
    "/studio/": "view", "/studio/runs/": "view", "/studio/queue/": "view", "/studio/queue/plots/": "view",
    EVERY: "view", f"{EVERY}history/": "view", f"{EVERY}export.json": "view",
    "/studio/trees/new/": "edit", f"{EVERY}try/": "edit", "/studio/import/": "edit",
}  # fmt: skip

EDIT = {"tree": "every-kind", "operation": json.dumps({"op": "remove", "path": "0"}), "revision": 1}
HAND_MADE: list[tuple[str, dict[str, Any], str]] = [
    ("edit", EDIT, "edit"),
    ("undo", {"tree": "every-kind", "revision": 1}, "edit"),
    ("discard", {"tree": "every-kind", "revision": 1}, "edit"),
    ("matching", {"tree": "every-kind", "condition": '{"test": "is_new"}'}, "edit"),
    ("publish", {"tree": "by-name", "revision": 1}, "publish"),
    ("set_enabled", {"tree": "every-kind", "enabled": False}, "publish"),
]
POSTED: list[tuple[str, dict[str, str], str]] = [
    ("/studio/trees/new/", {"name": "", "model": "bookings.Booking", "event": "saved"}, "edit"),
    (f"{EVERY}try/", {"record": "1"}, "edit"),
    (f"{EVERY}versions/1/", {"revision": "1"}, "edit"),
    ("/studio/import/", {"text": ""}, "edit"),
    ("/studio/queue/", {"do": "nothing"}, "operate"),
    ("run failed", {"do": "nothing"}, "operate"),
    ("job failed", {"do": "nothing"}, "operate"),
]


@pytest.fixture(params=WHO)
def who(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(world: World, new_context: Callable[..., BrowserContext], who: str) -> Page:
    page = new_context().new_page()
    studio.log_in(page, world.site, who)
    return page


def test_a_page_offers_what_its_person_may_do_and_nothing_else(page: Page, world: World, who: str) -> None:
    shown = ""
    for path, name, needed in OFFERS:
        if path != shown:
            page.goto(world.site.url(world.pages.get(path, path)))
            if path == EVERY:
                studio.ready(page)
            for one in page.locator("main details.mw-menu").all():
                one.evaluate("one => { one.open = true; }")
            shown = path
        found = page.get_by_role("button", name=re.compile(name)).or_(page.get_by_role("link", name=re.compile(name)))
        if needed in WHO[who]:
            expect(found.first, f"{path} {name}").to_be_visible()
        else:
            expect(found, f"{path} {name}").to_have_count(0)


def test_a_page_opens_for_its_permission_alone(page: Page, world: World, who: str) -> None:
    for path, needed in NEEDS.items():
        answer = page.request.get(world.site.url(path))
        assert answer.status == (200 if needed in WHO[who] else 403), path


def test_a_hand_made_request_needs_the_permission_as_the_button_does(page: Page, world: World, who: str) -> None:
    page.goto(world.site.url(EVERY))
    token = page.evaluate("JSON.parse(document.getElementById('mw-page').textContent).csrf")
    headers = {"X-CSRFToken": token, "Referer": world.site.url("/")}
    for path, form, needed in POSTED:
        answer = page.request.post(
            world.site.url(world.pages.get(path, path)), form=form, headers=headers, max_redirects=0
        )
        assert (answer.status != 403) is (needed in WHO[who]), path
    for name, params, needed in HAND_MADE:
        calls = [{"id": "1", "action": f"studio.{name}", "params": params}]
        answer = page.request.post(
            world.site.url("/studio/actions/"),
            data=json.dumps({"lane": "foreground", "actions": calls}),
            headers={**headers, "Content-Type": "application/json"},
        )
        assert ("forbidden" not in told(answer)) is (needed in WHO[who]), name


def told(answer: APIResponse) -> str:
    assert answer.status == 200
    return answer.text()


def test_without_the_token_of_a_page_nobody_does_anything(page: Page, world: World) -> None:
    before = world.site.rows("SELECT revision FROM meanwhile_studiodraft ORDER BY id")
    for path, form, _needed in POSTED:
        address = world.site.url(world.pages.get(path, path))
        assert page.request.post(address, form=form, max_redirects=0).status == 403
    body = json.dumps({"lane": "foreground", "actions": [{"id": "1", "action": "studio.edit", "params": EDIT}]})
    answer = page.request.post(
        world.site.url("/studio/actions/"), data=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status == 403
    after = world.site.rows("SELECT revision FROM meanwhile_studiodraft ORDER BY id")
    assert [tuple(row) for row in after] == [tuple(row) for row in before]


@pytest.mark.parametrize("who", ["passenger"], indirect=True)
def test_whoever_is_no_staff_is_refused_in_words_on_every_page(page: Page, world: World) -> None:
    for path in (*NEEDS, world.pages["run failed"], world.pages["job failed"], "/studio/python/booking-received/"):
        answer = page.goto(world.site.url(path))
        assert answer is not None
        assert answer.status in {403, 404}, path
        heading = page.get_by_role("heading", name=re.compile("This is not open to you|There is nothing here"))
        expect(heading).to_be_visible()
        expect(page.get_by_role("link", name="Queue")).to_have_count(0)


@pytest.mark.parametrize("who", ["operator"], indirect=True)
def test_whoever_may_only_look_at_a_tree_changes_nothing_by_keys(page: Page, world: World) -> None:
    studio.open_tree(page, world.site, "every-kind")
    rows = studio.rows(page)
    page.locator('.mw-row[data-path="1"]').click()
    for key in ("Delete", "Control+x", "Control+d", "Alt+ArrowDown", "Insert", "Shift+F10", "F2", "Control+z"):
        page.keyboard.press(key)
    assert studio.rows(page) == rows
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(page.locator("#mw-f-label")).to_be_disabled()
