"""Turn a Background or a Delay into a job. Background and Delay(now) are the same thing: this one path (spec,
"Nodes")."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model
from django.utils import timezone

from meanwhile.clock import Clock
from meanwhile.queue.jobs import NewJob
from meanwhile.trees.conditions import evaluate
from meanwhile.trees.context import RunContext, stored_names
from meanwhile.trees.moments import resolve
from meanwhile.trees.nodes import Background, Delay, If
from meanwhile.trees.paths import follow
from meanwhile.trees.stepping import RunStep

KIND = "tree"


def branch_job(
    context: RunContext,
    path: str,
    node: Background | Delay,
    step: RunStep,
    names: dict[str, Model],
    clock: Clock,
    *,
    title: str = "",
) -> NewJob:
    """Return the job that runs the children of a node. Raises `MomentError` if its moment can't be worked out."""
    payload = context.payload(path)
    payload["names"] = stored_names(names)
    return NewJob(
        kind=KIND,
        name=f"{context.tree.name} · {title or node.title()}",
        payload=payload,
        due=due_of(node, step, clock),
        priority=node.priority,
        serial_key=context.subject[1] if node.serial else "",
        group=str(context.run_id),
    )


def decide(node: If, step: RunStep) -> str:
    """Return which branch of an If to take: ``then`` or ``otherwise``. Raises `ConditionError`."""
    return "then" if evaluate(node.condition, step.facts(), timezone.get_default_timezone()) else "otherwise"


def due_of(node: Background | Delay, step: RunStep, clock: Clock) -> datetime | None:
    """Return when the children are due; None means at once, as does every moment that is past."""
    if isinstance(node, Background):
        return None
    now = clock.now()
    due = resolve(node.moment, now, _zone(), lambda path: _date_field(step, path))
    return due if due > now else None


def _date_field(step: RunStep, path: str) -> date | datetime | None:
    value: Any = follow(step.record, step.records, path)
    if isinstance(value, datetime) and timezone.is_naive(value):
        return timezone.make_aware(value)
    return value  # type: ignore[no-any-return]


def _zone() -> ZoneInfo:
    return ZoneInfo(timezone.get_default_timezone_name())
