"""A PostgreSQL server of one test, which the test may stop, crash and start again."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from scripts import with_postgres


class PostgresServer:
    """Keeps its data between `stop` and `start`."""

    def __init__(self) -> None:
        # Not in pytest's folder, which the server's account may not enter.
        self._folder = tempfile.TemporaryDirectory(prefix="meanwhile-pg-")
        folder = Path(self._folder.name)
        self._data, self._log = folder / "data", folder / "server.log"
        self._port = with_postgres._free_port()
        self._drop: dict[str, Any] = with_postgres._as_server_account()
        self._process: subprocess.Popen[bytes] | None = None
        if self._drop:
            os.chown(folder, self._drop["user"], self._drop["group"])
        initdb = [self._program("initdb"), "-D", self._data, "-U", with_postgres.USER, "-A", "trust", "--no-sync"]
        subprocess.run(
            [*initdb, "-E", "UTF8", "--no-locale"], check=True, stdout=subprocess.DEVNULL, cwd="/", **self._drop
        )

    @property
    def environment(self) -> dict[str, str]:
        """What leads to it."""
        return {"PGHOST": "127.0.0.1", "PGPORT": str(self._port), "PGUSER": with_postgres.USER}

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        settings = ["listen_addresses=127.0.0.1", f"unix_socket_directories={self._data}", "fsync=off"]
        command = [self._program("postgres"), "-D", self._data, "-p", str(self._port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *(part for setting in settings for part in ("-c", setting))],
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                **self._drop,
            )
        with_postgres._wait_until_ready(self._process, self._data / "postmaster.pid", self._log)

    def stop(self) -> None:
        """Shut it down: it cuts all connections and ends in order."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """End it without any order: it recovers from its log with the next start."""
        self._end(signal.SIGQUIT)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.crash()
        self._folder.cleanup()

    def _end(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(60)

    @staticmethod
    def _program(name: str) -> str:
        path = with_postgres.program(name)
        if path is None:
            pytest.skip(f"PostgreSQL's program {name} is not installed here")
        return path
