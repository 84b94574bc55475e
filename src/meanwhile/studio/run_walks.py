"""Walk through lists of runs, the latest first, each in the order of an index and no further than is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import QuerySet

from meanwhile.queue import sql
from meanwhile.trees.models import Run

CHUNK = 250
LEAST_CHUNK = 50
"""Rows that are read of a list first, if there are many lists."""

MORE = 4
"""Each further read is twice as long as the one before, up to so many chunks."""

COLUMNS = ("pk", "tree", "state", "model", "record_pk", "actor_pk")
EARLIEST, LATEST = UUID(int=0), UUID(int=(1 << 128) - 1)

# SQLite uses a partial index only where it reads the same condition, with its constants written out.
PARTIAL = {"actor_pk": "NOT (meanwhile_run.actor_pk = '')"}


@dataclass(frozen=True, slots=True)
class RunList:
    """The runs that have these ``values`` in these ``columns``: those with which an index begins that ends with the
    id. Without any it is the list of all runs."""

    columns: tuple[str, ...] = ()
    values: tuple[str, ...] = ()

    def between(self, since: UUID, before: UUID, using: str) -> QuerySet[Run]:
        """Return the runs of the list from ``since`` on until before ``before``, the latest first."""
        conditions = [PARTIAL[one] for one in self.columns if one in PARTIAL]
        runs = Run.objects.using(using).extra(where=conditions)  # noqa: S610 - constants
        if not self.columns or not sql.is_postgresql(connections[using]):
            equal = dict(zip(self.columns, self.values, strict=True))
            return runs.filter(**equal, pk__gte=since, pk__lt=before).order_by("-pk")
        # PostgreSQL would go through all runs, the latest first, for a value that it knows to be frequent, though all
        # that have it may be old. A place in the index, and the order of all its columns, leave it no choice.
        place = ", ".join(f"meanwhile_run.{column}" for column in (*self.columns, "id"))
        marks = ", ".join(["%s"] * (len(self.columns) + 1))
        within = runs.extra(  # noqa: S610 - names of columns
            where=[f"({place}) >= ({marks})", f"({place}) < ({marks})"],
            params=[*self.values, since, *self.values, before],
        )
        return within.order_by(*(f"-{column}" for column in self.columns), "-pk")


class RunWalk:
    """Goes through one list of runs and stops after about ``limit`` of them; ``last`` is how far it came then.

    ``chunk`` is how many rows it reads first.
    """

    def __init__(self, runs: RunList, since: UUID, before: UUID, *, using: str, limit: int, chunk: int = CHUNK) -> None:
        self._runs, self._since, self._before = runs, since, before
        self._using, self._limit, self._chunk = using, limit, chunk
        self.ended_early = False
        self.last = EARLIEST

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        looked, before, chunk = 0, self._before, self._chunk
        while looked < self._limit:
            rows = list(self._runs.between(self._since, before, self._using).values_list(*COLUMNS)[:chunk])
            yield from rows
            if len(rows) < chunk:
                return
            looked += len(rows)
            self.last = before = rows[-1][0]
            chunk = max(min(chunk * 2, self._chunk * MORE, self._limit - looked), 1)
        self.ended_early = True


def walks_of(lists: Sequence[RunList], since: UUID, before: UUID, *, using: str, look: int) -> list[RunWalk]:
    """Return walks through all of these lists that together look at about ``look`` runs."""
    number = max(len(lists), 1)
    limit, chunk = max(look // number, CHUNK), max(CHUNK // number, min(LEAST_CHUNK, CHUNK))
    return [RunWalk(one, since, before, using=using, limit=limit, chunk=chunk) for one in lists]
