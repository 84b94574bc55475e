"""How the database would answer a statement, and how it answers those of a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection


def plan_of(statement: str) -> str:
    """The plan, as text, with statistics at hand and, on PostgreSQL, without the choice to read a small table whole."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{statement}")
        return "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())


@dataclass(frozen=True)
class Planned:
    """A statement with its plan at the moment when it was sent, one step a line."""

    statement: str
    plan: str

    def faults(self, table: str) -> list[str]:
        """Return the steps that read a table from end to end, and those that sort."""
        whole = re.compile(rf"\bSeq Scan on {table}\b|^.*\bSCAN {table}(?! USING)|^.*\bSCAN {table} USING AUTOMATIC")
        return [line for line in self.plan.splitlines() if whole.search(line) or SORTS.search(line)]


# Not an incremental sort, which is of the few rows that are equal in the order of the index.
SORTS = re.compile(r"\bUSE TEMP B-TREE\b|(?<!Incremental )\bSort {2}\(")


@contextmanager
def plans_of(table: str) -> Iterator[list[Planned]]:
    """Collect the plans of the statements inside that read a table, each as it is with the settings of that moment."""
    found: list[Planned] = []

    def explain(execute: Callable[..., Any], statement: str, params: Any, many: bool, context: Any) -> Any:
        if statement.lstrip()[:6].upper() in {"SELECT", "WITH R"} and re.search(rf"\b{table}\b", statement):
            query_plan = "QUERY PLAN " if connection.vendor == "sqlite" else ""
            execute(f"EXPLAIN {query_plan}{statement}", params, many, context)
            rows = context["cursor"].fetchall()
            found.append(Planned(statement, "\n".join(" ".join(map(str, row)) for row in rows)))
        return execute(statement, params, many, context)

    with connection.execute_wrapper(explain):
        yield found
