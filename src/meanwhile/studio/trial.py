"""Run a tree as it would run, where nothing of it stays: the foreground, then each job as if its time had come.

It is the runner's own code that runs (`trees.foreground`, `trees.background`). What is different: effects outside the
database are shown and not made, jobs are not queued but run at the end, and the trees that are set off or called are
tried in the same way. Whoever uses this rolls the transaction back.
"""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import datetime
from typing import Any, cast

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model

from meanwhile import conf
from meanwhile.actions.base import Action, Node
from meanwhile.actions.mailing import compose
from meanwhile.actions.send_email import SendEmail
from meanwhile.clock import Clock, FixedClock
from meanwhile.exceptions import ActionFailed, ChainTooDeep, MeanwhileError, ParameterError, SkipJob, UnknownTree
from meanwhile.queue.execution import describe
from meanwhile.queue.handlers import StepRun
from meanwhile.queue.jobs import ClaimedJob, NewJob
from meanwhile.studio.caught_mail import catching_mail
from meanwhile.studio.tried import TriedBranch, TriedMail, TriedRun, TriedStep
from meanwhile.studio.watching import Watch, title_of
from meanwhile.studio.wording import literal_in_words, moment_in_words
from meanwhile.texts import gettext as _
from meanwhile.trees import registry
from meanwhile.trees.actor import acting_as
from meanwhile.trees.background import BranchPlan
from meanwhile.trees.branch import branch_job, decide
from meanwhile.trees.change import Change
from meanwhile.trees.context import EventData, RunContext, current_run, running, stored_names
from meanwhile.trees.document import EventTree
from meanwhile.trees.events import Called
from meanwhile.trees.foreground import Foreground
from meanwhile.trees.matching import matching
from meanwhile.trees.models import new_run_id
from meanwhile.trees.nodes import AnyNode, Background, Delay, If
from meanwhile.trees.quick_save import save_fields
from meanwhile.trees.runner import Occasion, occasion_of
from meanwhile.trees.snapshot import plain_values
from meanwhile.trees.stepping import RunStep
from meanwhile.trees.versions import version_id

MOST_STEPS = 2000
"""Steps of one trial, those of nested runs included."""


class TreeTrial:
    """One trial of one tree, in whose place a registered one of its key does not run (`trial_context.Trial`)."""

    def __init__(self, tree: EventTree, *, actor: Any, using: str, clock: Clock) -> None:
        self.watch = Watch(using)
        self.branches: list[TriedBranch] = []
        self._tree, self._actor, self._using, self._clock = tree, actor, using, clock
        self._jobs: list[tuple[datetime, int, NewJob, EventTree]] = []
        self._order = itertools.count()
        self._steps: list[TriedStep] = []
        self._entry: TriedStep | None = None
        self._quiet = False
        self._left = MOST_STEPS

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Let changes of records in the body set off nothing: they are what the person has typed."""
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False

    def fire(self, change: Change) -> None:
        """Try the trees that a change sets off. Raises `ActionFailed` and `ChainTooDeep`."""
        if self._quiet:
            return
        for tree in matching(change):
            self.run(self._in_place_of(tree), occasion_of(change, tree.on.event))

    def call(self, key: str, record: Model | None, params: Mapping[str, Any]) -> str:
        """Try a tree that is called. Raises what `runner.call_tree` raises."""
        tree = self._tree if key in {self._tree.key, self._tree.name} else registry.current().find(key)
        if not isinstance(tree.on, Called) or not tree.enabled:
            raise UnknownTree(key, [one.key for one in registry.current().all() if isinstance(one.on, Called)])
        values = tree.on.validate_parameters(params, of=tree.name)
        if tree.on.model and not isinstance(record, apps.get_model(tree.on.model)):
            raise ParameterError({"record": _("must be a %(model)s") % {"model": tree.on.model}}, of=tree.name)
        event = EventData("called") if record is None else _as_it_is(record, "called")
        pk = record.pk if record is not None else None
        self.run(tree, Occasion(event, record, tree.on.model or "", pk, self._using, values))
        return tree.key

    def run(self, tree: EventTree, occasion: Occasion, into: TriedRun | None = None) -> None:
        """Run the foreground of a tree and keep its jobs for `run_jobs`; its steps are shown in ``into``.

        Raises `ActionFailed` and `ChainTooDeep`.
        """
        record = occasion.record
        tried = into or TriedRun(tree.key, tree.name, occasion.event.type, "")
        tried.record = title_of(record) if record is not None else ""
        if self._entry is not None:
            self._entry.runs.append(tried)
        self.watch.add(record)
        parent = current_run()
        context = RunContext(
            run_id=new_run_id(),
            version_id=version_id(tree),
            tree=tree,
            event=occasion.event,
            model=occasion.model,
            record_pk=occasion.record_pk,
            params=occasion.params,
            actor=parent.actor if parent else self._actor,
            parent_id=parent.run_id if parent else None,
            chain=(*(parent.chain if parent else ()), tree.key),
            using=self._using,
        )
        if len(context.chain) > conf.get().max_depth:
            raise ChainTooDeep(context.chain)
        foreground = _TrialForeground(self, context, record, self._clock)
        with self._into(tried.steps), running(context), acting_as(context.actor):
            foreground.run()
        for job in foreground.jobs:
            self.queue(job, tree)

    def queue(self, job: NewJob, tree: EventTree) -> None:
        """Keep a job for `run_jobs`."""
        heapq.heappush(self._jobs, (job.due or self._clock.now(), next(self._order), job, tree))

    def run_jobs(self) -> None:
        """Run the jobs in the order in which they would become due, each at its time, with those that they queue."""
        while self._jobs:
            due, _number, job, tree = heapq.heappop(self._jobs)
            self._run_job(job, tree, due)

    @contextmanager
    def step(self, node: Node, path: str, *, queued: bool = False) -> Iterator[TriedStep]:
        """Show a step that is done in the body: what it changes, whom it would write to, and its error."""
        self._left -= 1
        if self._left < 0:
            raise MeanwhileError(_("The trial has more than %(n)s steps.") % {"n": MOST_STEPS})
        entry = TriedStep(path, node.title(), node.kind, "queued" if queued else "done")
        self._steps.append(entry)
        outer, self._entry = self._entry, entry
        try:
            with catching_mail() as messages:
                yield entry
            entry.mails += [TriedMail.of(message) for message in messages]
            entry.changes, entry.also = self.watch.changes(), self.watch.also_written()
        except BaseException as error:
            entry.state, entry.message = "failed", _told(error)
            raise
        finally:
            self._entry = outer

    def would(self, node: Action, step: RunStep) -> None:
        """Show an effect outside the database in the place of making it."""
        assert self._entry is not None
        self._entry.state = "would"
        if isinstance(node, SendEmail):
            self._entry.mails.append(TriedMail.of(compose(node, step)))
            self._entry.message = _("This would be sent.")
        else:
            self._entry.message = _("This has an effect outside the database and was not done.")

    def shown(self, node: Action) -> Action:
        """Return what to execute for a node: itself, or what only shows its effect."""
        return cast("Action", _Shown(self, node)) if node.outside else node

    def _run_job(self, job: NewJob, tree: EventTree, due: datetime) -> None:
        payload = json.loads(json.dumps(job.payload, cls=DjangoJSONEncoder))
        node, path = tree.node_at(payload["path"]), payload["path"]
        now = self._clock.now()
        clock = FixedClock(due) if due > now else self._clock
        moment = moment_in_words(node.moment.as_json()) if isinstance(node, Delay) else _("as soon as possible")
        branch = TriedBranch(tree.key, path, node.title(), moment, due if due > now else None)
        self.branches.append(branch)
        claimed = ClaimedJob(0, job.kind, job.name, payload, job.priority, job.serial_key, job.group, 0, 0, 0)
        context = RunContext.from_payload(payload, tree, using=self._using)
        plan = _TrialPlan(self, claimed, context, clock)
        with self._into(branch.steps):
            try:
                self._run_steps(plan, claimed)
            except SkipJob as skip:
                branch.ended = str(skip)
            except Exception as error:  # noqa: BLE001 - whatever it is, this job fails of it and the others go on
                branch.ended, branch.failed = _told(error), True

    def _run_steps(self, plan: BranchPlan, job: ClaimedJob) -> None:
        while (step := plan.next()) is not None:
            try:
                with transaction.atomic(using=self._using):
                    step.run(_TrialStepRun())
            except SkipJob:
                raise
            except Exception:
                if not step.goes_on:
                    raise
            job.steps.setdefault("done", {})[step.key] = {}

    @contextmanager
    def _into(self, steps: list[TriedStep]) -> Iterator[None]:
        outer, self._steps = self._steps, steps
        try:
            yield
        finally:
            self._steps = outer

    def _in_place_of(self, tree: EventTree) -> EventTree:
        return self._tree if tree.key == self._tree.key else tree


class _Shown:
    """Stands in for an action with an effect outside the database: it shows what would be done."""

    def __init__(self, trial: TreeTrial, node: Action) -> None:
        self._trial, self._node = trial, node
        self.on_error, self.kind = node.on_error, node.kind

    def title(self) -> str:
        return self._node.title()

    def execute(self, step: RunStep) -> None:
        self._trial.would(self._node, step)


class _TrialStep(RunStep):
    """A step that has other trees tried and not called."""

    def __init__(self, trial: TreeTrial, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._trial = trial

    def call_tree(self, key: str, record: Model | None, params: Mapping[str, Any]) -> Any:
        return self._trial.call(key, record, params)


class _TrialForeground(Foreground):
    """A foreground whose steps are shown. Each is saved at once, so that what it changes can be seen."""

    def __init__(self, trial: TreeTrial, context: RunContext, record: Model | None, clock: Clock) -> None:
        super().__init__(context, record, clock)
        self._trial = trial

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
            super()._act(self._trial.shown(node), path)
            _watch_new(self._trial.watch, known, self._context.names)
        done = self.steps[-1]
        if "error" in done:
            entry.state, entry.message = "failed", str(done["error"])
        elif "result" in done and entry.state == "done":
            entry.message = _result(node, done["result"])

    def _step(self, path: str) -> RunStep:
        context = self._context
        return _TrialStep(self._trial, context, path, self._record, context.names, self._clock, save=save_fields)


class _TrialPlan(BranchPlan):
    """A job whose steps are shown."""

    def __init__(self, trial: TreeTrial, job: ClaimedJob, context: RunContext, clock: Clock) -> None:
        super().__init__(job, context, clock)
        self._trial = trial

    def _branch(self, node: If, path: str) -> str:
        if path in self._job.steps.get("branches", {}):
            return super()._branch(node, path)
        with self._trial.step(node, path) as entry:
            entry.state = "decided"
            branch = super()._branch(node, path)
            entry.message = _branch(branch)
        return branch

    def _act(self, node: Action, path: str, run: StepRun) -> Any:
        context, record, names = self._context, self._record(lock=False), self._names()
        self._trial.watch.add(record)
        known = dict(names)
        step = _TrialStep(self._trial, context, path, record, names, self._clock, run)
        _watch_target(self._trial.watch, node, step)
        with running(context), acting_as(context.actor), self._trial.step(node, path) as entry:
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


class _TrialStepRun:
    """The queue's side of a step, where there is no queue."""

    attempt = 1

    def commit(self) -> AbstractContextManager[Any]:
        return nullcontext(lambda _result: None)

    def progress(self, fraction: float | None, text: str = "") -> None:
        """Nobody waits."""


def _as_it_is(record: Model, event: str) -> EventData:
    values = plain_values(record)
    return EventData(event, values, values)


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


def _told(error: BaseException) -> str:
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
