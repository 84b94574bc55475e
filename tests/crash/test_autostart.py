"""The embedded worker starts in each web process of each server, and nowhere else.

Real servers are started on free ports of the loopback address; nobody sends them a request.
"""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.sqlite

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 30.0
PYTHON = [sys.executable, "-W", "ignore"]
WSGI, ASGI = "tests.servers.wsgi:application", "tests.servers.asgi:application"

SERVERS = {
    "waitress": ([*PYTHON, "-m", "waitress", "--listen=127.0.0.1:{port}", WSGI], 1),
    "gunicorn": ([*PYTHON, "-m", "gunicorn", "-b", "127.0.0.1:{port}", "-w", "2", WSGI], 2),
    "gunicorn --preload": ([*PYTHON, "-m", "gunicorn", "-b", "127.0.0.1:{port}", "-w", "2", "--preload", WSGI], 2),
    "uvicorn": ([*PYTHON, "-m", "uvicorn", "--port", "{port}", ASGI], 1),
    "uvicorn --workers": ([*PYTHON, "-m", "uvicorn", "--port", "{port}", "--workers", "2", ASGI], 2),
    "granian": ([*PYTHON, "-m", "granian", "--port", "{port}", "--interface", "wsgi", WSGI], 1),
    "runserver": ([*PYTHON, "-m", "django", "runserver", "127.0.0.1:{port}"], 1),
    "runserver --noreload": ([*PYTHON, "-m", "django", "runserver", "--noreload", "127.0.0.1:{port}"], 1),
}

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "site.sqlite3"
    subprocess.run([*PYTHON, "-m", "django", "migrate", "-v0"], cwd=ROOT, env=environment(path), check=True)
    return path


@pytest.fixture
def start(database: Path, tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def run(*command: str) -> subprocess.Popen[bytes]:
        log = (tmp_path / "log").open("ab")
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(database), stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def environment(database: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "MEANWHILE_TEST_DB": "sqlite",
        "MEANWHILE_TEST_DB_NAME": str(database),
        "PYTHONPATH": str(ROOT),
        "PYTHONDEVMODE": "",
    }


def workers(database: Path) -> list[int]:
    """The process ids of the workers that say they are alive."""
    connection = sqlite3.connect(database)
    try:
        return [row[0] for row in connection.execute("SELECT pid FROM meanwhile_workerprocess")]
    finally:
        connection.close()


def eventually(condition: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"waited {PATIENCE} s in vain:\n{log.read_text()[-3000:]}"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("name", SERVERS)
def test_each_web_process_has_a_worker_which_ends_with_it(name: str, start: Start, database: Path, tmp_path: Path):
    command, expected = SERVERS[name]
    server = start(*[part.format(port=free_port()) for part in command])
    eventually(lambda: len(workers(database)) == expected, tmp_path / "log")
    if expected > 1:
        assert server.pid not in workers(database)  # the process that only watches over the others has none
    # The reloader of runserver kills its child on SIGTERM; a developer stops it with Ctrl-C.
    os.killpg(server.pid, signal.SIGINT if name == "runserver" else signal.SIGTERM)
    server.wait(PATIENCE)
    assert workers(database) == []


def test_a_management_command_has_no_worker(start: Start, database: Path, tmp_path: Path):
    code = (
        "import time; from django.apps import apps; time.sleep(1.5);"
        " print('worker:', apps.get_app_config('meanwhile').autostart.worker)"
    )
    process = start(*PYTHON, "-m", "django", "shell", "-v0", "-c", code)
    assert process.wait(PATIENCE) == 0
    assert "worker: None" in (tmp_path / "log").read_text()
    assert workers(database) == []


def test_the_setting_switches_the_embedded_worker_off(start: Start, database: Path, tmp_path: Path):
    code = (
        "import time; from django.conf import settings; settings.MEANWHILE = {'AUTOSTART': False};"
        " from django.core.wsgi import get_wsgi_application; get_wsgi_application(); time.sleep(1.5);"
        " from django.apps import apps; print('worker:', apps.get_app_config('meanwhile').autostart.worker)"
    )
    assert start(*PYTHON, "-c", code).wait(PATIENCE) == 0
    assert "worker: None" in (tmp_path / "log").read_text()
