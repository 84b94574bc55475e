"""A handler that the queue's tests use in place of trees: each step of the payload appends a customer as its effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from meanwhile.exceptions import SkipJob
from meanwhile.queue.backoff import RetryPolicy
from meanwhile.queue.handlers import PlannedStep, StepRun
from meanwhile.queue.jobs import ClaimedJob, NewJob
from meanwhile.queue.states import State
from tests.shop.models import Customer

KIND = "toy"


class ToyHandler:
    """Runs ``payload["steps"]``: each a dict with ``name`` and options; ``ended`` collects what it is told."""

    def __init__(self, **actions: Callable[[StepRun], Any]) -> None:
        self.actions = actions
        self.told: list[tuple[str, State]] = []

    def open(self, job: ClaimedJob, *, using: str) -> ToyPlan:
        if job.payload.get("gone"):
            raise SkipJob("its record is gone")
        return ToyPlan(self, job)

    def ended(self, group: str, state: State, error: str, *, using: str) -> None:
        self.told.append((group, state))

    def settled(self, group: str, *, using: str) -> None:
        self.told.append((group, State.SKIPPED))

    def tidy(self) -> None:
        pass

    def prune(self, retention: Mapping[str, float], *, now: datetime, using: str) -> int:
        return 0


class ToyPlan:
    def __init__(self, handler: ToyHandler, job: ClaimedJob) -> None:
        self._handler, self._job = handler, job

    def next(self) -> PlannedStep | None:
        done = self._job.steps.get("done", {})
        for number, step in enumerate(self._job.payload["steps"]):
            if str(number) not in done:
                return self._planned(str(number), step)
        return None

    def ending(self, state: State, error: str) -> tuple[()]:
        return ()

    def ended(self, state: State, error: str) -> None:
        self._handler.told.append((self._job.group, state))

    def _planned(self, key: str, step: dict[str, Any]) -> PlannedStep:
        policy = RetryPolicy(max_attempts=step["tries"], jitter=0) if "tries" in step else None
        return PlannedStep(
            key=key,
            label=step["name"],
            run=lambda run: self._run(step["name"], run),
            atomic=step.get("atomic", True),
            timeout=step.get("timeout"),
            retry=policy,
            goes_on=step.get("goes_on", False),
        )

    def _run(self, name: str, run: StepRun) -> Any:
        if action := self._handler.actions.get(name):
            return action(run)
        Customer.objects.create(name=name)
        return None


def job(*names: str | dict[str, Any], **options: Any) -> NewJob:
    """A toy job with steps of these names."""
    steps = [name if isinstance(name, dict) else {"name": name} for name in names]
    return NewJob(kind=KIND, payload={"steps": steps}, **options)


def effects() -> list[str]:
    """What the steps did, in order."""
    return list(Customer.objects.order_by("pk").values_list("name", flat=True))
