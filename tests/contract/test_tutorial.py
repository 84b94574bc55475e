"""The tutorial works as it stands: its commands are run and its files are written, in order, into an empty folder."""

from __future__ import annotations

import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.contract.tutorials import BY_HAND, PATIENCE, Project, blocks

pytestmark = pytest.mark.sqlite  # the reader's database, whatever the other tests use

PERSON = {"name": "Ada", "email": "ada@example.com", "starts": "2099-05-01T08:30"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, "tutorial.md", "airline.settings")


@pytest.mark.parametrize("page", ["tutorial.md", "tutorial-actions.md"])
def test_every_command_of_a_tutorial_is_one_that_a_reader_has(page: str) -> None:
    commands = [line for kind, text in blocks(page) if kind == "sh" for line in text.splitlines()]
    assert all(line.startswith((*BY_HAND, "python manage.py", "django-admin")) for line in commands)


def test_the_first_half_ends_with_a_foreground_that_is_done_before_the_page(project: Project) -> None:
    project.follow(until_server=1)
    page = project.browse(f"""
        person = {PERSON}
        response = client.post("/", person, follow=True)
        print(response.redirect_chain, response.content.decode())
    """)
    assert "('/bookings/1/', 302)" in page
    assert "AIR0001" in page
    assert "received" in page
    assert "Seat: not yet" in page


def test_the_form_the_waiting_page_and_the_page_after_it(project: Project) -> None:
    project.follow(until_server=2)
    waiting = project.browse(f"""
        person = {PERSON}
        response = client.post("/", person)
        assert (response.status_code, response.url) == (302, "/bookings/1/wait/"), response
        page = client.get(response.url)
        assert page.status_code == 200, page
        print(page.content.decode())
        print("SESSION", client.cookies["sessionid"].value)
    """)
    steps = ["Find a seat", "Work out the price", "Send the confirmation", "Ready"]
    assert re.findall(r'step__label">(.*?)<', waiting) == steps
    assert "0 of 4 steps done" in waiting

    said = project.run("python manage.py meanwhile_worker --drain")
    assert "your seat is 10B. It costs 79.00." in said
    assert "See you soon" not in said

    session = waiting.rpartition("SESSION ")[2].strip()
    after = project.browse(f"""
        client.cookies["sessionid"] = "{session}"
        response = client.get("/bookings/1/wait/", follow=True)
        print(response.redirect_chain, response.content.decode())
    """)
    assert "('/bookings/1/', 302)" in after
    assert "Status: confirmed" in after
    assert "Seat: 10B. Price: 79.00" in after


def test_check_tells_of_a_misspelt_field_as_the_tutorial_says(project: Project) -> None:
    project.follow(until_server=1)
    trees = project.folder / "bookings" / "trees.py"
    trees.write_text(trees.read_text().replace("status=", "statsu="))
    done = subprocess.run(
        project.arguments("python manage.py check"),
        cwd=project.folder,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "meanwhile.E102" in done.stderr
    assert "0.set.statsu" in done.stderr


@pytest.fixture
def site(project: Project) -> Iterator[str]:
    """The finished tutorial, served by runserver with the worker that starts by itself."""
    project.follow(until_server=2)
    with project.served() as address:
        yield address


def test_runserver_alone_does_the_background_too(site: str) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    until = time.monotonic() + PATIENCE
    form = _when_up(browser, site, until)
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', form)
    assert token
    sent = urlencode({**PERSON, "csrfmiddlewaretoken": token[1]}).encode()
    with browser.open(f"{site}/", sent) as answer:
        page, address = answer.read().decode(), answer.url
    assert address == f"{site}/bookings/1/wait/"
    assert "You don’t have to do anything" in page
    while address != f"{site}/bookings/1/":
        assert time.monotonic() < until, page
        with browser.open(f"{site}/bookings/1/wait/") as answer:
            page, address = answer.read().decode(), answer.url
    assert "Seat: 10B. Price: 79.00" in page


def _when_up(browser: urllib.request.OpenerDirector, site: str, until: float) -> str:
    while True:
        try:
            with browser.open(f"{site}/") as answer:
                return str(answer.read().decode())
        except urllib.error.URLError:
            assert time.monotonic() < until, "the site did not start"
            time.sleep(0.1)
