"""A Django process of the measured site that does what it is asked, one thing after the other.

The asking side is `Child`; the other one is ``python -m benchmarks.child``, which reads a JSON line such as
``{"do": "drain:fill", "with": {"n": 100}}``, calls ``benchmarks.inside.drain.fill(n=100)``, and answers with another.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import subprocess
import sys
import traceback
from collections.abc import Iterator
from typing import IO, Any

from benchmarks.places import ROOT, Database


class ChildFailed(Exception):
    """What was asked raised in the child; the text is its traceback."""


class Child:
    """One process, made by `child`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def ask(self, what: str, /, **arguments: Any) -> Any:
        """Have ``module:function`` of `benchmarks.inside` called, and return its answer. Raises `ChildFailed`."""
        self.begin(what, **arguments)
        return self.answer()

    def begin(self, what: str, /, **arguments: Any) -> None:
        """Ask without waiting; `answer` waits."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": what, "with": arguments}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        """Wait for the answer to what was begun."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise ChildFailed(f"the process ended with status {self.process.wait()}")
        answer = json.loads(line)
        if "failed" in answer:
            raise ChildFailed(answer["failed"])
        return answer["done"]


@contextlib.contextmanager
def child(database: Database, **extra: str) -> Iterator[Child]:
    """Run a child on a database while the context lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.child"],
        cwd=ROOT,
        env={**database.environment, **extra},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Child(process)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def serve(questions: IO[str], answers: IO[str]) -> None:
    """Answer questions until there are no more."""
    import django

    django.setup()
    for line in questions:
        asked = json.loads(line)
        module, _, name = asked["do"].partition(":")
        try:
            function = getattr(importlib.import_module(f"benchmarks.inside.{module}"), name)
            answer = {"done": function(**asked["with"])}
        except Exception:  # noqa: BLE001 - told to the asking side
            answer = {"failed": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    # What a step prints must not be taken for an answer.
    answers, sys.stdout = sys.stdout, sys.stderr
    serve(sys.stdin, answers)
