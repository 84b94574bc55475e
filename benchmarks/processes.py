"""The processes beside the measuring one: the site behind a web server, and the worker. And what processes use."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.places import ROOT, Database

START_SECONDS = 30
STOP_SECONDS = 15
TICKS = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def process(command: list[str], database: Database, **extra: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command on a database while the context lasts; SIGTERM ends it and all that it started."""
    running = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**database.environment, **extra},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()


@contextlib.contextmanager
def site(database: Database) -> Iterator[tuple[int, int]]:
    """Serve the measured site with one process and one thread; yield its port and its process id."""
    port = _free_port()
    with process([sys.executable, "-m", *_server(port)], database) as running:
        _wait_for_port(port, running)
        yield port, running.pid


def server_name() -> str:
    """Return which web server is used: granian if it is installed, else waitress, which the demo needs anyway."""
    return "granian" if importlib.util.find_spec("granian") else "waitress"


def _server(port: int) -> list[str]:
    application = "benchmarks.project.wsgi:application"
    if server_name() == "granian":
        options = "--host 127.0.0.1 --interface wsgi --workers 1 --blocking-threads 1 --log-level warning"
        return ["granian", *options.split(), "--port", str(port), application]
    return ["waitress", f"--listen=127.0.0.1:{port}", "--threads=1", application]


@contextlib.contextmanager
def worker(database: Database, *, threads: int | None = None, **extra: str) -> Iterator[int]:
    """Run ``manage.py meanwhile_worker`` and yield its process id."""
    command = [sys.executable, "-m", "django", "meanwhile_worker"]
    if threads is not None:
        command += ["--threads", str(threads)]
    with process(command, database, **extra) as running:
        yield running.pid


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process and all below it have used."""
    return sum(_cpu_of(each) for each in family(pid))


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def family(pid: int) -> list[int]:
    """Return a process and all processes below it."""
    below: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            below.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += below.get(found[-1], [])
    return found


def _cpu_of(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_port(port: int, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and running.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError("the web server did not start")
