"""An office of one test: a database of its own, processes that work in it, and ways to look and to wait."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import on_postgres

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60.0
LOOK_EVERY = 0.02
OPEN_JOBS = "SELECT COUNT(*) FROM meanwhile_job WHERE state IN ('ready', 'running')"


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Wait until a condition holds and return what it returned; fail the test after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:g} seconds for: {what}")
        time.sleep(LOOK_EVERY)
    return found


class SqliteDatabase:
    """A copy of a file with all tables in it."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.name = str(folder / "office.sqlite3")
        shutil.copy(template, self.name)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.name, timeout=20, isolation_level=None)) as connection:
            return connection.execute(statement).fetchall()

    def is_locked(self) -> bool:
        """Say whether somebody is in the middle of a write and stays there."""
        with closing(sqlite3.connect(self.name, timeout=0.2, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            return False

    def close(self) -> None:
        """The file goes with its folder."""


class PostgresDatabase:
    """A database made after a template that has all tables in it."""

    def __init__(self, template: str) -> None:
        self.name = f"office_{os.getpid()}_{time.monotonic_ns()}"
        self.admin(f"CREATE DATABASE {self.name} TEMPLATE {template}")

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self._run(statement, self.name)

    def is_locked(self) -> bool:
        """Say whether somebody is in the middle of a transaction and stays there."""
        time.sleep(0.05)  # what the server has been sent already, it does
        busy = f"SELECT 1 FROM pg_stat_activity WHERE datname = '{self.name}' AND xact_start IS NOT NULL"
        return bool(self.admin(busy))

    def admin(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement from outside the database."""
        return self._run(statement, "postgres")

    def close(self) -> None:
        self.admin(f"DROP DATABASE {self.name} WITH (FORCE)")

    def _run(self, statement: str, database: str) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(dbname=database, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


Database = SqliteDatabase | PostgresDatabase


class Process:
    """A process that the zygote forked."""

    def __init__(self, office: Office, pid: int) -> None:
        self.pid = pid
        self.status: int | None = None
        self._office = office

    def signal(self, number: int) -> None:
        if self.status is None:
            os.kill(self.pid, number)

    def has_stopped(self) -> bool:
        """Say whether a SIGSTOP has reached all threads: until then they go on, on another processor."""
        states = [(task / "stat").read_text().rpartition(")")[2].split()[0] for task in self._tasks()]
        return all(state in "TZX" for state in states)

    def _tasks(self) -> list[Path]:
        return list(Path(f"/proc/{self.pid}/task").iterdir())

    def ended(self, seconds: float = 0.0) -> bool:
        """Say whether it has ended, or ends within so many seconds."""
        if self.status is None:
            self.status = self._office.ask(wait=self.pid, seconds=seconds)
        if self.status is not None:
            self._office.running.discard(self)
        return self.status is not None

    def wait(self, seconds: float = PATIENCE) -> int:
        """Wait for its end and return its exit status, negative for a signal."""
        if not self.ended(seconds) or self.status is None:
            pytest.fail(f"process {self.pid} did not end within {seconds:g} seconds")
        return self.status

    def kill(self) -> None:
        """Kill it as a power cut would, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        self.wait()

    def threads(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("Threads:")[2].split()[0])


class Office:
    """Start processes with `worker`, `do` and `run`; look with `rows`; wait with `until_done`."""

    def __init__(self, folder: Path, database: Database, meanwhile: dict[str, Any]) -> None:
        self.folder, self.database = folder, database
        self.environment = environment(database.name, folder, meanwhile)
        self.log_path = folder / "log"
        self.running: set[Process] = set()
        self._programs: list[subprocess.Popen[bytes]] = []
        self._zygote: subprocess.Popen[bytes] | None = None

    def worker(self, *options: str) -> Process:
        """Start ``manage.py meanwhile_worker``."""
        return self.start("worker", *options)

    def start(self, call: str, *args: Any) -> Process:
        """Start a process that calls a function of `office.work`."""
        process = Process(self, self.ask(call=call, args=args))
        self.running.add(process)
        return process

    def do(self, call: str, *args: Any) -> None:
        """Call a function of `office.work` in a process of its own, to its end."""
        assert self.start(call, *args).wait() == 0, self.log()

    def run(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a program, from the root of the project, in the office's environment."""
        with self.log_path.open("ab") as log:
            program = subprocess.Popen(
                [sys.executable, "-W", "ignore", *command],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._programs.append(program)
        return program

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self.database.rows(statement)

    def number(self, statement: str) -> int:
        return int(self.rows(statement)[0][0])

    def until_done(self, seconds: float = PATIENCE) -> None:
        """Wait until no job waits or runs."""
        until(lambda: not self.number(OPEN_JOBS), f"the end of all jobs\n{self.story()}", seconds)

    def sign(self, name: str) -> None:
        """Let actions that wait for a sign go on."""
        (self.folder / name).touch()

    def signs(self, pattern: str) -> list[str]:
        """The signs that actions left."""
        return sorted(path.name for path in self.folder.glob(pattern))

    def log(self) -> str:
        """The end of what the processes wrote."""
        return self.log_path.read_text(errors="replace")[-4_000:] if self.log_path.exists() else ""

    def story(self) -> str:
        states = self.rows("SELECT state, attempts, takeovers, COUNT(*) FROM meanwhile_job GROUP BY 1, 2, 3")
        return f"{states}\n{self.log()}"

    def ask(self, **order: Any) -> Any:
        zygote = self._zygote = self._zygote or self._start_zygote()
        assert zygote.stdin is not None
        assert zygote.stdout is not None
        zygote.stdin.write(json.dumps(order).encode() + b"\n")
        zygote.stdin.flush()
        return json.loads(zygote.stdout.readline())

    def close(self) -> None:
        """End all processes; what they wrote is shown if the test failed."""
        print(self.log())
        for process in tuple(self.running):
            process.signal(signal.SIGKILL)
            process.wait()
        for program in self._programs:
            if program.poll() is None:
                program.kill()
                program.wait()
        if self._zygote is not None:
            self._zygote.communicate()
        self.database.close()

    def _start_zygote(self) -> subprocess.Popen[bytes]:
        with self.log_path.open("ab") as log:
            zygote = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "tests.crash.zygote"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert zygote.stdout is not None
        assert zygote.stdout.readline() == b"ready\n", self.log()
        return zygote


def environment(database: str, folder: Path, meanwhile: dict[str, Any]) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.crash.settings",
        "MEANWHILE_TEST_DB_NAME": database,
        "MEANWHILE_TEST_FOLDER": str(folder),
        "OFFICE_FOLDER": str(folder),
        "OFFICE_MEANWHILE": json.dumps(meanwhile),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
        "PYTHONDEVMODE": "",
    }


def migrate(database: str, folder: Path) -> None:
    """Make all tables."""
    command = [sys.executable, "-W", "ignore", "-m", "django", "migrate", "--run-syncdb", "-v0"]
    subprocess.run(command, cwd=ROOT, env=environment(database, folder, {}), check=True)


@contextmanager
def migrated_template(folder: Path) -> Iterator[Any]:
    """Yield what the databases of the tests are copies of."""
    if not on_postgres():
        path = folder / "template.sqlite3"
        migrate(str(path), folder)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield path
        return
    import psycopg

    name = f"office_template_{os.getpid()}"
    with psycopg.connect(dbname="postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        migrate(name, folder)
        yield name
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def new_database(folder: Path, template: Any) -> Database:
    return PostgresDatabase(template) if on_postgres() else SqliteDatabase(folder, template)
