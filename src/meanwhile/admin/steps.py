"""The steps of runs and jobs as rows of a table: those that were done, and those that are still to come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from meanwhile.admin.display import badge, brief, pretty_json
from meanwhile.queue.control import step_order
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.spans import span_text
from meanwhile.trees.models import Run
from meanwhile.trees.status import planned_steps


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step as the admin shows it."""

    path: str
    label: str
    state: SafeString
    at: datetime | None = None
    time: str = ""
    attempts: int = 1
    result: str = ""
    error: str = ""


def rows_of_job(job: Job, using: str) -> list[StepRow]:
    """Return the steps of a job, in order, as far as its conditions are decided."""
    done: Mapping[str, Any] = job.steps.get("done", {})
    labels = {path: mark.get("label", path) for path, mark in done.items()}
    failed: Mapping[str, Any] = job.steps.get("failed") or {}
    if failed.get("key"):
        labels[failed["key"]] = failed.get("label", failed["key"])
    labels |= {path: node.title() for path, node in planned_steps(job, using)}
    paths = sorted(labels, key=step_order)
    current = next((path for path in paths if path not in done), None)
    return [
        _done(path, done[path])
        if path in done
        else _to_come(job, path, labels[path], failed if failed.get("key") == path else {}, current=path == current)
        for path in paths
    ]


def steps_to_go_on_from(job: Job) -> list[tuple[str, str]]:
    """Return (path, label) of the steps from which a failed job can be retried: those done and the one that failed."""
    if job.state != State.FAILED:
        return []
    labels = {path: mark.get("label", path) for path, mark in job.steps.get("done", {}).items()}
    failed = job.steps.get("failed") or {}
    if failed.get("key"):
        labels[failed["key"]] = failed.get("label", failed["key"])
    return [(path, labels[path]) for path in sorted(labels, key=step_order)]


def rows_of_foreground(run: Run) -> list[StepRow]:
    """Return the foreground steps of a run, in the order in which they were done."""
    return [_foreground(entry) for entry in run.foreground]


def _done(path: str, mark: Mapping[str, Any]) -> StepRow:
    error = mark.get("error", "")
    return StepRow(
        path=path,
        label=mark.get("label", path),
        state=badge("passed_over", _("passed over")) if error else badge("done", _("done")),
        at=parse_datetime(mark.get("at", "")),
        time=span_text(mark["ms"]) if "ms" in mark else "",
        attempts=mark.get("attempts", 1),
        result=_result(mark),
        error=error,
    )


def _to_come(job: Job, path: str, label: str, failure: Mapping[str, Any], *, current: bool) -> StepRow:
    match State(job.state):
        case State.RUNNING if current:
            state = badge("running", _("running"))
        case State.FAILED if current:
            state = badge("failed", _("failed"))
        case State.READY if failure:
            state = badge("retrying", _("to be tried again"))
        case State.READY | State.RUNNING | State.FAILED:
            state = badge("waiting", _("to come"))
        case _:
            state = badge("skipped", _("not done"))
    return StepRow(
        path=path,
        label=label,
        state=state,
        at=parse_datetime(failure.get("at", "")),
        attempts=failure.get("attempt", 0),
        result=_progress(job) if current and job.state == State.RUNNING else "",
        error=failure.get("error", ""),
    )


def _foreground(entry: Mapping[str, Any]) -> StepRow:
    error = entry.get("error", "")
    if error and "ms" in entry:
        state = badge("passed_over", _("passed over"))
    elif error:
        state = badge("failed", _("failed"))
    else:
        state = badge("done", _("done"))
    return StepRow(
        path=entry.get("path", ""),
        label=entry.get("label", ""),
        state=state,
        at=parse_datetime(entry.get("at", "")),
        time=span_text(entry["ms"]) if "ms" in entry else "",
        result=_branch(entry["branch"]) if "branch" in entry else _result(entry),
        error=error,
    )


def _branch(name: str) -> str:
    return _("the condition holds") if name == "then" else _("the condition does not hold")


def _result(mark: Mapping[str, Any]) -> str:
    if "result" not in mark:
        return ""
    text = brief(mark["result"], 120)
    return text if not text.endswith("…") else pretty_json(mark["result"])


def _progress(job: Job) -> str:
    if job.progress is None:
        return ""
    return f"{job.progress:.0%} {job.progress_text}".strip()
