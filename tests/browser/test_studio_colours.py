"""The Studio in colours that a person has chosen, and without motion."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.studio_states import STATES, node
from tests.browser.studio_world import World

OWN = {"forced_colors": "active", "reduced_motion": "reduce"}

MOVES = """
() => {
  const milliseconds = (one) => parseFloat(one) * (one.trim().endsWith("ms") ? 1 : 1000);
  const longest = (text) => Math.max(...text.split(",").map(milliseconds));
  const all = [];
  for (const one of document.querySelectorAll("*")) {
    for (const pseudo of [null, "::before", "::after"]) {
      const style = getComputedStyle(one, pseudo);
      const moves = style.animationName !== "none" && longest(style.animationDuration) > 1;
      const changes = style.transitionProperty !== "none" && longest(style.transitionDuration) > 1;
      const what = `${style.animationName} ${style.transitionProperty}`;
      if (moves || changes) all.push(`${one.tagName}.${one.className} ${what}`);
    }
  }
  const scrolls = getComputedStyle(document.documentElement).scrollBehavior;
  return scrolls === "smooth" ? [...all, "scrolls smoothly"] : all;
}
"""
STILL = ["record types", "node 0", "New", "publish", "run running", "queue", "plots", "tried", "history"]


@pytest.fixture
def own(world: World, new_context: Callable[..., BrowserContext]) -> Page:
    """A page of somebody who has chosen their own colours, and no motion."""
    return new_context(storage_state=world.admin, **OWN).new_page()


@pytest.mark.parametrize("name", STILL)
def test_nothing_moves_for_whoever_wants_no_motion(own: Page, world: World, name: str) -> None:
    STATES[name](own, world)
    assert own.evaluate(MOVES) == []


def test_what_runs_moves_for_everybody_else(world: World, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(storage_state=world.admin).new_page()
    STATES["run running"](page, world)
    assert page.evaluate(MOVES) != []


def test_the_selected_row_and_parts_in_the_background_can_be_told_apart_in_any_colours(own: Page, world: World) -> None:
    node("every-kind", "7.0")(own, world)
    selected, other = own.locator('.mw-row[data-path="7.0"]'), own.locator('.mw-row[data-path="8.0"]')
    own.locator("#mw-f-label").focus()
    assert looks(selected, "outlineStyle") != looks(other, "outlineStyle")
    # A rail that is drawn and not only tinted; and the words say it, too.
    rail, line = (
        own.locator('.mw-row[data-path="8.0"] .mw-guide').first,
        own.locator('.mw-row[data-path="5.then.0"] .mw-guide').first,
    )
    assert looks(rail, "borderLeftStyle", "borderLeftWidth") != looks(line, "borderLeftStyle", "borderLeftWidth")
    expect(other).to_have_attribute("aria-label", re.compile("2 days before"))


def test_what_has_the_focus_is_told_apart_from_what_is_selected_in_any_colours(own: Page, world: World) -> None:
    node("every-kind", "7.0")(own, world)
    row, current = own.locator('.mw-row[data-path="7.0"]'), own.locator(".mw-nav a[aria-current]")
    for one in (row, current):
        own.locator("#mw-f-label").focus()
        before = looks(one, "outlineStyle", "outlineWidth")
        one.focus()
        own.keyboard.press("Shift")
        expect(one).to_be_focused()
        assert looks(one, "outlineStyle", "outlineWidth") != before


@pytest.mark.parametrize("name", ["node 0", "runs", "queue", "run failed", "history", "try it", "import", "publish"])
def test_the_focus_can_be_seen_in_any_colours(own: Page, world: World, name: str) -> None:
    STATES[name](own, world)
    unseen = []
    for _ in range(25):
        own.keyboard.press("Tab")
        found = own.evaluate(
            """() => {
              const one = document.activeElement;
              // The button in a date's box is drawn by the browser alone.
              if (one === document.body || !one.matches(":focus-visible")) return null;
              const style = getComputedStyle(one);
              const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
              return seen ? null : `${one.tagName}.${one.className} ${style.outline}`;
            }"""
        )
        if found:
            unseen.append(found)
    assert unseen == []


@pytest.mark.parametrize("name", ["New", "publish", "menu of a job"])
def test_what_lies_above_the_page_has_an_edge_in_any_colours(own: Page, world: World, name: str) -> None:
    STATES[name](own, world)
    panel = own.locator(".mw-pop, dialog[open], details[open] > .mw-panel").first
    width, style = looks(panel, "borderTopWidth", "borderTopStyle")
    assert float(width.removesuffix("px")) >= 1
    assert style != "none"


def test_states_are_told_by_words_and_not_by_colour_alone(own: Page, world: World) -> None:
    STATES["runs"](own, world)
    for state in own.locator("tbody .mw-state").all():
        assert state.inner_text().strip()


def looks(place: Locator, *names: str) -> list[str]:
    """Computed styles of an element."""
    found: Any = place.evaluate(
        "(one, names) => { const style = getComputedStyle(one); return names.map((name) => style[name]); }", list(names)
    )
    return list(found)
