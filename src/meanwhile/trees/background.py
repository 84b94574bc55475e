"""The background of a run: one branch of its tree, as a job's steps.

A step reads the record when it runs; if the record is gone the job ends as skipped, unless the event was Deleted,
which carries the last values (spec, "Background jobs").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connections
from django.db.models import Model
from django.utils.translation import gettext as _

from meanwhile.actions.base import Action, Node
from meanwhile.actions.update_field import UpdateField
from meanwhile.clock import Clock, SystemClock
from meanwhile.exceptions import SkipJob
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.handlers import PlannedStep, StepRun
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.states import State
from meanwhile.queue.together import Beside, in_turn
from meanwhile.trees import history
from meanwhile.trees.actor import acting_as
from meanwhile.trees.branch import branch_job, decide
from meanwhile.trees.capture_row import fresh
from meanwhile.trees.context import RunContext, running, stored_names
from meanwhile.trees.failed_runs import failed_runs
from meanwhile.trees.listening import listens_to_updates
from meanwhile.trees.load_record import load_record
from meanwhile.trees.nodes import Background, Delay, If
from meanwhile.trees.prune import prune_trees
from meanwhile.trees.quick_save import check_saved, may_go_with_others, quick_save, save_fields
from meanwhile.trees.stepping import RunStep
from meanwhile.trees.versions import load_version


class TreeHandler:
    """Opens the jobs of trees (`queue.handlers.Handler`)."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    def open(self, job: ClaimedJob, *, using: str) -> BranchPlan:
        """Return the steps of a job's branch, in the version of the tree that its run started with."""
        tree = load_version(UUID(job.payload["version"]), using=using)
        context = RunContext.from_payload(job.payload, tree, using=using)
        return BranchPlan(job, context, self._clock)

    def ended(self, group: str, state: State, error: str, *, using: str) -> None:
        """Count a job of a run that was ended, or reopened, by hand."""
        if state is State.READY:
            history.job_reopened(UUID(group), using=using)
        else:
            in_turn(connections[using], [history.job_ended(UUID(group), state, error, using=using, clock=self._clock)])

    def settled(self, group: str, *, using: str) -> None:
        """Look anew at what a run's jobs came to, after a failed one was cancelled or skipped by hand."""
        history.run_reviewed(UUID(group), using=using)

    def tidy(self) -> None:
        """Write the runs of nested trees that failed inside a step which was rolled back."""
        failed_runs().write()

    def prune(self, retention: Mapping[str, float], *, now: datetime, using: str) -> int:
        """Delete old runs, and versions of trees that no run refers to any more."""
        return prune_trees(retention, now=now, using=using)


class BranchPlan:
    """The steps of one Background or Delay (`queue.handlers.Plan`)."""

    def __init__(self, job: ClaimedJob, context: RunContext, clock: Clock) -> None:
        self._job, self._context, self._clock = job, context, clock
        self._path = job.payload["path"]
        node = context.tree.node_at(self._path)
        self._children: Sequence[Node] = node.do if isinstance(node, Background | Delay) else ()

    def next(self) -> PlannedStep | None:
        """Return the first step without a mark."""
        return self._first_open(self._children, f"{self._path}.")

    def ending(self, state: State, error: str) -> list[Beside]:
        """Count the end of this job in its run."""
        return [history.job_ended(self._context.run_id, state, error, using=self._context.using, clock=self._clock)]

    def ended(self, state: State, error: str) -> None:
        """The run knows (`ending`)."""

    def _first_open(self, nodes: Sequence[Node], prefix: str) -> PlannedStep | None:
        done = self._job.steps.get("done", {})
        for index, node in enumerate(nodes):
            path = f"{prefix}{index}"
            if node.disabled or path in done:
                continue
            if isinstance(node, If):
                branch = self._branch(node, path)
                step = self._first_open(getattr(node, branch), f"{path}.{branch}.")
                if step is not None:
                    return step
            else:
                last = prefix == f"{self._path}." and all(later.disabled for later in nodes[index + 1 :])
                return self._planned(node, path, last=last)
        return None

    def _branch(self, node: If, path: str) -> str:
        """Decide a condition once: the decision is stored with the next mark, so that a job goes on where it was."""
        branches: dict[str, str] = self._job.steps.setdefault("branches", {})
        if path not in branches:
            names = self._names()
            step = RunStep(self._context, path, self._record(lock=False), names, self._clock)
            branches[path] = decide(node, step)
        return branches[path]

    def _planned(self, node: Node, path: str, *, last: bool) -> PlannedStep:
        if isinstance(node, Action):
            return PlannedStep(
                key=path,
                label=node.title(),
                run=lambda run: self._act(node, path, run, last=last),
                atomic=node.atomic and not node.outside,
                timeout=node.time_limit,
                retry=node.retry_policy,
                goes_on=node.on_error == "continue",
            )
        assert isinstance(node, Background | Delay)
        return PlannedStep(key=path, label=node.title(), run=lambda run: self._queue(node, path, run))

    def _act(self, node: Action, path: str, run: StepRun, *, last: bool) -> Any:
        with ExitStack() as stack:
            stack.enter_context(running(self._context))
            stack.enter_context(acting_as(self._context.actor))
            # An Update Field knows the row it has just locked, so capture need not read it again.
            record = self._record(lock=isinstance(node, UpdateField))
            if record is not None and isinstance(node, UpdateField) and self._is_watched(type(record)):
                stack.enter_context(fresh(record))
            names = self._names()
            known = dict(names)
            # Nothing reads what the last step of all has saved before the job's end is written.
            leaves = last and isinstance(node, UpdateField)
            save = partial(self._leave, run) if leaves else save_fields
            again = self._job.steps.get("again", 0)
            step = RunStep(self._context, path, record, names, self._clock, run, again=again, save=save)
            result = node.execute(step)
            if names != known:
                self._job.steps["names"] = stored_names(names)
            return result

    def _leave(self, run: StepRun, record: Model, names: list[str]) -> None:
        """Have a record saved together with the job's end, where that is one statement of its own.

        Behind it relations to many may be set, whose receivers may look at the row.
        """
        model, using = type(record), self._context.using
        here = record._state.db == using and not model._meta.many_to_many and may_go_with_others(model, using)
        statement = quick_save(record, names) if here else None
        if statement is None:
            save_fields(record, names)
        else:
            run.leave(statement, partial(check_saved, record, names, statement))

    def _queue(self, node: Background | Delay, path: str, run: StepRun) -> None:
        names = self._names()
        step = RunStep(self._context, path, self._record(lock=False), names, self._clock, run)
        enqueue(
            [branch_job(self._context, path, node, step, names, self._clock)],
            using=self._context.using,
            clock=self._clock,
        )
        history.jobs_added(self._context.run_id, 1, using=self._context.using)

    def _record(self, *, lock: bool) -> Model | None:
        context = self._context
        if not context.model:
            return None
        model = apps.get_model(context.model)
        if context.deleted:
            return _last_values(model, context)
        if lock and self._is_watched(model):
            features = connections[context.using].features
            # Not in the model's own order, which may join rows that can't be locked.
            records = model._base_manager.using(context.using).order_by("pk")
            records = records.select_for_update(no_key=features.has_select_for_no_key_update)
            record: Model | None = records.filter(pk=context.record_pk).first()
        else:
            record = load_record(model, context.record_pk, using=context.using)
        if record is None:
            raise SkipJob(
                _("The record is gone: %(model)s %(pk)s.") % {"model": context.model, "pk": context.record_pk}
            )
        return record

    def _is_watched(self, model: type[Model]) -> bool:
        return not self._context.deleted and listens_to_updates(model)

    def _names(self) -> dict[str, Model]:
        stored = self._job.steps.get("names") or self._job.payload["names"]
        names = {}
        for name, (label, key) in stored.items():
            record = apps.get_model(label)._base_manager.using(self._context.using).filter(pk=key).first()
            if record is not None:
                names[name] = record
        return names


def _last_values(model: type[Model], context: RunContext) -> Model:
    values = {}
    for field in model._meta.concrete_fields:
        if field.name in context.event.old:
            values[field.attname] = context.event.old[field.name]
    record = model(**values)
    record._state.db = context.using
    return record
