"""The demo's scripts know what its controllers take: they are right, and a wrong parameter in them is flagged."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REQUIRE_ALL
from tests.integration.remote.test_types import typescript_compiler

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path("demo/actions/static/demo/actions")
PARTS = ("demo/jsconfig.json", "demo/actions/static", "demo/types", "src/meanwhile/static/meanwhile")


def django(*arguments: str, data: Path) -> subprocess.CompletedProcess[str]:
    """Run one of Django's commands in the demo."""
    known = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "demo.settings",
        "DEMO_DATA": str(data),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }
    command = [sys.executable, "-m", "django", *arguments]
    return subprocess.run(command, cwd=ROOT, env=known, capture_output=True, text=True, check=False)


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A copy of what the compiler reads of the demo, where it stands beside the package."""
    for part in map(Path, PARTS):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tmp_path / part)
        else:
            shutil.copy(ROOT / part, tmp_path / part)
    return tmp_path


def problems(folder: Path) -> list[str]:
    """Return what `tsc` says about the demo in a folder, a line for each problem."""
    tsc = typescript_compiler()
    if tsc is None and not REQUIRE_ALL:
        pytest.skip("no TypeScript (npm install, or MEANWHILE_TSC)")
    assert tsc is not None, "no TypeScript: run npm install, or name tsc in MEANWHILE_TSC"
    command = [tsc, "--project", str(folder / "demo" / "jsconfig.json"), "--pretty", "false"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines()


def change(demo: Path, script: str, old: str, new: str) -> None:
    path = demo / SCRIPTS / script
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (script, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_types_beside_the_demo_are_those_of_its_controllers(tmp_path: Path) -> None:
    done = django("meanwhile_types", "--out", "demo/types", "--check", data=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_demo_s_scripts_are_right(demo: Path) -> None:
    assert problems(demo) == []


@pytest.mark.parametrize(
    ("script", "old", "new"),
    [
        ("echo_promise.js", "echo.echo({ message:", "echo.echo({ mesage:"),
        ("echo_promise.js", "background({ message: `Background ${number}` }", "background({ message: number }"),
        ("echo_promise.js", "server.echo.echo.background", "server.echo.eco.background"),
        ("airports.js", "search({ text },", "search({ text, most: 'all' },"),
        ("airports.js", "onChoose: ({ city, code, country })", "onChoose: ({ town: city, code, country })"),
        ("report.js", "build.background(wanted,", "build.background({ by: 'seat' },"),
    ],
)
def test_a_wrong_parameter_is_flagged(demo: Path, script: str, old: str, new: str) -> None:
    change(demo, script, old, new)
    assert any(line.startswith(str(SCRIPTS / script)) for line in problems(demo))


def test_a_parameter_that_changes_in_python_is_flagged_in_javascript(demo: Path) -> None:
    types = demo / "demo" / "types" / "server.d.ts"
    text = types.read_text(encoding="utf-8")
    assert text.count("message: string;") == 1
    types.write_text(text.replace("message: string;", "text: string;"), encoding="utf-8")
    assert len([line for line in problems(demo) if "echo_promise.js" in line]) == 2
