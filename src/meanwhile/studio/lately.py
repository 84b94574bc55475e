"""How trees did lately: bounded numbers, from the index of runs by tree and the end of the index of failed ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connections

from meanwhile.queue.index_order import in_index_order
from meanwhile.queue.overview import Count
from meanwhile.studio.standing import Standing, standings
from meanwhile.trees.models import Run, RunState
from meanwhile.trees.prune import first_id
from meanwhile.trees.versions import stored_id

LATELY = timedelta(hours=24)
LIMIT = 1000
"""Runs of one tree that are counted, and failed runs of all that are looked at."""

COUNTED = 10_000
"""Runs of all trees together that are counted: of many trees each is counted less far, but to `LEAST`."""

LEAST = 100

TREES_A_STATEMENT = 100

# A tree is a range of one, in the order of all columns of the index: for a tree that it knows to be frequent PostgreSQL
# would else go through the latest runs of all trees, though this one may not have run for long.
ONE = """
    SELECT %s, (SELECT COUNT(*) FROM (SELECT 1 FROM meanwhile_run WHERE (tree, id) >= (%s, %s) AND tree <= %s
            ORDER BY tree, id LIMIT %s) AS counted),
        (SELECT id FROM meanwhile_run WHERE tree >= %s AND tree <= %s ORDER BY tree DESC, id DESC LIMIT 1)
"""


@dataclass(frozen=True, slots=True)
class Lately:
    """One tree in the last 24 hours: its runs, those that failed, and its last run at any time and its standing."""

    runs: Count
    failed: Count
    last: Run | None = None
    standing: Standing | None = None


NOTHING_LATELY = Lately(Count(0), Count(0))


def lately(keys: Collection[str], *, now: datetime, using: str) -> dict[str, Lately]:
    """Return how each of these trees did, with four queries for a hundred of them."""
    since, limit = first_id(now - LATELY), min(LIMIT, max(COUNTED // max(len(keys), 1), LEAST))
    rows = _rows(sorted(keys), since, limit, using)
    runs = Run.objects.using(using).only("id", "tree", "state", "created", "page_at", "finished")
    last = {run.tree: run for run in runs.filter(pk__in=[row[2] for row in rows if row[2] is not None])}
    failed = failed_lately(since, using=using)
    stands = standings(last.values(), now=now, using=using)
    return {
        key: Lately(
            _bounded(number, limit),
            Count(failed[key], more=failed.total() >= LIMIT),
            run := last.get(key),
            stands[str(run.pk)] if run is not None else None,
        )
        for key, number, _last in rows
    }


def failed_lately(since: UUID, *, using: str) -> Counter[str]:
    """Return how many runs of each tree failed since one, of the latest `LIMIT` failed ones."""
    failed = Run.objects.using(using).filter(state=RunState.FAILED, pk__gte=since).order_by("-pk")
    return Counter(failed.values_list("tree", flat=True)[:LIMIT])


def summed(parts: Iterable[Lately]) -> Lately:
    """Return several trees as if they were one."""
    known = list(parts)
    lasts = [part.last for part in known if part.last is not None]
    return Lately(
        _sum(part.runs for part in known),
        _sum(part.failed for part in known),
        max(lasts, key=lambda run: run.pk.int, default=None),
    )


def _sum(counts: Iterable[Count]) -> Count:
    known = list(counts)
    return Count(sum(one.number for one in known), more=any(one.more for one in known))


def _bounded(number: int, limit: int) -> Count:
    return Count(min(number, limit), more=number > limit)


def _rows(keys: list[str], since: UUID, limit: int, using: str) -> list[tuple[str, int, UUID | None]]:
    connection = connections[using]
    first, rows = stored_id(connection, since), list[tuple[str, int, Any]]()
    with in_index_order(using), connection.cursor() as cursor:
        for start in range(0, len(keys), TREES_A_STATEMENT):
            some = keys[start : start + TREES_A_STATEMENT]
            parameters = [part for key in some for part in (key, key, first, key, limit + 1, key, key)]
            cursor.execute(" UNION ALL ".join([ONE] * len(some)), parameters)
            rows += cursor.fetchall()
    return [(key, number, UUID(str(last)) if last is not None else None) for key, number, last in rows]
