"""Find runs by tree, record, person, state and time: a page of them, the latest first, whatever number there is.

One of the given filters is served by an index (the most telling one: a record before a person before a state before a
tree); its runs are walked through from the latest on, and the others are asked of each. A walk ends after `LOOK` runs:
the page then shows what it found, says so, and goes on from there. So no combination of filters reads a whole table.
The id of a run begins with its time, so the id alone is the place in the list.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date

from meanwhile.queue.index_order import in_index_order
from meanwhile.studio.access import find_model
from meanwhile.studio.run_walks import EARLIEST, LATEST, RunList, RunWalk, walks_of
from meanwhile.trees import registry
from meanwhile.trees.identity import family
from meanwhile.trees.models import Run, RunState, TreeVersion
from meanwhile.trees.prune import first_id

PAGE = 50
LOOK = 5000
"""Runs that one page looks at, at most."""

PERSONS = 10
UNREAD = ("changes", "foreground", "error")
SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
COMMON = (RunState.SUCCEEDED,)
"""States that tell little: most runs are in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is asked for; an empty one asks for all. ``trees`` are those that the person may see, None for all."""

    tree: str = ""
    model: str = ""
    record: str = ""
    person: str = ""
    state: str = ""
    since: str = ""
    day: date | None = None
    trees: frozenset[str] | None = None

    @classmethod
    def from_query(cls, query: QueryDict, trees: frozenset[str] | None) -> Filters:
        """Read them from the address of a page; what can't be understood is left out."""
        text = {name: query.get(name, "").replace("\0", "").strip()[:200] for name in _TEXTS}
        text["state"] = text["state"] if text["state"] in RunState.values else ""
        text["since"] = text["since"] if text["since"] in SPANS else ""
        return cls(**text, day=_day(query.get("day", "")), trees=trees)

    @property
    def given(self) -> int:
        """How many filters are set."""
        return sum(bool(getattr(self, one.name)) for one in fields(self) if one.name != "trees")


_TEXTS = ("tree", "model", "record", "person", "state", "since")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of runs. ``older`` is where the next page begins, None at the end; ``looked`` is True if the search ended
    there because it had looked at enough runs."""

    runs: list[Run]
    older: UUID | None = None
    looked: bool = False


def find_runs(filters: Filters, *, before: UUID | None, now: datetime, using: str, page: int = PAGE) -> Found:
    """Return the runs that meet all filters, from the latest before ``before`` on."""
    since, until = _bounds(filters, before, now)
    walks = walks_of(_lists(filters, using), since, until, using=using, look=LOOK)
    with in_index_order(using):
        hits = _hits(walks, _test(filters), page)
    if len(hits) > page:
        return Found(runs=_read(hits[:page], using), older=hits[page - 1])
    cut = max((walk.last for walk in walks if walk.ended_early), default=None)
    return Found(runs=_read(hits, using), older=cut, looked=cut is not None)


def _hits(walks: Sequence[RunWalk], wanted: Callable[[tuple[Any, ...]], bool], page: int) -> list[UUID]:
    """Return the ids of the runs that are wanted, the latest first, as far as all walks go: one more than a page."""
    hits: list[UUID] = []
    for row in heapq.merge(*walks, key=lambda row: row[0].int, reverse=True):
        if any(walk.ended_early and row[0] < walk.last for walk in walks):
            break
        if wanted(row):
            hits.append(row[0])
        if len(hits) > page:
            break
    return hits


def read_cursor(text: str) -> UUID | None:
    """Return the place that an address names, None for the beginning."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _lists(filters: Filters, using: str) -> list[RunList]:
    """Return lists of runs, each served by an index, that together have all the runs that are meant."""
    if filters.record:
        return [RunList(("model", "record_pk"), (label, filters.record)) for label in _labels(filters, using)]
    if filters.person:
        return [RunList(("actor_pk",), (key,)) for key in persons(filters.person)]
    if filters.state and filters.state not in COMMON:
        return [RunList(("state",), (filters.state,))]
    if filters.tree:
        return [RunList(("tree",), (filters.tree,))]
    if filters.model:
        return [RunList(("tree",), (key,)) for key in sorted(trees_of_type(filters.model, using))]
    if filters.trees is not None:
        return [RunList(("tree",), (key,)) for key in sorted(filters.trees)]
    return [RunList(("state",), (filters.state,))] if filters.state else [RunList()]


def _labels(filters: Filters, using: str) -> Sequence[str]:
    if filters.model:
        model = find_model(filters.model)
        return family(model) if model is not None else [filters.model]
    return sorted({label for _key, label in _types_of_trees(using) if label})


def persons(text: str) -> list[str]:
    """Return the keys of the people who are meant: of this very name, else with this part in it."""
    users = get_user_model()._default_manager
    name = get_user_model().USERNAME_FIELD
    exact = users.filter(**{name: text}).values_list("pk", flat=True)[:PERSONS]
    return list(map(str, exact or users.filter(**{f"{name}__icontains": text}).values_list("pk", flat=True)[:PERSONS]))


def trees_of_type(label: str, using: str) -> set[str]:
    """Return the keys of all trees that ever ran for a type of record."""
    return {key for key, model in _types_of_trees(using) if model == label}


def _types_of_trees(using: str) -> set[tuple[str, str]]:
    known = {(tree.key, tree.on.model or "") for tree in registry.current().all()}
    stored = TreeVersion.objects.using(using).values_list("key", "document__on__model")
    return known | {(key, model or "") for key, model in stored}


def _bounds(filters: Filters, before: UUID | None, now: datetime) -> tuple[UUID, UUID]:
    since = [EARLIEST, *([first_id(now - SPANS[filters.since])] if filters.since else [])]
    until = [LATEST, *([before] if before is not None else [])]
    if filters.day is not None:
        start = timezone.make_aware(datetime.combine(filters.day, datetime.min.time()))
        since.append(first_id(start))
        until.append(first_id(start + timedelta(days=1)))
    return max(since), min(until)


def _test(filters: Filters) -> Callable[[tuple[Any, ...]], bool]:
    """Return what says whether a row meets the filters that no index serves."""
    labels = set(family(model)) if (model := find_model(filters.model)) is not None else {filters.model}
    people = set(persons(filters.person)) if filters.person else set()
    tests: list[Callable[[tuple[Any, ...]], bool]] = []
    if filters.tree:
        tests.append(lambda row: row[1] == filters.tree)
    if filters.trees is not None:
        tests.append(lambda row: row[1] in (filters.trees or ()))
    if filters.state:
        tests.append(lambda row: row[2] == filters.state)
    if filters.model:
        tests.append(lambda row: row[3] in labels)
    if filters.record:
        tests.append(lambda row: row[4] == filters.record)
    if filters.person:
        tests.append(lambda row: row[5] in people)
    return lambda row: all(test(row) for test in tests)


def _read(ids: Iterable[UUID], using: str) -> list[Run]:
    return list(Run.objects.using(using).filter(pk__in=list(ids)).defer(*UNREAD).order_by("-pk"))


def _day(text: str) -> date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    # The first and the last one of the calendar have no day before or behind them in every time zone.
    return day if day is not None and date.min < day < date.max else None
