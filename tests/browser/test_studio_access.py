"""Every page of the Studio in every state: under its policy, without a serious fault, in light and dark, on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import WATCH_THE_POLICY
from tests.browser.studio_states import STATES
from tests.browser.studio_world import World

AXE = Axe()
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.mark.parametrize("name", STATES)
def test_a_page_is_open_to_everybody_under_the_strictest_policy_and_fits_a_phone(
    world: World, new_context: Callable[..., BrowserContext], name: str
) -> None:
    for viewport in (DESK, PHONE):
        page = new_context(storage_state=world.admin, viewport=viewport).new_page()
        trouble = watched(page)
        STATES[name](page, world)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found = faults(page, None if scheme == "light" else ["color-contrast"])
            trouble += [f"{scheme}, {viewport['width']} px: {fault}" for fault in found]
        if (too_wide := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            trouble.append(f"{too_wide} px wider than {viewport['width']}")
        assert trouble == []
        page.close()


def watched(page: Page) -> list[str]:
    """What the page's console says of its policy, and its errors: fills while the page lives."""
    said: list[str] = []
    page.add_init_script(WATCH_THE_POLICY)
    page.on("console", lambda message: said.append(message.text) if "CSP" in message.text else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def faults(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe finds that is serious or worse; by these rules, or by all."""
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    return [
        f"{fault['id']}: {[node['html'][:160] for node in fault['nodes']][:4]}"
        for fault in AXE.run(page, options=options).response["violations"]
        if fault["impact"] in {"serious", "critical"}
    ]
