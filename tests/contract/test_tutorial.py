"""The tutorial works as it stands: its commands are run and its files are written, in order, into an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import django
import pytest

pytestmark = pytest.mark.sqlite  # the reader's database, whatever the other tests use

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|python|html)\n(.*?)^```$", TUTORIAL, re.DOTALL | re.MULTILINE)
FILE_NAME = re.compile(
    r"(?:# |<!-- )(?P<path>[\w/.]+)(?P<append>, at the end)?(?:, before Django (?P<before>[\d.]+))?(?: -->)?"
)
# A person does these once, or in a browser: making the folder and the environment, and the two that stay running.
BY_HAND = ("mkdir", "cd", "python -m venv", ".", "pip install", "python manage.py createsuperuser")
PERSON = {"name": "Ada", "email": "ada@example.com", "starts": "2099-05-01T08:30"}
PATIENCE = 60.0


class Project:
    """The reader's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        # No bytecode: a file that is rewritten within a second, at the same length, would not be read again.
        self.environment = {**keep, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"}

    def follow(self, *, until_server: int) -> None:
        """Do what the tutorial says, up to the given time that it starts the site."""
        servers = 0
        for kind, text in BLOCKS:
            if kind != "sh":
                self._write(text)
                continue
            for command in text.splitlines():
                if command.startswith("python manage.py runserver"):
                    servers += 1
                    if servers == until_server:
                        return
                elif not command.startswith(BY_HAND):
                    self.run(command)

    def _write(self, text: str) -> None:
        first, _, rest = text.partition("\n")
        named = FILE_NAME.fullmatch(first)
        assert named, f"a block of the tutorial that doesn't begin with the name of its file: {first}"
        if named["before"] and tuple(map(int, named["before"].split("."))) <= django.VERSION:
            return
        file = self.folder / named["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a" if named["append"] else "w", encoding="utf-8") as opened:
            opened.write(rest)

    def run(self, command: str) -> str:
        done = subprocess.run(
            self.arguments(command), cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def arguments(self, command: str) -> list[str]:
        program, *rest = shlex.split(command)
        return [sys.executable, *(["-m", "django"] if program == "django-admin" else []), *rest]

    def browse(self, script: str) -> str:
        """Run a script with Django's test client in a process of the project."""
        setup = "import os, django\nos.environ['DJANGO_SETTINGS_MODULE'] = 'airline.settings'\ndjango.setup()\n"
        setup += (
            f"from django.test import Client\nclient = Client(headers={{'host': 'localhost'}})\nperson = {PERSON}\n"
        )
        return self.run(shlex.join(["python", "-c", setup + textwrap.dedent(script)]))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_every_command_of_the_tutorial_is_one_that_a_reader_has() -> None:
    commands = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]
    assert all(line.startswith((*BY_HAND, "python manage.py", "django-admin")) for line in commands)


def test_the_first_half_ends_with_a_foreground_that_is_done_before_the_page(project: Project) -> None:
    project.follow(until_server=1)
    page = project.browse("""
        response = client.post("/", person, follow=True)
        print(response.redirect_chain, response.content.decode())
    """)
    assert "('/bookings/1/', 302)" in page
    assert "AIR0001" in page
    assert "received" in page
    assert "Seat: not yet" in page


def test_the_form_the_waiting_page_and_the_page_after_it(project: Project) -> None:
    project.follow(until_server=2)
    waiting = project.browse("""
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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        project.arguments(f"python manage.py runserver --noreload {port}"),
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(PATIENCE)


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
