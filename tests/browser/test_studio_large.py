"""What keeps the editor quick with 500 nodes: one page to open it, one request an edit, and only what changed is drawn.

How quick it is, `benchmarks/studio_editor.py` measures.
"""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser import studio
from tests.browser.site import Site

NODES = 500

WATCH_ROWS = """
window.drawn = new Set();
window.watch = new MutationObserver((changes) => {
  for (const { target, type, addedNodes } of changes) {
    if (type === "childList") {
      for (const one of [target, ...addedNodes]) {
        const row = one instanceof Element ? one.closest(".mw-row") : null;
        if (row) window.drawn.add(row);
      }
    }
  }
});
window.watch.observe(document.querySelector('[data-part="tree"]'), { subtree: true, childList: true });
"""


def document() -> dict[str, Any]:
    """500 nodes: five Backgrounds with 99 actions in each."""
    actions = [{"kind": "update_field", "label": f"Step {number}", "set": STATUS} for number in range(99)]
    nodes = [{"kind": "background", "label": f"Part {number}", "do": actions} for number in range(5)]
    return {"meanwhile": 1, "name": "Large", "on": {"event": "saved", "model": "bookings.Booking"}, "do": nodes}


STATUS = {"status": {"value": "literal", "literal": "x"}}


@pytest.fixture
def key(page: Page, quick_site: Site) -> str:
    """The key of a tree of 500 nodes, opened by somebody who is logged in."""
    studio.log_in(page, quick_site)
    page.goto(quick_site.url("/studio/import/"))
    page.locator("textarea[name=text]").fill(json.dumps({**document(), "key": f"large-{uuid4().hex}"}))
    page.locator("main form button[type=submit], main form button:not([type])").first.click()
    studio.ready(page)
    return page.url.rstrip("/").rsplit("/", 1)[1]


def calls(page: Page) -> list[str]:
    """The actions that the page calls from now on, but for those that only ask what there is to see."""
    found: list[str] = []

    def note(request: Request) -> None:
        names = re.findall(r'"action":\s*"studio\.(\w+)"', request.post_data or "")
        found.extend(name for name in names if name not in {"news", "form", "fields"})

    page.on("request", note)
    return found


def test_the_page_brings_all_that_is_shown_at_first(page: Page, quick_site: Site, key: str) -> None:
    requests: list[str] = []
    kinds = {"document", "fetch", "xhr"}
    page.on("request", lambda one: requests.append(one.url) if one.resource_type in kinds else None)
    studio.open_tree(page, quick_site, key)
    expect(page.get_by_role("treeitem")).to_have_count(NODES + 1)
    expect(page.locator("#mw-f-name")).to_have_value("Large")
    assert requests == [quick_site.url(f"/studio/trees/{key}/")]


def test_an_edit_is_one_request_and_draws_only_what_it_changed(page: Page, key: str) -> None:
    page.locator('.mw-row[data-path="2.50"]').click()
    expect(page.locator("#mw-f-label")).to_have_value("Step 50")
    called = calls(page)
    page.evaluate(WATCH_ROWS)
    page.keyboard.press("Control+d")
    studio.saved(page)
    expect(page.get_by_role("treeitem")).to_have_count(NODES + 2)
    page.keyboard.press("Alt+ArrowDown")
    studio.saved(page)
    page.keyboard.press("Delete")
    studio.saved(page)
    expect(page.get_by_role("treeitem")).to_have_count(NODES + 1)
    page.keyboard.press("Control+z")
    studio.saved(page)
    expect(page.get_by_role("treeitem")).to_have_count(NODES + 2)
    assert called == ["edit", "edit", "edit", "undo"]
    assert page.evaluate("window.drawn.size") < 12


def test_an_undo_shows_before_the_server_has_answered(page: Page, key: str) -> None:
    page.locator('.mw-row[data-path="2.50"]').click()
    page.keyboard.press("Delete")
    studio.saved(page)
    expect(page.get_by_role("treeitem")).to_have_count(NODES)
    page.route("**/studio/actions/", lambda route: None)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("treeitem")).to_have_count(NODES + 1)
    page.unroute("**/studio/actions/")
