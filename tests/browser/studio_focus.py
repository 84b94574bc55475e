"""Where the focus is."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def focused(page: Page) -> str:
    """The element with the focus, which is one that can be seen and used; fails where there is none."""
    found = page.evaluate(
        """() => {
          const one = document.activeElement;
          const seen = one.checkVisibility() && one.getClientRects().length > 0;
          const off = one.closest("[inert]") || one.disabled;
          return [one.tagName, one.id, one.getAttribute("role"), seen, !!off, one.textContent.slice(0, 60)];
        }"""
    )
    tag, _id, _role, is_seen, is_off, _text = found
    assert tag not in {"BODY", "HTML", "MAIN"}, found
    assert is_seen, found
    assert not is_off, found
    return str(found)


def is_on_row(page: Page) -> None:
    """Wait until the selected row of the tree has the focus."""
    expect(page.locator(".mw-row[aria-selected=true]")).to_be_focused()


def settled(page: Page) -> None:
    """Wait until what was done, if it was anything to save, is on the server."""
    expect(page.locator('[data-part="status"]')).to_have_text(re.compile(r"^\s*(Draft saved)?\s*$"))
