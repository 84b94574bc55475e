"""What an operator does on the pages to watch leaves the focus where it was, and is said aloud."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.studio_focus import focused
from tests.browser.studio_states import STATES
from tests.browser.studio_world import World

SAID = "#mw-said"


@pytest.fixture
def page(world: World, new_context: Callable[..., BrowserContext]) -> Page:
    return new_context(storage_state=world.admin).new_page()


def press(page: Page, value: str) -> None:
    """Press by keyboard the first button that sends this; one in a menu, after the menu is opened."""
    button = page.locator(f'main button[name="do"][value^="{value}"]').first
    if not button.is_visible():
        button.locator("xpath=ancestor::details[1]/summary").press("Enter")
    button.press("Enter")


DONE = [
    ("run waiting", "run_now:", "is due now"),
    ("run skipped", "cancel:", "is cancelled"),
    ("run failed", "retry", "Done for 1 job"),
    ("run running", "cancel", "Done for 2 jobs"),
    ("job failed", "skip:", "is skipped"),
    ("queue, later", "run_now:", "is due now"),
]
"""Each on something of its own: what was done to one is not expected of another."""


@pytest.mark.parametrize(("name", "value", "said"), DONE, ids=[f"{name}, {value}" for name, value, _said in DONE])
def test_an_operation_on_a_job_keeps_the_focus_on_the_page_and_is_announced(
    page: Page, world: World, name: str, value: str, said: str
) -> None:
    STATES[name](page, world)
    page.evaluate("window.stayed = true")
    press(page, value)
    expect(page.locator(SAID)).to_have_text(re.compile(said))
    assert page.evaluate("window.stayed") is True
    focused(page)


def test_the_queue_is_paused_and_resumed_with_the_focus_where_a_person_can_go_on(page: Page, world: World) -> None:
    STATES["pause"](page, world)
    page.get_by_label("Why? (shown on every page)").fill("Lunch")
    page.get_by_role("button", name="Pause the queue").press("Enter")
    expect(page.locator(SAID)).to_contain_text("The queue is paused")
    focused(page)
    page.get_by_role("button", name="Resume").press("Enter")
    expect(page.locator(SAID)).to_contain_text("The queue goes on")
    focused(page)


def test_a_page_that_follows_what_happens_leaves_the_focus_alone(page: Page, world: World) -> None:
    STATES["queue"](page, world)
    tab = page.get_by_role("link", name=re.compile("^Failed"))
    tab.focus()
    with page.expect_response(lambda response: "/studio/queue/" in response.url, timeout=15_000):
        pass
    expect(tab).to_be_focused()


@pytest.mark.parametrize("name", ["tried", "tried with errors", "import refused"])
def test_what_came_of_a_form_has_the_focus(page: Page, world: World, name: str) -> None:
    STATES[name](page, world)
    told = page.locator("main .mw-note[role]").first
    expect(told).to_be_focused()
