"""When scheduled trees come next and came last, as the pages tell it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext_lazy

from meanwhile.queue.models import Job
from meanwhile.queue.reasons import any_worker_alive
from meanwhile.queue.schedule import LONG_OVER
from meanwhile.queue.schedule_models import Schedule
from meanwhile.trees import registry
from meanwhile.trees.document import EventTree
from meanwhile.trees.runner import current_clock
from meanwhile.trees.scheduled import schedule_key
from meanwhile.trees.scheduled_event import Scheduled
from meanwhile.trees.scheduled_wording import schedule_in_words

_NO_WORKER = gettext_lazy("No worker is alive. Start the site, or run `manage.py meanwhile_worker`.")


@dataclass(frozen=True, slots=True)
class Standing:
    """``words`` say when a tree fires. Without ``is_known`` no worker has seen it yet. ``skipped_at`` is a time that
    fell out, if there was none since; ``last_job`` is that of the last time, while it is kept. ``problem`` says why a
    time passed and nothing happened."""

    words: str
    is_known: bool = False
    next_at: datetime | None = None
    last_at: datetime | None = None
    last_job: int | None = None
    skipped_at: datetime | None = None
    problem: str = ""


def schedules_of(keys: Iterable[str], *, using: str) -> dict[str, Standing]:
    """Return those of these trees that are scheduled and fire, by key."""
    wanted, running = set(keys), registry.current().all()
    trees = [tree for tree in running if tree.key in wanted and tree.enabled and isinstance(tree.on, Scheduled)]
    if not trees:
        return {}
    rows = Schedule.objects.using(using).in_bulk([schedule_key(tree.key) for tree in trees])
    last = [row.last_job for row in rows.values() if row.last_job]
    kept = set(Job.objects.using(using).filter(pk__in=last).values_list("pk", flat=True)) if last else set()
    now = current_clock().now()
    is_late = any(row.next_at is not None and row.next_at < now - LONG_OVER for row in rows.values())
    problem = "" if not is_late or any_worker_alive(now=now, using=using) else _NO_WORKER
    found = {tree.key: _standing(tree, rows.get(schedule_key(tree.key)), kept) for tree in trees}
    return {
        key: replace(one, problem=str(problem)) if one.next_at and one.next_at < now - LONG_OVER else one
        for key, one in found.items()
    }


def _standing(tree: EventTree, row: Schedule | None, kept: Collection[int]) -> Standing:
    words = schedule_in_words(tree.on.as_json())
    if row is None:
        return Standing(words)
    was_skipped = row.skipped_at is not None and (row.last_at is None or row.skipped_at > row.last_at)
    skipped = row.skipped_at if was_skipped else None
    job = row.last_job if row.last_job in kept else None
    return Standing(words, True, row.next_at, row.last_at, job, skipped)
