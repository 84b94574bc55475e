"""Where the focus is, and what was said aloud."""

from __future__ import annotations

from playwright.sync_api import Page, expect

NOTE_WHAT_IS_SAID = """
addEventListener("DOMContentLoaded", () => {
  window.mwHeard = [];
  const note = () => {
    for (const one of document.querySelectorAll("[role=status], [role=alert], [aria-live]")) {
      const text = one.textContent.trim();
      if (text && one.mwText !== text) window.mwHeard.push(text);
      one.mwText = text;
    }
  };
  new MutationObserver(note).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
});
"""


def hears(page: Page) -> None:
    """Note all that live regions say on the pages to come."""
    page.add_init_script(NOTE_WHAT_IS_SAID)


def heard(page: Page) -> list[str]:
    """What live regions have said since the page was loaded."""
    return list(page.evaluate("window.mwHeard"))


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
