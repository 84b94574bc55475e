"""What a person who waits is shown: the background steps of the runs that the submission started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db.models import Model, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.actions.base import Action, Node
from meanwhile.clock import Clock, SystemClock
from meanwhile.exceptions import MeanwhileError
from meanwhile.queue.models import Job
from meanwhile.queue.reasons import why_waiting
from meanwhile.queue.states import State
from meanwhile.trees.identity import family
from meanwhile.trees.models import Run
from meanwhile.trees.nodes import Background, Delay, If
from meanwhile.trees.versions import load_version

StepState = Literal["waiting", "running", "done", "failed", "retrying", "skipped"]

RUNS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class StepStatus:
    """One background step as a person sees it. ``error`` is safe to show; ``next_try`` is set for a step that is
    tried again."""

    label: str
    state: StepState
    error: str = ""
    next_try: datetime | None = None
    progress: float | None = None
    progress_text: str = ""


@dataclass(frozen=True, slots=True)
class WaitingStatus:
    """All background steps that are not put off to a later day, in order; ``reason`` says why nothing goes on, if
    so."""

    steps: tuple[StepStatus, ...] = ()
    failed: bool = False
    reason: str = ""

    @property
    def done(self) -> int:
        """How many steps are over."""
        return sum(step.state in {"done", "skipped"} for step in self.steps)

    @property
    def total(self) -> int:
        """How many steps there are."""
        return len(self.steps)


def runs_of(record: Model, *, using: str | None = None) -> QuerySet[Run]:
    """Return the runs about a record, the latest first, also those that began with it as a proxy, a multi-table child
    or the parent of one.

    Without those whose foreground failed: their record may never have been there, and its key be another one's by now.
    """
    runs = Run.objects.using(using or conf.get().database).filter(page_at__isnull=False)
    return runs.filter(model__in=family(type(record)), record_pk=str(record.pk)[:200]).order_by("-id")


def waiting_status(
    record: Model, run_ids: Sequence[Any] | None = None, *, using: str | None = None, clock: Clock | None = None
) -> WaitingStatus:
    """Return the state of the background steps of a record's runs: of those named, else of its latest ones.

    Steps under a Delay that is not due yet are left out: nobody waits for them on a page.
    """
    alias, now = using or conf.get().database, (clock or SystemClock()).now()
    runs = Run.objects.using(alias).filter(pk__in=run_ids) if run_ids else runs_of(record, using=alias)[:RUNS_SHOWN]
    groups = [str(run.pk) for run in sorted(runs, key=lambda run: run.pk)]
    jobs = Job.objects.using(alias).filter(group__in=groups).order_by("id")
    steps: list[StepStatus] = []
    reason = ""
    for job in jobs:
        if _is_put_off(job, now):
            continue
        steps += _steps_of_job(job, alias)
        if not reason and job.state == State.READY:
            reason = why_waiting(job, now=now, using=alias).person
    return WaitingStatus(tuple(steps), any(step.state == "failed" for step in steps), reason)


def _is_put_off(job: Job, now: datetime) -> bool:
    return job.state == State.READY and not job.attempts and not job.steps.get("done") and job.due > now


def _steps_of_job(job: Job, using: str) -> Iterator[StepStatus]:
    done: Mapping[str, Any] = job.steps.get("done", {})
    failed: Mapping[str, Any] = job.steps.get("failed") or {}
    current = True
    for path, node in planned_steps(job, using):
        if path in done:
            error = done[path].get("error", "")
            yield StepStatus(node.title_for_person(), "skipped" if error else "done")
            continue
        yield _open_step(job, node, failed if failed.get("key") == path else {}, first=current)
        current = False


def _open_step(job: Job, node: Node, failure: Mapping[str, Any], *, first: bool) -> StepStatus:
    label = node.title_for_person()
    match State(job.state):
        case State.RUNNING if first:
            return StepStatus(label, "running", progress=job.progress, progress_text=job.progress_text)
        case State.READY if first and failure:
            return StepStatus(
                label, "retrying", error=_for_person(failure or job.steps.get("failed") or {}), next_try=job.due
            )
        case State.FAILED if first:
            return StepStatus(label, "failed", error=_for_person(failure))
        case State.READY | State.RUNNING | State.FAILED:
            return StepStatus(label, "waiting")
        case _:
            return StepStatus(label, "skipped")


def _for_person(failure: Mapping[str, Any]) -> str:
    """Return the text of a `UserError` as it is, and no internals of any other error."""
    return str(failure.get("told") or _("This step did not succeed."))


def planned_steps(job: Job, using: str) -> list[tuple[str, Node]]:
    """Return (path, node) of the steps of a tree's job, as far as its conditions are decided. Empty for other kinds
    of jobs."""
    if job.kind != "tree":
        return []
    try:
        tree = load_version(job.payload["version"], using=using)
        branch = tree.node_at(job.payload["path"])
    except (MeanwhileError, KeyError, IndexError, ValueError):
        return []
    children = branch.do if isinstance(branch, Background | Delay) else ()
    return list(_flat(children, f"{job.payload['path']}.", job.steps.get("branches", {})))


def _flat(nodes: Sequence[Node], prefix: str, branches: Mapping[str, str]) -> Iterator[tuple[str, Node]]:
    for index, node in enumerate(nodes):
        path = f"{prefix}{index}"
        if node.disabled:
            continue
        if isinstance(node, If):
            if path in branches:
                yield from _flat(getattr(node, branches[path]), f"{path}.{branches[path]}.", branches)
        elif isinstance(node, Action | Background | Delay):
            yield path, node


def moment_of(mark: Mapping[str, Any]) -> datetime | None:
    """Return when a step was done."""
    return parse_datetime(mark.get("at", ""))
