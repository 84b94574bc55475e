"""What the editor saves and what Python writes are the same document, for every tree of the demo, in the browser."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import studio
from tests.browser.site import REPOSITORY, Site, environment, running_site

TYPED = "input[type=text]:not([role=combobox]), input[type=number], textarea"
TREES = """
import django, json
django.setup()
from meanwhile.studio import loading
from meanwhile.trees import registry
loading.refresh(force=True)
print(json.dumps({tree.key: tree.to_json() for tree in registry.current().all()}))
"""


@pytest.fixture(scope="module")
def own_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A demo of its own: the copies that are published here run beside the trees in Python."""
    with running_site(tmp_path_factory.mktemp("round-trip"), pace=0.1) as site:
        yield site


def registered(site: Site) -> dict[str, str]:
    """The trees by key, as JSON, that a new process of the site has."""
    known = subprocess.run(
        [sys.executable, "-c", TREES], cwd=REPOSITORY, env=environment(site.data, 0.1), capture_output=True, check=True
    )
    trees: dict[str, str] = json.loads(known.stdout)
    return trees


def test_every_tree_of_the_demo_survives_being_edited_and_published(page: Page, own_site: Site) -> None:
    in_python = registered(own_site)
    assert {"booking-received", "booking-all-at-once"} <= set(in_python)
    studio.log_in(page, own_site)
    for key, text in in_python.items():
        page.goto(own_site.url(f"/studio/python/{key}/"))
        assert exported(page) == text
        page.get_by_role("link", name="Copy to edit").click()
        page.get_by_role("button", name="Make the copy").click()
        studio.ready(page)
        copied = page.url.rstrip("/").rpartition("/")[2]
        nodes = page.get_by_role("treeitem").count()
        touch_every_value(page)
        assert edits(own_site, copied) >= 2 * nodes
        assert without_names(exported(page)) == without_names(text)
        studio.publish(page)
        page.goto(own_site.url(f"/studio/trees/{copied}/versions/1/"))
        assert without_names(exported(page)) == without_names(text)
        assert without_names(registered(own_site)[copied]) == without_names(text)


def touch_every_value(page: Page) -> None:
    """Change what each control of each node's form says, have it saved, and set it back to what it said."""
    rows = page.get_by_role("treeitem")
    for number in range(rows.count()):
        rows.nth(number).click()
        form = page.locator(studio.FORM)
        title = rows.nth(number).locator(".mw-row__title").inner_text()
        expect(form.locator("#mw-form-title")).to_have_text(title)
        if (more := form.locator("details:not([open]) > summary")).count():
            more.click()
        before = dict(form.locator(TYPED).evaluate_all("all => all.map(one => [one.id, one.value])"))
        assert before
        ticks = form.locator("input[type=checkbox]").evaluate_all("all => all.map(one => one.id)")
        for name, said in before.items():
            control = of(form, name)
            is_number = control.get_attribute("type") == "number" or control.get_attribute("inputmode") == "decimal"
            control.fill(str(int(float(said or 1)) + 1) if is_number else f"{said}x")
        _tick(form, ticks)
        _choose(form, "continue")
        _done(page)
        for name, said in before.items():
            of(form, name).fill(said)
        _tick(form, ticks)
        _choose(form, "stop")
        _done(page)


def _tick(form: Locator, names: list[str]) -> None:
    for name in names:
        of(form, name).click()


def _choose(form: Locator, what: str) -> None:
    if (choice := form.locator("#mw-f-on_error")).count():
        choice.select_option(what)


def _done(page: Page) -> None:
    page.locator("#mw-form-title").focus()
    studio.saved(page)


def of(form: Locator, name: str) -> Locator:
    return form.locator(f'[id="{name}"]')


def edits(site: Site, key: str) -> int:
    [row] = site.rows(
        "SELECT d.revision AS number FROM meanwhile_studiodraft d"
        " JOIN meanwhile_studiotree t ON t.id = d.tree_id WHERE t.key = ?",
        key,
    )
    return int(row["number"])


def exported(page: Page) -> str:
    """What the page lets a person download, which is in a menu of the editor."""
    link = page.get_by_role("link", name="Export")
    if not link.is_visible():
        page.locator("summary[aria-label=More]").click()
    with page.expect_download() as download:
        link.click()
    return Path(download.value.path()).read_text(encoding="utf-8")


def without_names(text: str) -> dict[str, Any]:
    """A document without its name and key, which are the copy's own."""
    return {name: value for name, value in json.loads(text).items() if name not in {"name", "key"}}
