"""How a command tells a problem of a tree."""

from __future__ import annotations

from meanwhile.actions.base import Problem


def problem_line(problem: Problem) -> str:
    """Return a problem as one line: where, what, what to do, and its id."""
    where = f"{problem.path}: " if problem.path else ""
    hint = f" {problem.hint}" if problem.hint else ""
    return f"{problem.level}: {where}{problem.message}{hint} ({problem.code})"
