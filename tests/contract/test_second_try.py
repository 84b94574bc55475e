"""In the full run a browser test that fails is tried once more, and then on a site that its first try did not touch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOOK = "from tests.browser.anew import pytest_runtest_setup\n"
TESTS = """
import pytest

@pytest.fixture(scope="session")
def site():
    return []

@pytest.fixture(scope="module")
def world(site):
    return []

def test_before(site, world):
    site.append("before")

def test_that_can_be_done_once_on_a_site(site, world, tries=[]):
    tries.append(1)
    assert "done" not in site + world
    site.append("done")
    world.append("done")
    assert len(tries) == 2

def test_after(site, world):
    assert "before" not in site
    assert site == world == ["done"]
"""


def _run(folder: Path, hook: str) -> str:
    (folder / "conftest.py").write_text(hook, encoding="utf-8")
    (folder / "test_tried.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_rerunfailures", "--reruns", "1", str(folder)]
    known = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=known, capture_output=True, text=True, check=False).stdout


def test_a_second_try_begins_anew_and_what_it_made_serves_the_tests_after_it(tmp_path: Path) -> None:
    assert "3 passed, 1 rerun" in _run(tmp_path, HOOK)


def test_without_that_a_second_try_would_find_what_the_first_one_did(tmp_path: Path) -> None:
    assert "2 failed" in _run(tmp_path, "")
