"""A reader of a tutorial: runs its commands and writes its files, in order, into an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import django

from tests.settings import FOLDER

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(sh|python|html|js)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE_NAME = re.compile(
    r"(?:# |<!-- |// )(?P<path>[\w/.]+)(?P<append>, at the end)?(?:, before Django (?P<before>[\d.]+))?(?: -->)?"
)
# A person does these once, or in a browser: making the folder and the environment, and the two that stay running.
BY_HAND = ("mkdir", "cd", "python -m venv", ".", "pip install", "python manage.py createsuperuser")
PATIENCE = 60.0


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the kind and the text of each block of a page of the documentation that a reader types."""
    return BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))


class Project:
    """The reader's folder. ``settings`` is the module that the tutorial's project has its settings in."""

    def __init__(self, folder: Path, page: str, settings: str) -> None:
        self.folder = folder
        self.blocks = blocks(page)
        self.settings = settings
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        # No bytecode: a file that is rewritten within a second, at the same length, would not be read again.
        self.environment = {**keep, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"}

    def follow(self, *, until_server: int) -> None:
        """Do what the tutorial says, up to the given time that it starts the site.

        How the folder is whenever the site starts is kept: a test goes on from a copy of what another one made.
        """
        reached = max((number for number in range(1, until_server + 1) if self._kept(number).exists()), default=0)
        if reached:
            shutil.copytree(self._kept(reached), self.folder, dirs_exist_ok=True)
        servers = 0
        for kind, text in self._deeds():
            if kind == "sh" and text.startswith("python manage.py runserver"):
                servers += 1
                if servers > reached:
                    self._keep(servers)
                if servers == until_server:
                    return
            elif servers >= reached:
                self._write(text) if kind != "sh" else self.run(text)

    def _deeds(self) -> Iterator[tuple[str, str]]:
        """Yield the files that a reader writes and, one by one, the commands, but for those that are done by hand."""
        for kind, text in self.blocks:
            for one in text.splitlines() if kind == "sh" else [text]:
                if kind != "sh" or not one.startswith(BY_HAND):
                    yield kind, one

    def _kept(self, server: int) -> Path:
        return FOLDER / "tutorials" / self.settings / str(server)

    def _keep(self, server: int) -> None:
        made = Path(tempfile.mkdtemp(dir=FOLDER))
        shutil.copytree(self.folder, made, dirs_exist_ok=True)
        self._kept(server).parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # another process was first
            made.rename(self._kept(server))

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
        setup = f"import os, django\nos.environ['DJANGO_SETTINGS_MODULE'] = '{self.settings}'\ndjango.setup()\n"
        setup += "from django.test import Client\nclient = Client(headers={'host': 'localhost'})\n"
        return self.run(shlex.join(["python", "-c", setup + textwrap.dedent(script)]))

    @contextmanager
    def served(self) -> Iterator[str]:
        """Run the site as the tutorial says, with the worker that starts by itself; yield its address."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen(
            self.arguments(f"python manage.py runserver --noreload {port}"),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(PATIENCE)
