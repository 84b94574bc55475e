"""Run the tests that need neither browser nor crashes on the other supported versions of Python and Django.

    python scripts/matrix.py [PYTEST ARGUMENT ...]

Each Python and each Django has one cell in which all these tests run; the default cell of `make test` has the rest. The
other pairs, of versions that were all seen, run those tests in which the two meet. Each cell has a virtual environment
of its own under .matrix. An interpreter that this machine has not got is left out
and named, or with MEANWHILE_REQUIRE_ALL=1 a failure. The last line adds up every report under build/reports, those of
`make test` among them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from second_try import SECOND_TRY

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "reports"
REQUIREMENTS = ROOT / "requirements"
WORKERS = min(os.cpu_count() or 1, 4)


@dataclass(frozen=True)
class Cell:
    """One pair of versions, each as "major.minor", and the folders of the tests that run in it."""

    python: str
    django: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"python{self.python}-django{self.django}"

    @property
    def requirements(self) -> list[Path]:
        return [REQUIREMENTS / name for name in ("package.txt", f"django-{self.django}.txt", "test.txt")]


# The contract tests look at the docs and the tools, which are the same for every version; browsers and crashes are too.
ALL = ("tests/unit", "tests/integration")
WHERE_THEY_MEET = tuple(f"tests/integration/{name}" for name in ("capture", "commands", "forms", "queue", "testing"))
"""Signals, transactions, threads, processes and the test runner: where Django builds on what Python does."""

CELLS = (
    Cell("3.12", "5.2", WHERE_THEY_MEET),
    Cell("3.12", "6.0", ALL),
    Cell("3.12", "6.1", WHERE_THEY_MEET),
    Cell("3.13", "6.1", ALL),
)


def interpreter(version: str) -> str | None:
    """An interpreter of this version that really runs: a name on PATH, else one that pyenv has installed."""
    candidates = [shutil.which(f"python{version}")]
    if pyenv := shutil.which("pyenv"):
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=False).stdout.strip()
        installed = (Path(root) / "versions").glob(f"{version}.*/bin/python")
        candidates += [str(path) for path in sorted(installed, reverse=True)]
    return next((path for path in candidates if path and _runs_as(path, version)), None)


def _runs_as(path: str, version: str) -> bool:
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([path, "-c", script], capture_output=True, text=True, check=False)
    return done.stdout.strip() == version


def prepare(cell: Cell, base: str) -> Path:
    """Make the cell's environment unless it stands and is as new as its requirement files; return its interpreter."""
    folder = ROOT / ".matrix" / cell.name
    python, ready = folder / "bin" / "python", folder / ".ready"
    newest = max(path.stat().st_mtime for path in [*cell.requirements, ROOT / "pyproject.toml"])
    if ready.exists() and ready.stat().st_mtime >= newest:
        return python
    print(f"Installing {cell.name} ...", flush=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([base, "-m", "venv", folder], check=True)
    subprocess.run([*pip, *(part for path in cell.requirements for part in ("-r", str(path)))], check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], check=True)
    ready.touch()
    return python


def run(cell: Cell, python: Path, extra: list[str]) -> bool:
    print(f"\n— {cell.name} —", flush=True)
    report = f"--junitxml={REPORTS / cell.name}.xml"
    command = [str(python), "-m", "pytest", "-q", "-n", str(WORKERS), *SECOND_TRY, report, *cell.tests, *extra]
    environment = {**os.environ, "PYTHONDEVMODE": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def closing_line() -> str:
    """Sum the reports of every part that ran."""
    total: Counter[str] = Counter()
    for report in sorted(REPORTS.glob("*.xml")):
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            total.update({key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")})
    failed = total["failures"] + total["errors"]
    passed = total["tests"] - failed - total["skipped"]
    return f"{passed} passed, {failed} failed, {total['skipped']} skipped"


def main() -> int:
    REPORTS.mkdir(parents=True, exist_ok=True)
    for cell in CELLS:
        (REPORTS / f"{cell.name}.xml").unlink(missing_ok=True)
    bases = {cell: interpreter(cell.python) for cell in CELLS}
    # An installation waits for the network and the disk by turns: as many at a time as there are cores.
    with ThreadPoolExecutor(WORKERS) as pool:
        prepared = {cell: pool.submit(prepare, cell, base) for cell, base in bases.items() if base}
    outcomes: dict[str, str] = {}
    for cell in CELLS:
        if cell in prepared:
            outcomes[cell.name] = "passed" if run(cell, prepared[cell].result(), sys.argv[1:]) else "FAILED"
        else:
            outcomes[cell.name] = f"not run: no Python {cell.python} here"
    print("\n" + "\n".join(f"{name:24} {outcome}" for name, outcome in outcomes.items()))
    print(closing_line())
    required = os.environ.get("MEANWHILE_REQUIRE_ALL") == "1"
    good = all(outcome == "passed" or (outcome != "FAILED" and not required) for outcome in outcomes.values())
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
