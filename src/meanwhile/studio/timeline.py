"""A run as it went in time: its foreground before the page, then each of its jobs, step by step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.dateparse import parse_datetime
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from meanwhile.actions.base import Action, Node
from meanwhile.exceptions import MeanwhileError
from meanwhile.operations import Operation, offered_for
from meanwhile.queue.control import step_order
from meanwhile.queue.models import Job
from meanwhile.queue.pause import paused
from meanwhile.queue.reasons import Reason, any_worker_alive, why_waiting
from meanwhile.queue.states import State
from meanwhile.studio.describe import naming_of
from meanwhile.studio.step_words import in_words
from meanwhile.studio.words import KINDS
from meanwhile.trees.document import EventTree
from meanwhile.trees.field_wording import Naming
from meanwhile.trees.models import Run, RunState
from meanwhile.trees.nodes import Background, Delay, If
from meanwhile.trees.setting_wording import settings_in_words
from meanwhile.trees.versions import load_version
from meanwhile.trees.wording import moment_in_words

SHORT_RESULT, LONGEST_RESULT = 60, 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step: what it is (``settings``, its input), what became of it (``state``, ``result``, ``error``), when and
    for how long. ``again`` says that its job can go on from here."""

    path: str
    label: str
    kind: str
    state: str
    at: datetime | None = None
    ms: float | None = None
    attempts: int = 1
    settings: list[tuple[str, str]] = field(default_factory=list)
    result: str = ""
    error: str = ""
    next_try: datetime | None = None
    progress: int | None = None
    progress_text: str = ""
    target: int | None = None
    again: bool = False

    @property
    def short_result(self) -> str:
        """Its result, if it is short enough to stand beside it."""
        if self.kind == "call_webhook":
            return str(Truncator(self.result.partition("\n")[0]).chars(SHORT_RESULT))
        return self.result if len(self.result) <= SHORT_RESULT and "\n" not in self.result else ""

    @property
    def kind_text(self) -> str:
        """The kind of node, in words."""
        return str(KINDS.get(self.kind, ""))

    @property
    def depth(self) -> int:
        """How many conditions it stands under."""
        return sum(part in {"then", "otherwise"} for part in self.path.split("."))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One branch in the background: its job, why it waits, its steps and what can be done."""

    job: Job
    title: str
    kind: str
    when: str
    reason: Reason
    wait_ms: float | None
    took_ms: float | None
    steps: list[StepView]
    operations: list[Operation]

    @property
    def why(self) -> str:
        """Why it waits; empty if one of the steps says when it is tried again."""
        return "" if any(step.next_try for step in self.steps) else self.reason.text

    @property
    def due_since(self) -> datetime | None:
        """The moment since which it could have been run, None if it doesn't wait or its moment is still to come."""
        return self.job.due if self.reason.code not in {"", "not_due", "retry"} else None

    @property
    def due_until(self) -> datetime | None:
        """The moment that it waits for, None if that is not what it waits for or one of the steps says it."""
        return self.job.due if self.why and self.due_since is None else None

    @property
    def told(self) -> bool:
        """Whether one of the steps says why it failed."""
        return any(step.error == self.job.error for step in self.steps)

    @property
    def state(self) -> str:
        """Its state; a try that failed is told from a first wait."""
        return "retrying" if self.job.state == State.READY and self.job.attempts else self.job.state


def tree_of(run: Run, using: str) -> EventTree | None:
    """Return the version of the tree that a run runs; None if it can't be read any more."""
    try:
        return load_version(run.version_id, using=using)
    except MeanwhileError:
        return None


def foreground_of(run: Run, tree: EventTree | None, jobs: Sequence[Job]) -> list[StepView]:
    """Return the foreground as it stands in the tree: what was done, what failed, what was not reached, and where jobs
    were queued."""
    entries = {entry.get("path", ""): entry for entry in run.foreground}
    if tree is None:
        return [_entry(path, entry, None) for path, entry in entries.items()]
    queued = {job.payload.get("path"): job.pk for job in jobs if job.kind == "tree"}
    found = [
        _foreground_step(run, path, node, entries.get(path), queued)
        for path, node in _flat(tree.do, "", {path: entry.get("branch", "") for path, entry in entries.items()})
    ]
    shown = {step.path for step in found}
    gone = [_entry(path, entry, None) for path, entry in entries.items() if path not in shown]
    return in_words(found, tree) + gone


def jobs_of(jobs: Sequence[Job], tree: EventTree | None, *, now: datetime, using: str) -> list[JobView]:
    """Return the jobs of a run."""
    alive = is_paused = None
    if any(job.state == State.READY for job in jobs):
        alive, is_paused = any_worker_alive(now=now, using=using), paused(using=using) is not None
    naming = naming_of(tree.as_json()) if tree is not None and jobs else None
    return [job_view(job, tree, now=now, using=using, alive=alive, is_paused=is_paused, naming=naming) for job in jobs]


def job_view(
    job: Job,
    tree: EventTree | None,
    *,
    now: datetime,
    using: str,
    alive: bool | None = None,
    is_paused: bool | None = None,
    naming: Naming | None = None,
) -> JobView:
    """Return a job with its steps. ``alive`` and ``is_paused`` as in `why_waiting`, ``naming`` as in `in_words`."""
    if tree is not None and naming is None:
        naming = naming_of(tree.as_json())
    branch = _branch(job, tree)
    children = branch.do if isinstance(branch, Background | Delay) else ()
    waited = (job.started - job.due).total_seconds() * 1000 if job.started and job.started >= job.due else None
    took = (job.finished - job.started).total_seconds() * 1000 if job.started and job.finished else None
    return JobView(
        job=job,
        title=branch.title() if branch else job.name or job.kind,
        kind=branch.kind if branch else "background",
        when=moment_in_words(branch.moment.as_json(), naming)
        if naming is not None and isinstance(branch, Delay)
        else "",
        reason=why_waiting(job, now=now, using=using, alive=alive, is_paused=is_paused),
        wait_ms=waited,
        took_ms=took,
        steps=in_words(_steps_of_job(job, children), tree, naming),
        operations=offered_for(job, now),
    )


def current_step(job: Job, tree: EventTree | None, naming: Naming | None) -> str:
    """Return the label of the step that a running job is at, empty if that is not known. Names this step alone.

    ``naming`` is that of the tree, None without one.
    """
    branch = _branch(job, tree)
    nodes, current = _nodes_of_job(job, branch.do if isinstance(branch, Background | Delay) else ())
    if job.state != State.RUNNING or current is None:
        return ""
    failed: Mapping[str, Any] = job.steps.get("failed") or {}
    step = _open_step(job, current, nodes[current], failed if failed.get("key") == current else {}, current=True)
    return in_words([step], tree, naming)[0].label


def _branch(job: Job, tree: EventTree | None) -> Node | None:
    if tree is None or job.kind != "tree":
        return None
    try:
        return tree.node_at(str(job.payload.get("path", "")))
    except MeanwhileError:
        return None


def _steps_of_job(job: Job, children: Sequence[Node]) -> list[StepView]:
    done: Mapping[str, Any] = job.steps.get("done", {})
    failed: Mapping[str, Any] = job.steps.get("failed") or {}
    nodes, current = _nodes_of_job(job, children)
    return [
        _entry(path, done[path], nodes[path], again=job.state == State.FAILED)
        if path in done
        else _open_step(job, path, nodes[path], failed if failed.get("key") == path else {}, current=path == current)
        for path in nodes
    ]


def _nodes_of_job(job: Job, children: Sequence[Node]) -> tuple[dict[str, Node | None], str | None]:
    """Return the nodes of a job by their paths, in their order, None for those that are gone; and the path of the one
    that is next to be done."""
    prefix = f"{job.payload.get('path', '')}."
    done: Mapping[str, Any] = job.steps.get("done", {})
    failed: Mapping[str, Any] = job.steps.get("failed") or {}
    found: dict[str, Node | None] = dict(_flat(children, prefix, job.steps.get("branches", {})))
    for path in (*done, failed.get("key")):
        if path:
            found.setdefault(path, None)
    nodes = {path: found[path] for path in sorted(found, key=step_order)}
    return nodes, next((path for path, node in nodes.items() if path not in done and _is_step(node)), None)


def _is_step(node: Node | None) -> bool:
    return not isinstance(node, If)


def _open_step(job: Job, path: str, node: Node | None, failure: Mapping[str, Any], *, current: bool) -> StepView:
    branch = job.steps.get("branches", {}).get(path)
    state = "done" if branch else _open_state(State(job.state), current=current, failed=bool(failure))
    runs = state == "running"
    return StepView(
        path=path,
        label=node.title() if node else failure.get("label") or path,
        kind=node.kind if node else "",
        settings=_settings(node),
        state=state,
        at=parse_datetime(failure.get("at", "")),
        attempts=failure.get("attempt", 1),
        result=_decision(branch) if branch else "",
        error=failure.get("error", ""),
        next_try=job.due if state == "retrying" else None,
        progress=round(job.progress * 100) if runs and job.progress is not None else None,
        progress_text=job.progress_text if runs else "",
        again=job.state == State.FAILED and bool(failure),
    )


def _open_state(state: State, *, current: bool, failed: bool) -> str:
    if state is State.RUNNING and current:
        return "running"
    if state is State.FAILED and current:
        return "failed"
    if state is State.READY and failed:
        return "retrying"
    return "to_come" if state in {State.READY, State.RUNNING} else "not_reached"


def _foreground_step(
    run: Run, path: str, node: Node, entry: Mapping[str, Any] | None, queued: Mapping[Any, int]
) -> StepView:
    if entry is not None:
        return _entry(path, entry, node)
    reached = run.state != RunState.FAILED or run.page_at is not None
    if isinstance(node, Background | Delay) and path in queued:
        return StepView(path=path, label=node.title(), kind=node.kind, state="done", target=queued[path],
                        settings=_settings(node))  # fmt: skip
    state = "done" if reached and isinstance(node, Background | Delay) else "not_reached"
    return StepView(path=path, label=node.title(), kind=node.kind, state=state, settings=_settings(node))


def _entry(path: str, entry: Mapping[str, Any], node: Node | None, *, again: bool = False) -> StepView:
    error = entry.get("error", "")
    # A step that failed for good has no time of its own: nothing of it was kept.
    state = ("passed_over" if "ms" in entry else "failed") if error else "done"
    return StepView(
        path=path,
        label=node.title() if node else entry.get("label") or path,
        kind=node.kind if node else "",
        settings=_settings(node),
        state=state,
        at=parse_datetime(entry.get("at", "")),
        ms=entry.get("ms"),
        attempts=entry.get("attempts", 1),
        result=_decision(entry["branch"]) if "branch" in entry else _result(entry),
        error=error,
        again=again,
    )


def _flat(nodes: Sequence[Node], prefix: str, branches: Mapping[str, str]) -> Iterator[tuple[str, Node]]:
    for index, node in enumerate(nodes):
        path = f"{prefix}{index}"
        if node.disabled:
            continue
        if isinstance(node, If):
            yield path, node
            if branches.get(path):
                yield from _flat(getattr(node, branches[path]), f"{path}.{branches[path]}.", branches)
        elif isinstance(node, Action | Background | Delay):
            yield path, node


def _settings(node: Node | None) -> list[tuple[str, str]]:
    return settings_in_words(node.as_json()) if node is not None else []


def _decision(branch: str) -> str:
    return _("The condition holds.") if branch == "then" else _("The condition does not hold.")


def _result(entry: Mapping[str, Any]) -> str:
    if entry.get("result") is None:
        return ""
    value = entry["result"]
    if isinstance(value, dict) and {"request", "status", "answer"} <= set(value):  # of a webhook
        value = f"{value['request']}: {value['status']}\n{value['answer']}".strip()
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)
    return Truncator(text).chars(LONGEST_RESULT)
