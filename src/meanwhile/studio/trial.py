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
from contextlib import contextmanager
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
from meanwhile.exceptions import ChainTooDeep, MeanwhileError, ParameterError, SkipJob, UnknownTree
from meanwhile.queue.jobs import ClaimedJob, NewJob
from meanwhile.studio.caught_mail import catching_mail
from meanwhile.studio.trial_parts import Shown, TrialForeground, TrialPlan, TrialStepRun, told
from meanwhile.studio.tried import TriedBranch, TriedMail, TriedRun, TriedStep
from meanwhile.studio.watching import Watch, title_of
from meanwhile.studio.wording import moment_in_words
from meanwhile.texts import gettext as _
from meanwhile.trees import registry
from meanwhile.trees.actor import acting_as
from meanwhile.trees.background import BranchPlan
from meanwhile.trees.change import Change
from meanwhile.trees.context import EventData, RunContext, current_run, running
from meanwhile.trees.document import EventTree
from meanwhile.trees.events import Called
from meanwhile.trees.matching import matching
from meanwhile.trees.models import new_run_id
from meanwhile.trees.nodes import Delay
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
        foreground = TrialForeground(self, context, record, self._clock)
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
            entry.state, entry.message = "failed", told(error)
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
        return cast("Action", Shown(self, node)) if node.outside else node

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
        plan = TrialPlan(self, claimed, context, clock)
        with self._into(branch.steps):
            try:
                self._run_steps(plan, claimed)
            except SkipJob as skip:
                branch.ended = str(skip)
            except Exception as error:  # noqa: BLE001 - whatever it is, this job fails of it and the others go on
                branch.ended, branch.failed = told(error), True

    def _run_steps(self, plan: BranchPlan, job: ClaimedJob) -> None:
        while (step := plan.next()) is not None:
            try:
                with transaction.atomic(using=self._using):
                    step.run(TrialStepRun())
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


def _as_it_is(record: Model, event: str) -> EventData:
    values = plain_values(record)
    return EventData(event, values, values)
