"""The workers, and what each of them does at the moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from meanwhile import conf
from meanwhile.exceptions import MeanwhileError
from meanwhile.queue import owner as owners
from meanwhile.queue.models import Job, WorkerProcess
from meanwhile.queue.overview import RUNNING
from meanwhile.studio.describe import naming_of
from meanwhile.studio.timeline import current_step
from meanwhile.trees.document import EventTree
from meanwhile.trees.field_wording import Naming
from meanwhile.trees.versions import load_version

JOBS_SHOWN = 100
WORKERS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A worker: ``life`` is ``alive``, ``silent`` (no sign for two leases) or ``gone``; ``doing`` are its jobs, each
    with the step that it is at."""

    worker: WorkerProcess
    life: str
    doing: list[tuple[Job, str]]


def workers(now: datetime, *, using: str) -> list[WorkerView]:
    """Return the workers, those that live first."""
    running = Job.objects.using(using).extra(where=[RUNNING])  # noqa: S610 - a constant
    doing: dict[str, list[tuple[Job, str]]] = {}
    for job in running.order_by("started", "pk")[:JOBS_SHOWN]:
        doing.setdefault(job.lease_owner, []).append((job, step_of(job, using)))
    views = [
        WorkerView(worker, life_of(worker, now), doing.get(worker.owner, []))
        for worker in WorkerProcess.objects.using(using).order_by("host", "pid", "owner")[:WORKERS_SHOWN]
    ]
    return sorted(views, key=lambda view: view.life != "alive")


def life_of(worker: WorkerProcess, now: datetime) -> str:
    """Return whether a worker is alive: a dead process of this machine is known, elsewhere only silence is."""
    if owners.is_dead(worker.owner):
        return "gone"
    return "silent" if worker.seen < now - timedelta(seconds=conf.get().lease * 2) else "alive"


def step_of(job: Job, using: str) -> str:
    """Return the step that a job is at."""
    tree = tree_of_job(job, using)
    return current_step(job, tree, None if tree is None else _naming(job.payload["version"], using))


def tree_of_job(job: Job, using: str) -> EventTree | None:
    """Return the version of the tree that a job belongs to, None for another kind of job."""
    if job.kind != "tree":
        return None
    try:
        return load_version(job.payload["version"], using=using)
    except (MeanwhileError, KeyError, ValueError):
        return None


@lru_cache(maxsize=512)
def _naming(version: Any, using: str) -> Naming:
    """Return the naming of a version, which is never another one: to work it out takes as long as the tree is large."""
    return naming_of(load_version(version, using=using).as_json())
