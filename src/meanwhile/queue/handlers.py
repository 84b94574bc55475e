"""What a kind of job does: the port through which the queue runs trees, tasks and calls without knowing them.

A handler opens a job into a *plan*; the plan hands out one step after the other. The queue gives each step its
transaction, its mark, its fence and its tries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.apps import apps

from meanwhile.exceptions import UnknownKind
from meanwhile.queue.backoff import RetryPolicy
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.states import State
from meanwhile.queue.together import Beside


class StepRun(Protocol):
    """What a running step may ask of the queue."""

    attempt: int
    """1 for the first try of this step."""

    def commit(self) -> AbstractContextManager[Any]:
        """Return a context whose database effects commit together with the step's mark; for steps that are not
        atomic. It enters as a function that may be given the step's result."""

    def progress(self, fraction: float | None, text: str = "") -> None:
        """Tell how far the step is: a fraction from 0 to 1 (None: can't be known) and a few words."""

    def leave(self, statement: Beside, check: Callable[[], object]) -> None:
        """Have the last statement of an atomic step sent together with the step's mark; ``check`` is called when it
        was, and what it raises is the step's failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One step: ``run`` does it and returns a JSON-able result.

    ``key`` names it inside its job for good; ``atomic`` steps run inside the transaction of their mark, which for
    ``lazy`` ones begins with the step's first statement; ``timeout`` is in seconds; ``goes_on`` lets the job go on with
    the next step when the tries are used up.
    """

    key: str
    label: str
    run: Callable[[StepRun], Any]
    atomic: bool = True
    lazy: bool = False
    timeout: float | None = None
    retry: RetryPolicy | None = None
    goes_on: bool = False


class Plan(Protocol):
    """The steps of one job. It reads and writes ``job.steps``, the checkpoint that is stored with each mark."""

    def next(self) -> PlannedStep | None:
        """Return the first step that has no mark, None when there is none left. May raise `SkipJob`."""

    def ending(self, state: State, error: str) -> Sequence[Beside]:
        """Return what is to be written together with the end of the job."""

    def ended(self, state: State, error: str) -> None:
        """Learn that the job ends; runs in the transaction that ends it."""


class Handler(Protocol):
    """Opens jobs of one kind."""

    def open(self, job: ClaimedJob, *, using: str) -> Plan:
        """Return the plan of a job. May raise `SkipJob`."""

    def ended(self, group: str, state: State, error: str, *, using: str) -> None:
        """Learn that a job which no worker runs was ended, or reopened (state READY), from outside; in that
        transaction."""

    def settled(self, group: str, *, using: str) -> None:
        """Learn that a failed job of a group was cancelled or skipped by hand; in that transaction."""

    def tidy(self) -> None:
        """Do what could not be done inside a job's transactions; after each job, in no transaction."""

    def prune(self, retention: Mapping[str, float], *, now: datetime, using: str) -> int:
        """Delete what was kept of work that ended longer than ``retention`` (days, by state) ago; return how many rows.

        Called about once an hour by each worker, after the ended jobs themselves were pruned, outside a transaction.
        A handler that has ``prunes_own_jobs = True`` deletes those of its kind here.
        """


def register(kind: str, handler: Handler) -> None:
    """Make a handler known for a kind of job; called once, when the app starts."""
    _handlers()[kind] = handler


def handler_for(kind: str) -> Handler:
    """Return the handler of a kind of job; for a kind that no installed app knows, one that can't open it."""
    return _handlers().get(kind) or _NoHandler(kind)


def all_handlers() -> list[Handler]:
    """Return the handlers of all kinds of jobs."""
    return list(_handlers().values())


def kinds_that_prune() -> list[str]:
    """Return the kinds of jobs whose handlers delete the ended ones themselves."""
    return [kind for kind, handler in _handlers().items() if getattr(handler, "prunes_own_jobs", False)]


class _NoHandler:
    """Stands in where an app was uninstalled while jobs of its kind were waiting: they fail, and hold up nothing."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def open(self, job: ClaimedJob, *, using: str) -> Plan:  # noqa: ARG002 - the port's signature
        raise UnknownKind(self._kind, sorted(_handlers()))

    def ended(self, group: str, state: State, error: str, *, using: str) -> None:
        """Nobody is there to learn it."""

    def settled(self, group: str, *, using: str) -> None:
        """Nobody is there to learn it."""

    def tidy(self) -> None:
        """Nothing is left behind."""

    def prune(self, retention: Mapping[str, float], *, now: datetime, using: str) -> int:  # noqa: ARG002 - as above
        """Nothing was kept."""
        return 0


def _handlers() -> dict[str, Handler]:
    handlers: dict[str, Handler] = apps.get_app_config("meanwhile").handlers  # type: ignore[attr-defined]
    return handlers
