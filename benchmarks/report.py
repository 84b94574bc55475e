"""What a benchmark found, as the one JSON object that ends its output."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, Literal

from benchmarks.measure import tidy


@dataclass(frozen=True)
class Goal:
    """A bound: ``Goal("at most", 1.5)``."""

    sense: Literal["at most", "at least"]
    bound: float

    def __str__(self) -> str:
        return f"{self.sense} {self.bound:g}"

    def holds(self, value: float) -> bool:
        """Say whether a value keeps to the bound."""
        return value <= self.bound if self.sense == "at most" else value >= self.bound

    def worst(self, values: list[float]) -> float:
        """Return the value that is furthest from the goal."""
        return max(values) if self.sense == "at most" else min(values)


@dataclass(frozen=True)
class Figure:
    """The figure of one kind of database; ``spread`` holds the quartiles over the rounds."""

    value: float
    spread: list[float]
    details: Mapping[str, Any] = field(default_factory=dict)


def line(name: str, unit: str, goal: Goal, compared_with: str, figures: Mapping[str, Figure], *, quick: bool) -> str:
    """Return the last line of a benchmark's output. ``value`` is that of the worst database; ``on`` has all of them."""
    value = goal.worst([figure.value for figure in figures.values()])
    on = {
        kind: {"value": tidy(f.value), "holds": goal.holds(f.value), "spread": f.spread, **f.details}
        for kind, f in figures.items()
    }
    found = {
        "name": name,
        "value": tidy(value),
        "unit": unit,
        "goal": str(goal),
        "holds": goal.holds(value),
        "compared_with": compared_with,
        "on": on,
        "quick": quick,
        "versions": versions(),
    }
    return json.dumps(found)


def versions() -> dict[str, Any]:
    """Return what was measured with."""
    packages = {}
    for package in ("django", "pydantic", "psycopg", "granian", "waitress"):
        try:
            packages[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **packages,
        "system": platform.platform(terse=True),
        "cores": os.cpu_count(),
    }
