"""Chromium, and the demo to look at: once as slow as it is, once quick."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.anew import pytest_runtest_setup  # noqa: F401 - a hook
from tests.browser.site import Site, running_site
from tests.browser.studio_world import World, running_world

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 20_000
"""Milliseconds that a page may take to do or to show what is awaited: a busy machine stands still for seconds."""
WATCH_THE_POLICY = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
"""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    # Not for the session: while Playwright runs, tests elsewhere can't run asynchronous code in this thread.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo with background actions of at least a second each."""
    with running_site(tmp_path_factory.mktemp("slow"), pace=1) as site:
        yield site


@pytest.fixture(scope="session")
def quick_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo with background actions of about a third of a second each."""
    with running_site(tmp_path_factory.mktemp("quick"), pace=0.3) as site:
        yield site


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[World]:
    """A demo with something of everything in its Studio."""
    with running_world(tmp_path_factory.mktemp("world"), browser) as world:
        yield world


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Make a browser profile of its own; options are Playwright's."""
    with ExitStack() as stack:

        def make(**options: Any) -> BrowserContext:
            context = browser.new_context(**options)
            context.set_default_timeout(PATIENCE)
            stack.callback(context.close)
            return context

        yield make


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Iterator[Page]:
    """A page whose errors, also those against the content security policy, fail the test."""
    context = new_context()
    context.add_init_script(WATCH_THE_POLICY)
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if "CSP" in message.text else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []
