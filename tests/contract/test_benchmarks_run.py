"""Each benchmark runs to its end and says what it found; how fast anything is, is not asserted."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import NAMES, WITHOUT_DATABASE

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"name", "value", "unit", "goal", "holds", "compared_with", "on", "quick", "versions"}


@pytest.mark.sqlite
@pytest.mark.parametrize("name", NAMES)
def test_the_last_line_of_a_benchmark_is_its_result(name: str) -> None:
    benchmark = importlib.import_module(f"benchmarks.{name}")
    lack = benchmark.lacking() if hasattr(benchmark, "lacking") else ""
    (place,) = WITHOUT_DATABASE if getattr(benchmark, "KINDS", ()) == WITHOUT_DATABASE else ("sqlite-normal",)
    command = [sys.executable, "-m", "benchmarks", name, "--quick", "--on", "sqlite-normal"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    if lack:
        assert run.stdout.splitlines()[-1] == f"  left out: this machine has no {lack}"
        return
    found = json.loads(run.stdout.splitlines()[-1])
    assert set(found) == KEYS
    assert found["name"] == name
    assert isinstance(found["holds"], bool)
    assert found["holds"] == found["on"][place]["holds"]
    assert found["value"] == found["on"][place]["value"]
    assert set(found["on"][place]) >= {"value", "holds", "spread"}
    assert found["compared_with"]
    assert found["goal"].startswith(("at most ", "at least "))


@pytest.mark.sqlite
def test_an_unknown_benchmark_is_refused() -> None:
    command = [sys.executable, "-m", "benchmarks", "no_such_name"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 2
    assert "no_such_name" in run.stderr
