"""A web server as a process of its own, on a free port."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
SERVERS = {
    "granian wsgi": ("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--workers", "1", "--blocking-threads",
                     "8", "--log-level", "error", "--port"),
    "gunicorn": ("gunicorn", "--threads", "8", "--log-level", "error", "--bind"),
    "uvicorn": ("uvicorn", "--host", "127.0.0.1", "--log-level", "error", "--lifespan", "off", "--port"),
}  # fmt: skip
"""How each is started; its port and the application come last."""


@contextmanager
def running(name: str, *, wsgi: str, asgi: str, environment: Mapping[str, str]) -> Iterator[int]:
    """Serve the application of the server's kind, and yield the port as soon as it takes connections."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = f"127.0.0.1:{port}" if name == "gunicorn" else str(port)
    application = asgi if name == "uvicorn" else wsgi
    command = [sys.executable, "-m", *SERVERS[name], where, application]
    process = subprocess.Popen(command, cwd=ROOT, env=dict(environment))
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not start")
