"""Where a benchmark runs: a kind of database, and the fresh databases it makes there."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scripts.with_postgres import available, server

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("sqlite-normal", "sqlite-full", "postgres")


@dataclass(frozen=True)
class Database:
    """One migrated, empty database; ``environment`` leads a process of the measured site to it."""

    kind: str
    name: str
    plain: bool
    environment: dict[str, str]


@dataclass
class Place:
    """One kind of database. ``folder`` is for files of this run alone."""

    kind: str
    folder: Path
    server: dict[str, str] = field(default_factory=dict)
    _made: int = 0

    def database(self, *, plain: bool = False, **extra: str) -> Database:
        """Make a database; ``plain`` leaves Meanwhile out of the site, ``extra`` are further environment variables."""
        name = self.name()
        environment = {
            **os.environ,
            **self.server,
            "DJANGO_SETTINGS_MODULE": "benchmarks.project.settings",
            "BENCH_DATABASE": self.kind,
            "BENCH_NAME": name,
            "BENCH_PLAIN": "1" if plain else "",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
            **extra,
        }
        migrate = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "-v", "0", "--skip-checks"]
        subprocess.run(migrate, check=True, cwd=ROOT, env=environment)
        if extra.get("BENCH_NAME_2"):
            subprocess.run([*migrate, "--database", "second"], check=True, cwd=ROOT, env=environment)
        return Database(self.kind, name, plain, environment)

    def name(self) -> str:
        """Return the name of a new database, which exists already on PostgreSQL."""
        self._made += 1
        if self.kind != "postgres":
            return str(self.folder / f"{self._made}.sqlite3")
        name = f"bench_{self._made}"
        import psycopg

        with psycopg.connect(
            host=self.server["PGHOST"],
            port=self.server["PGPORT"],
            user=self.server["PGUSER"],
            dbname=self.server["PGDATABASE"],
            autocommit=True,
        ) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return name

    def file(self, name: str) -> Path:
        """Return the path of a file of this run alone."""
        return self.folder / name


@contextlib.contextmanager
def places(kinds: tuple[str, ...]) -> Iterator[list[Place]]:
    """Yield the places of these kinds, and remove all that was made there afterwards.

    PostgreSQL is a private server on loopback with its default durability (fsync on), left out where there is none.
    """
    folder = Path(tempfile.mkdtemp(prefix="meanwhile-bench-"))
    try:
        with contextlib.ExitStack() as stack:
            found = []
            for kind in kinds:
                if kind == "postgres" and not available():
                    continue
                own = folder / kind
                own.mkdir()
                found.append(Place(kind, own, stack.enter_context(server()) if kind == "postgres" else {}))
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)
