"""The demo's process: prepare the database, serve the site, run the worker inside, and stop all of it together."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
from types import FrameType
from typing import Any

import django
from django.core.management import call_command

THREADS = 8


def main() -> int:
    """Run the demo until Ctrl-C or SIGTERM; return the process's exit code."""
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not port.isdecimal() or int(port) > 65535:
        return _refuse(f"PORT must be a number up to 65535, it is {port!r}.")
    django.setup()
    _prepare()
    try:
        server = _serve_on(host, int(port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _refuse(f"Port {port} is taken. Choose another one: PORT={int(port) + 1} python -m demo")
        return _refuse(f"The site can't answer on {host}:{port}: {error.strerror or error}.")
    signal.signal(signal.SIGTERM, _interrupt)
    return _run(server, host)


def _prepare() -> None:
    from django.utils import timezone

    from demo.bookings.seed import seed

    call_command("migrate", verbosity=0, interactive=False)
    seed(timezone.now())


def _serve_on(host: str, port: int) -> Any:
    from waitress.server import create_server

    from demo.wsgi import application

    return create_server(application, host=host, port=port, threads=THREADS, ident="Meanwhile Air")


def _run(server: Any, host: str) -> int:
    from django.apps import apps

    autostart: Any = apps.get_app_config("meanwhile").autostart  # type: ignore[attr-defined]
    try:
        # Not only with the first request: work that a stopped demo left behind goes on at once.
        autostart.start()
        _say_where(host, server)
        server.run()
    except KeyboardInterrupt:
        pass
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print("\nStopping …", flush=True)
    server.close()
    autostart.stop()
    print("Stopped. What was not done goes on with the next start.", flush=True)
    return 0


def _say_where(host: str, server: Any) -> None:
    port = getattr(server, "effective_port", None) or server.effective_listen[0][1]
    shown = {"0.0.0.0": "127.0.0.1", "::": "localhost"}.get(host, host)  # noqa: S104 - compared, not listened on
    address = f"[{shown}]" if ":" in shown else shown
    print(f"Meanwhile Air is at http://{address}:{port}/   (Ctrl-C stops it)", flush=True)
    if shown != host:
        print(f"From other machines: http://{socket.gethostname()}:{port}/", flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _refuse(text: str) -> int:
    print(text, file=sys.stderr)
    return 1
