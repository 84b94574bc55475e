"""The pages of the second tutorial, as its reader sees them: the finished project, served by runserver."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from time import monotonic, sleep

import pytest
from playwright.sync_api import Page, expect

from tests.contract.tutorials import PATIENCE, Project

pytestmark = pytest.mark.sqlite

ADMIN = """
from django.contrib.auth.models import User
User.objects.create_superuser("ada", password="ada")
from checklist.models import Task
Task.objects.bulk_create(Task(text=f"Seat row {number}") for number in range(1, 10))
"""


@pytest.fixture
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    project = Project(tmp_path_factory.mktemp("airport"), "tutorial-actions.md", "airport.settings")
    project.follow(until_server=4)
    project.browse(ADMIN)
    with project.served() as address:
        until = monotonic() + PATIENCE
        while True:
            try:
                urllib.request.urlopen(f"{address}/static/meanwhile/client.js").close()
                break
            except urllib.error.URLError:
                assert monotonic() < until, "the site did not start"
                sleep(0.1)
        yield address


def test_the_list_the_refusal_and_an_inspection_that_survives_a_reload(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("ada")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{address}/")  # with its scripts: before, the form is one without them

    page.get_by_role("button", name="Add").click()
    expect(page.locator("#message")).to_have_text("Write what is to be done.")
    for text in ("Fuel", "Doors", "Crew"):
        page.get_by_label("New task").fill(text)
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("checkbox", name=text)).to_be_visible()
    with page.expect_response("**/meanwhile/**"):  # a reload takes back what was not sent yet
        page.get_by_role("checkbox", name="Doors").check()
    page.reload()
    expect(page.get_by_role("checkbox", name="Doors")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Fuel")).not_to_be_checked()

    page.get_by_role("button", name="Inspect").click()
    expect(page.locator("#message")).to_contain_text("Inspecting:")
    page.reload()
    expect(page.locator("#message")).to_contain_text("Inspecting:")
    expect(page.locator("#message")).to_have_text("12 tasks inspected.")
