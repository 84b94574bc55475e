"""The scheduled trees as the queue sees them: when each comes next, and the job that runs it then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils import timezone

from meanwhile.clock import Clock
from meanwhile.exceptions import UnknownTree
from meanwhile.queue import schedule
from meanwhile.queue.jobs import NewJob
from meanwhile.queue.schedule_models import Schedule
from meanwhile.trees import registry
from meanwhile.trees.document import EventTree
from meanwhile.trees.scheduled_event import Scheduled
from meanwhile.trees.scheduled_times import coming, fingerprint, next_after

KIND = "schedule"
PREFIX = "tree:"


@dataclass(frozen=True)
class ScheduledTree:
    """A scheduled tree (`queue.schedule.Periodic`)."""

    tree: EventTree
    on: Scheduled

    @property
    def key(self) -> str:
        """What names it in the table of schedules."""
        return schedule_key(self.tree.key)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.tree.name

    @cached_property
    def fingerprint(self) -> str:
        """What names its times."""
        return fingerprint(self.on, project_zone())

    def next_after(self, moment: datetime, anchor: datetime) -> datetime | None:
        """Return its first time after a moment."""
        return next_after(self.on, moment, zone=project_zone(), anchor=anchor)

    def job(self, occurrence: datetime, serial_key: str) -> NewJob:
        """Return the job for one of its times."""
        payload = {"tree": self.tree.key, "occurrence": occurrence.isoformat()}
        return NewJob(kind=KIND, name=self.tree.name, payload=payload, serial_key=serial_key)


def scheduled_trees() -> list[ScheduledTree]:
    """Return the enabled trees that are scheduled, by key."""
    return [ScheduledTree(tree, tree.on) for tree in registry.current().all() if _is_scheduled(tree)]  # type: ignore[arg-type]


def scheduled_tree(key: str) -> ScheduledTree:
    """Return the scheduled tree of this key. Raises `UnknownTree` if there is none that fires."""
    tree = registry.current().get(key)
    if isinstance(tree.on, Scheduled) and tree.enabled:
        return ScheduledTree(tree, tree.on)
    raise UnknownTree(key, [one.tree.key for one in scheduled_trees()])


def run_tree_now(key: str, *, clock: Clock, using: str) -> int:
    """Queue a scheduled tree for this moment, behind its job that runs already; return the job's id.

    Its times stay as they are. Raises `UnknownTree`.
    """
    return schedule.run_now(scheduled_tree(key), clock=clock, using=using)


def follow(key: str, tree: EventTree | None, *, now: datetime, using: str) -> None:
    """Have the row of a tree follow what is published of it, in the transaction that publishes: None is nothing."""
    if tree is not None and isinstance(tree.on, Scheduled) and tree.enabled:
        schedule.ensure([ScheduledTree(tree, tree.on)], now=now, using=using)
    else:
        schedule.forget([schedule_key(key)], using=using)


def row_of(key: str, *, using: str) -> Schedule | None:
    """Return the row of a tree: when it comes next and when it came last; None before a worker has seen it."""
    return Schedule.objects.using(using).filter(key=schedule_key(key)).first()


def next_times(on: Scheduled, *, now: datetime, most: int, anchor: datetime | None = None) -> Iterator[datetime]:
    """Yield the next times of an event, at most so many; without ``anchor`` as if it was published now."""
    start = now.replace(second=0, microsecond=0)
    return coming(on, now, zone=project_zone(), anchor=anchor or start, most=most)


def schedule_key(tree_key: str) -> str:
    """Return what names a tree in the table of schedules."""
    return f"{PREFIX}{tree_key}"


def project_zone() -> ZoneInfo:
    """Return the project's time zone, in which schedules are meant."""
    return ZoneInfo(timezone.get_default_timezone_name())


def _is_scheduled(tree: EventTree) -> bool:
    return isinstance(tree.on, Scheduled) and tree.enabled
