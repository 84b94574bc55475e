"""What is shown of a record's runs beside the record itself: its latest runs, and its jobs that wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from meanwhile import conf
from meanwhile.clock import Clock, SystemClock
from meanwhile.queue.models import Job
from meanwhile.queue.pause import paused
from meanwhile.queue.reasons import any_worker_alive, why_waiting
from meanwhile.queue.states import State
from meanwhile.studio.models import StudioTree
from meanwhile.studio.permissions import VIEW, may
from meanwhile.studio.standing import Standing, standings
from meanwhile.trees.models import Run
from meanwhile.trees.status import runs_of

if TYPE_CHECKING:
    from django.db.models import Model

RUNS_SHOWN = 10
RUNS_WITH_JOBS = 200
"""The latest runs whose waiting jobs are looked for."""

JOBS_SHOWN = 20
UNREAD = ("changes", "foreground", "error")


@dataclass(frozen=True, slots=True)
class RecordRuns:
    """The latest ``runs`` of a record, each with where it stands, whether there are ``more``, and the ``jobs`` that
    wait, each with why."""

    runs: list[tuple[Run, Standing]]
    jobs: list[tuple[Job, str]]
    more: bool = False


def record_runs(record: Model, user: Any, *, clock: Clock | None = None) -> RecordRuns | None:
    """Return the runs of a record that a person may see; None for whoever may see none."""
    using, now = conf.get().database, (clock or SystemClock()).now()
    if not may(user, VIEW) and not any(may(user, VIEW, tree) for tree in StudioTree.objects.using(using).all()):
        return None
    latest = list(runs_of(record, using=using).select_related("version").defer(*UNREAD)[:RUNS_WITH_JOBS])
    seen = [run for run in latest if may(user, VIEW) or _may_see(user, run, using)]
    known = standings(seen[:RUNS_SHOWN], now=now, using=using)
    return RecordRuns(
        [(run, known[str(run.pk)]) for run in seen[:RUNS_SHOWN]],
        _waiting(seen, now, using),
        more=len(seen) > RUNS_SHOWN,
    )


def _may_see(user: Any, run: Run, using: str) -> bool:
    tree = StudioTree.objects.using(using).filter(key=run.tree).first()
    return tree is not None and may(user, VIEW, tree)


def _waiting(runs: list[Run], now: datetime, using: str) -> list[tuple[Job, str]]:
    groups = [str(run.pk) for run in runs]
    jobs = Job.objects.using(using).filter(group__in=groups, state=State.READY).order_by("due", "pk")
    found = list(jobs.defer("payload", "result")[:JOBS_SHOWN])
    if not found:
        return []
    alive, is_paused = any_worker_alive(now=now, using=using), paused(using=using) is not None
    return [(job, why_waiting(job, now=now, using=using, alive=alive, is_paused=is_paused).text) for job in found]
