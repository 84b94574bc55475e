"""What a person may do to the jobs of a run, with JavaScript and without it: the same buttons, and how it went."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.studio import log_in
from tests.browser.studio_world import World, running_world

SLOWEST, TRIES = 20_000, 60
IN_BACKGROUND = "As soon as possible"
DELAY = "Two days before departure"


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Callable[[bool], World]]:
    """A demo of its own for each way, made when it is asked for: what is done to its jobs is done."""
    made: dict[bool, World] = {}
    with ExitStack() as stack:

        def world(javascript: bool) -> World:
            if javascript not in made:
                made[javascript] = stack.enter_context(running_world(tmp_path_factory.mktemp("operated"), browser))
            return made[javascript]

        yield world


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def javascript(request: pytest.FixtureRequest) -> bool:
    """Whether the browser runs scripts: only then a page is looked at again by itself."""
    return bool(request.param)


@pytest.fixture
def world(worlds: Callable[[bool], World], javascript: bool) -> World:
    """The demo for this way."""
    return worlds(javascript)


@pytest.fixture
def page(world: World, javascript: bool, new_context: Callable[..., BrowserContext]) -> Page:
    """A page of somebody who may operate."""
    page = new_context(java_script_enabled=javascript).new_page()
    log_in(page, world.site, "operator")
    return page


def part(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def choose(place: Locator, name: str) -> None:
    """Press a button of the menu of a job."""
    place.get_by_label(re.compile("^More for job")).click()
    place.get_by_role("button", name=name, exact=True).click()


def told(page: Page, text: str) -> Locator:
    """What the page says of it: a toast, or a note above the page."""
    return page.locator(".mw-toast, .mw-note").filter(has_text=re.compile(text)).first


def offered(place: Locator) -> set[str]:
    return set(filter(None, (text.strip() for text in place.locator("[form=do]").all_text_contents())))


def until(page: Page, place: Locator, state: str, javascript: bool) -> None:
    """Wait for a job's state; without JavaScript somebody loads the page again."""
    badge = place.locator("header .mw-state")
    for _ in range(TRIES):
        try:
            return expect(badge).to_have_text(state, timeout=500)
        except AssertionError:
            if not javascript:
                page.reload()
    raise AssertionError(f"the job is {badge.text_content()}, not {state}")


def go(page: Page, world: World, name: str) -> None:
    page.goto(world.site.url(world.pages[name]))


def test_a_failed_job_is_retried_and_retried_from_a_step_and_skipped(
    page: Page, world: World, javascript: bool
) -> None:
    go(page, world, "run failed")
    job = part(page, IN_BACKGROUND)
    everything = {"Retry", "Retry from here", "Skip", "Cancel"}
    assert offered(job) == everything
    job.get_by_role("button", name="Retry from the step Price of the seat").click()
    expect(told(page, "goes on from the step you chose")).to_be_visible()
    until(page, job, "failed", javascript)
    job.get_by_role("button", name=re.compile("^Retry: job")).click()
    expect(told(page, "is tried again")).to_be_visible()
    until(page, job, "failed", javascript)
    choose(job, "Skip")
    expect(told(page, "is skipped")).to_be_visible()
    expect(job.locator("header .mw-state")).to_have_text("skipped")
    assert offered(job) == set()
    assert page.url.partition("#")[0] == world.site.url(world.pages["run failed"])


def test_a_waiting_delay_says_its_moment_once_and_is_run_now(page: Page, world: World, javascript: bool) -> None:
    go(page, world, "run waiting")
    delay = part(page, DELAY)
    # How long until then can be told by JavaScript alone: else it would be the same moment once more.
    until_then = delay.locator(".mw-besides meanwhile-time")
    expect(until_then).to_be_visible(visible=javascript)
    assert offered(delay) == {"Run now", "Skip", "Cancel"}
    delay.get_by_role("button", name=re.compile("^Run now: job")).click()
    expect(told(page, "is due now")).to_be_visible()
    until(page, delay, "succeeded", javascript)
    assert offered(delay) == set()


def test_a_running_job_is_cancelled_and_the_rest_of_its_run_with_one_button(page: Page, world: World) -> None:
    go(page, world, "run running")
    job, delay = part(page, IN_BACKGROUND), part(page, DELAY)
    assert offered(job) == {"Cancel"}
    choose(job, "Cancel")
    expect(told(page, "is cancelled")).to_be_visible()
    expect(job.locator("header .mw-state")).to_have_text("cancelled")
    page.locator("summary").filter(has_text="Cancel the rest").click()
    page.get_by_role("button", name="Cancel them").click()
    expect(told(page, "Done for 1 job")).to_be_visible()
    expect(delay.locator("header .mw-state")).to_have_text("cancelled")
    assert offered(page.locator("#live")) == set()


def test_what_is_not_possible_any_more_is_told_and_the_page_is_right_again(
    page: Page, world: World, javascript: bool
) -> None:
    go(page, world, "run succeeded")
    delay = part(page, DELAY)
    other = page.context.new_page()
    go(other, world, "run succeeded")
    button = delay.get_by_role("button", name=re.compile("^Run now: job"))
    choose(part(other, DELAY), "Cancel")
    expect(told(other, "is cancelled")).to_be_visible()
    if javascript:  # what a tab says when a person is back in it
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    else:
        button.click()
        expect(told(page, "is cancelled and cannot become")).to_be_visible()
    expect(delay.locator("header .mw-state")).to_have_text("cancelled", timeout=SLOWEST)
    assert offered(delay) == set()
