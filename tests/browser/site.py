"""The demo as a process of its own, and what its database says."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Step:
    """One step of the history, with when it began and ended."""

    label: str
    began: datetime
    ended: datetime


class Site:
    """A running demo."""

    def __init__(self, process: subprocess.Popen[str], address: str, data: Path) -> None:
        self.process = process
        self.address = address
        self.data = data

    def url(self, path: str) -> str:
        return self.address + path

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])

    def stop(self) -> str:
        """Ask it to stop as a service manager does; return what it said last."""
        if self.process.poll() is None:
            self.process.terminate()
        said, _ = self.process.communicate(timeout=30)
        return said

    def rows(self, sql: str, *parameters: Any) -> list[sqlite3.Row]:
        with closing(sqlite3.connect(f"file:{self.data / 'demo.sqlite3'}?mode=ro", uri=True, timeout=20)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(sql, parameters).fetchall()

    def booking(self, pk: int) -> dict[str, Any]:
        [row] = self.rows("SELECT * FROM bookings_booking WHERE id = ?", pk)
        return dict(row)

    def foreground_done(self, pk: int) -> datetime:
        """When the foreground of the booking's run was over."""
        return _moment(self._run(pk)["page_at"])

    def background(self, pk: int) -> list[Step]:
        """The background steps of a booking that are done, in the order in which they ended."""
        jobs = self.rows('SELECT steps FROM meanwhile_job WHERE "group" = ?', _uuid_text(self._run(pk)["id"]))
        marks = [mark for job in jobs for mark in json.loads(job["steps"]).get("done", {}).values()]
        steps = []
        for mark in marks:
            ended = _moment(mark["at"])
            steps.append(Step(mark["label"], ended - timedelta(milliseconds=mark["ms"]), ended))
        return sorted(steps, key=lambda step: step.ended)

    def _run(self, pk: int) -> sqlite3.Row:
        sql = "SELECT * FROM meanwhile_run WHERE model = 'bookings.Booking' AND record_pk = ? AND page_at IS NOT NULL"
        [run] = self.rows(sql, str(pk))
        return run


@contextmanager
def running_site(data: Path, pace: float, port: int = 0) -> Iterator[Site]:
    """Start the demo with its database in ``data``, its slow actions ``pace`` times as slow, on a free port or this."""
    process = start(data, pace=pace, port=port)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://[^/\s]+", said)
        if found is None:
            raise AssertionError(f"the demo did not say where it is: {said}{process.stdout.read()}")
        yield Site(process, found[0], data)
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=30)


def start(data: Path, *, pace: float = 0, port: int = 0) -> subprocess.Popen[str]:
    """Start ``python -m demo`` and return its process; what it says is one stream."""
    return subprocess.Popen(
        [sys.executable, "-W", "error::DeprecationWarning:demo", "-m", "demo"],
        cwd=REPOSITORY,
        env=environment(data, pace, port),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def environment(data: Path, pace: float, port: int = 0) -> dict[str, str]:
    """Return what a process of the demo needs to know: the same for all of one site, whose trees name its address."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "src")]),
        "DJANGO_SETTINGS_MODULE": "demo.settings",
        "DEMO_DATA": str(data),
        "DEMO_PACE": str(pace),
        "HOST": "127.0.0.1",
        "PORT": str(port),
    }


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _uuid_text(value: str) -> str:
    """A run's id as jobs name it: SQLite keeps a UUID as 32 digits."""
    return re.sub(r"(.{8})(.{4})(.{4})(.{4})(.{12})", r"\1-\2-\3-\4-\5", value)
