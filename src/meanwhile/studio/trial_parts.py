"""The runner's own parts with a difference: their steps are shown (`trial.TreeTrial`), and effects outside not made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models import Model

from meanwhile.actions.base import Action, Node
from meanwhile.actions.call import Call
from meanwhile.clock import Clock
from meanwhile.exceptions import ActionFailed, MeanwhileError
from meanwhile.queue.error_text import describe
from meanwhile.queue.handlers import StepRun
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.together import Beside, in_turn
from meanwhile.studio.time_limit import Limit
from meanwhile.studio.watching import Watch
from meanwhile.texts import gettext as _
from meanwhile.trees.actor import acting_as
from meanwhile.trees.background import BranchPlan
from meanwhile.trees.branch import branch_job, decide
from meanwhile.trees.context import RunContext, running, stored_names
from meanwhile.trees.foreground import Foreground
from meanwhile.trees.nodes import AnyNode, Background, Delay, If
from meanwhile.trees.quick_save import save_fields
from meanwhile.trees.stepping import RunStep
from meanwhile.trees.wording import literal_in_words, moment_in_words

if TYPE_CHECKING:
    from meanwhile.studio.trial import TreeTrial


A_LITTLE = 0.1
"""Seconds after the end of a trial's time: by then it is known that this was the reason."""


class Shown:
    """Stands in for an action with an effect outside the database: it shows what would be done."""

    def __init__(self, trial: TreeTrial, node: Action) -> None:
        self._trial, self._node = trial, node
        self.on_error, self.kind = node.on_error, node.kind

    def title(self, language: str | None = None) -> str:
        return self._node.title(language)

    def execute(self, step: RunStep) -> None:
        self._trial.would(self._node, step)


class Bounded:
    """Stands in for an action that is executed: a coroutine, which nothing else can interrupt, is given up in time."""

    def __init__(self, node: Action, limit: Limit) -> None:
        self._node, self._limit = node, limit
        self.on_error, self.kind = node.on_error, node.kind

    def title(self, language: str | None = None) -> str:
        return self._node.title(language)

    def execute(self, step: RunStep) -> Any:
        node = self._node
        if isinstance(node, Call):
            left = self._limit.left + A_LITTLE
            node = node.model_copy(update={"timeout": min(node.time_limit or left, left)})
        return node.execute(step)


class TrialForeground(Foreground):
    """A foreground whose steps are shown. Each is saved at once, so that what it changes can be seen."""

    def __init__(self, trial: TreeTrial, context: RunContext, record: Model | None, clock: Clock) -> None:
        super().__init__(context, record, clock)
        self._trial = trial

    def run(self, *, may_leave: bool = False) -> None:  # noqa: ARG002 - nothing is left: each step is shown
        """Run it, and hand the jobs to the trial instead of whoever stores them."""
        with self._trial.run(self._context, self._record):
            super().run()
        for job in self.jobs:
            self._trial.queue(job, self._context.tree)
        self.jobs = []

    def _run_one(self, node: Node, path: str) -> None:
        match node:
            case Background() | Delay():
                with self._trial.step(node, path, queued=True) as entry:
                    entry.message = _queued(node)
                super()._run_one(node, path)
            case If():
                with self._trial.step(node, path) as entry:
                    entry.state = "decided"
                    branch = self._guarded(path, node, lambda: decide(node, self._step(path)))
                    entry.message = _branch(branch)
                self.steps.append({"path": path, "label": node.title(), "branch": branch})
                self._run_all(getattr(node, branch), f"{path}.{branch}.")
            case _:
                super()._run_one(node, path)

    def _act(self, node: Action, path: str) -> None:
        step = self._step(path)
        _watch_target(self._trial.watch, node, step)
        known = dict(self._context.names)
        with self._trial.step(node, path) as entry:
            with self._trial.speaking():
                super()._act(self._trial.shown(node), path)
            _watch_new(self._trial.watch, known, self._context.names)
        done = self.steps[-1]
        if "error" in done:
            entry.state, entry.message = "failed", str(done["error"])
        elif "result" in done and entry.state == "done":
            entry.message = _result(node, done["result"])

    def _step(self, path: str) -> RunStep:
        context = self._context
        return RunStep(context, path, self._record, context.names, self._clock, save=save_fields)


class TrialPlan(BranchPlan):
    """A job whose steps are shown."""

    def __init__(self, trial: TreeTrial, job: ClaimedJob, context: RunContext, clock: Clock) -> None:
        super().__init__(job, context, clock)
        self._trial = trial

    def _branch(self, node: If, path: str) -> str:
        if path in self._job.steps.get("branches", {}):
            return super()._branch(node, path)
        with self._trial.step(node, path) as entry:
            entry.state = "decided"
            with self._trial.speaking():
                branch = super()._branch(node, path)
            entry.message = _branch(branch)
        return branch

    def _act(self, node: Action, path: str, run: StepRun, *, last: bool) -> Any:  # noqa: ARG002 - each save is shown
        context, record, names = self._context, self._record(lock=False), self._names()
        self._trial.watch.add(record)
        known = dict(names)
        step = RunStep(context, path, record, names, self._clock, run)
        _watch_target(self._trial.watch, node, step)
        with running(context), acting_as(context.actor), self._trial.step(node, path) as entry:
            with self._trial.speaking():
                result = self._trial.shown(node).execute(step)
            _watch_new(self._trial.watch, known, names)
            if entry.state == "done":
                entry.message = _result(node, result)
        if names != known:
            self._job.steps["names"] = stored_names(names)
        return result

    def _queue(self, node: Background | Delay, path: str, run: StepRun) -> None:
        names = self._names()
        with self._trial.step(node, path, queued=True) as entry:
            step = RunStep(self._context, path, self._record(lock=False), names, self._clock, run)
            self._trial.queue(branch_job(self._context, path, node, step, names, self._clock), self._context.tree)
            entry.message = _queued(node)


class TrialStepRun:
    """The queue's side of a step, where there is no queue."""

    attempt = 1

    def __init__(self, using: str) -> None:
        self._using = using

    def commit(self) -> AbstractContextManager[Any]:
        return nullcontext(lambda _result: None)

    def progress(self, fraction: float | None, text: str = "") -> None:
        """Nobody waits."""

    def leave(self, statement: Beside, check: Callable[[], object]) -> None:
        """There is no mark to send it with."""
        in_turn(connections[self._using], [statement])
        check()


def _watch_target(watch: Watch, node: Node, step: RunStep) -> None:
    """Watch the record that a node is going to change, if it says so and if there is one."""
    of = getattr(node, "of", "")
    if of:
        with suppress(MeanwhileError):  # it is the step itself that says what is wrong
            watch.add(step.target(of))


def _watch_new(watch: Watch, known: Mapping[str, Model], names: Mapping[str, Model]) -> None:
    for name, record in names.items():
        if known.get(name) is not record:
            watch.add(record, new=True)


def told(error: BaseException) -> str:
    """Return an error as a step shows it: of a foreground failure its reason."""
    reason = error.reason if isinstance(error, ActionFailed) else error
    return describe(reason) if isinstance(reason, BaseException) else str(reason)


def _result(node: Node, result: Any) -> str:
    """Return what a function gave back; what built-in actions say of themselves can be seen in the changes."""
    return literal_in_words(result) if node.kind == "call" and result is not None else ""


def _branch(branch: str) -> str:
    return _("It holds: this way.") if branch == "then" else _("It does not hold: the other way.")


def _queued(node: AnyNode) -> str:
    if isinstance(node, Delay):
        return _("Queued: %(moment)s.") % {"moment": moment_in_words(node.moment.as_json())}
    return _("Queued: as soon as possible.")
