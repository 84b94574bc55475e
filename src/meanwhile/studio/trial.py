"""Run a tree as it would run, where nothing of it stays: the foreground, then each job as if its time had come.

It is the runner's own code that runs (`trees.runner`, `trees.foreground`, `trees.background`). What is different:
effects outside the database are shown and not made, and jobs are not queued but run at the end. Trees that are set off
or called, also by Python code in a step, come to the same trial. Whoever uses this rolls the transaction back.
"""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import cast

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model
from django.utils import translation

from meanwhile.actions import webhook_request
from meanwhile.actions.base import Action, Node
from meanwhile.actions.call_webhook import CallWebhook
from meanwhile.actions.mailing import compose
from meanwhile.actions.send_email import SendEmail
from meanwhile.clock import Clock, FixedClock
from meanwhile.exceptions import MeanwhileError, SkipJob
from meanwhile.queue.jobs import ClaimedJob, NewJob
from meanwhile.studio.access_check import closed_at
from meanwhile.studio.after_commit import AfterCommit, KeptJob
from meanwhile.studio.caught_mail import catching_mail
from meanwhile.studio.commit_check import check_commit
from meanwhile.studio.time_limit import Expired, Limit
from meanwhile.studio.trial_parts import Bounded, Shown, TrialForeground, TrialPlan, TrialStepRun, told
from meanwhile.studio.tried import TriedBranch, TriedMail, TriedRequest, TriedRun, TriedStep
from meanwhile.studio.watching import Watch, title_of
from meanwhile.texts import gettext as _
from meanwhile.trees import registry
from meanwhile.trees.background import BranchPlan
from meanwhile.trees.context import RunContext
from meanwhile.trees.document import EventTree
from meanwhile.trees.nodes import Delay
from meanwhile.trees.stepping import RunStep
from meanwhile.trees.wording import moment_in_words

MOST_STEPS = 2000
"""Steps of one trial, those of nested runs included."""


class TreeTrial:
    """One trial (`trees.trials.Trial`). The first run that begins in it is shown in ``first``.

    ``trees`` are those that ran, by their keys.
    """

    def __init__(self, first: TriedRun, *, using: str, clock: Clock, limit: Limit, after: AfterCommit) -> None:
        self.watch = Watch(using)
        self.branches: list[TriedBranch] = []
        self.trees: dict[str, EventTree] = {}
        self._first: TriedRun | None = first
        self._using, self._clock, self._limit, self._after = using, clock, limit, after
        self._job_clock: Clock | None = None
        self._steps: list[TriedStep] = []
        self._entry: TriedStep | None = None
        self._left = MOST_STEPS
        self._language = translation.get_language()

    @property
    def clock(self) -> Clock:
        """What the time is: that at which the job that is tried is due."""
        return self._job_clock or self._clock

    def speaking(self) -> AbstractContextManager[None]:
        """Let what a node does speak the language that it will speak: in a job that of the site, as in a worker."""
        return translation.override(settings.LANGUAGE_CODE) if self._job_clock else nullcontext()

    def _telling(self) -> AbstractContextManager[None]:
        """Let what is shown of a step be told in the language of who tries, also below a step of a job."""
        return translation.override(self._language) if self._job_clock else nullcontext()

    def foreground(self, context: RunContext, record: Model | None, clock: Clock) -> TrialForeground:
        """Return what runs the foreground of a run."""
        return TrialForeground(self, context, record, clock)

    @contextmanager
    def run(self, context: RunContext, record: Model | None) -> Iterator[None]:
        """Show the steps of a run in the body, under the step that set it off or called it."""
        tried, self._first = self._first, None
        if tried is None:
            tried = TriedRun(context.tree.key, context.tree.name, context.event.type, "")
        self.trees[context.tree.key] = context.tree
        tried.record = title_of(record) if record is not None else ""
        if self._entry is not None:
            self._entry.changes += self.watch.changes()  # so far they are the step's own
            self._entry.runs.append(tried)
        self.watch.add(record)
        with self._into(tried.steps):
            yield

    def queue(self, job: NewJob, tree: EventTree) -> None:
        """Keep a job for `run_jobs`."""
        self._after.keep(job, tree, using=self._using)

    def run_jobs(self) -> None:
        """Run the jobs in the order in which they would become due, each at its time, with those that they queue."""
        jobs: list[tuple[datetime, int, KeptJob]] = []
        order = itertools.count()
        while True:
            for kept in self._after.jobs():
                heapq.heappush(jobs, (kept.job.due or self.clock.now(), next(order), kept))
            if not jobs:
                return
            due, _number, kept = heapq.heappop(jobs)
            self._run_job(kept.job, kept.tree, due)

    def check_commit(self) -> None:
        """Raise the error that the database would raise at the commit of what was written."""
        check_commit(self.watch.tables(), using=self._using)

    @contextmanager
    def step(self, node: Node, path: str, *, queued: bool = False) -> Iterator[TriedStep]:
        """Show a step that is done in the body: what it changes, whom it would write to, and its error."""
        with self._telling(), self._step(node, path, queued=queued) as entry:
            yield entry

    @contextmanager
    def _step(self, node: Node, path: str, *, queued: bool) -> Iterator[TriedStep]:
        self._limit.check()
        self._left -= 1
        if self._left < 0:
            raise MeanwhileError(_("The trial has more than %(n)s steps.") % {"n": MOST_STEPS})
        entry = TriedStep(path, node.title(), node.kind, "queued" if queued else "done")
        self._steps.append(entry)
        outer, self._entry = self._entry, entry
        try:
            with catching_mail() as messages:
                try:
                    yield entry
                finally:
                    entry.mails += [TriedMail.of(message) for message in messages]
            entry.changes += self.watch.changes()
            entry.also += self.watch.also_written()
            entry.later += [*self.watch.jobs(), *self._after.callbacks()]
        except BaseException as error:
            entry.state, entry.message = "failed", told(error)
            raise
        finally:
            self._entry = outer

    def would(self, node: Action, step: RunStep) -> None:
        """Show an effect outside the database in the place of making it."""
        entry = self._entry
        assert entry is not None
        entry.state = "would"
        if not isinstance(node, SendEmail | CallWebhook):
            return
        # A tree in Python may read what is closed to the Studio; its letters are not for the eyes of who tries.
        if closed := closed_at(registry.current().get(step.tree), step.path):
            entry.message = closed.message
        elif isinstance(node, SendEmail):
            entry.mails.append(TriedMail.of(compose(node, step)))
        else:
            entry.requests.append(TriedRequest.of(webhook_request.compose(node, step)))

    def shown(self, node: Action) -> Action:
        """Return what is executed in the place of a node: it itself where the database is all that it changes."""
        return cast("Action", Shown(self, node)) if node.outside else cast("Action", Bounded(node, self._limit))

    def _run_job(self, job: NewJob, tree: EventTree, due: datetime) -> None:
        payload = json.loads(json.dumps(job.payload, cls=DjangoJSONEncoder))
        node, path = tree.node_at(payload["path"]), payload["path"]
        now = self._clock.now()
        clock = FixedClock(due) if due > now else self._clock
        moment = moment_in_words(node.moment.as_json()) if isinstance(node, Delay) else _("as soon as possible")
        branch = TriedBranch(tree.key, path, node.title(), moment, due if due > now else None)
        self.branches.append(branch)
        self.trees[tree.key] = tree
        claimed = ClaimedJob(0, job.kind, job.name, payload, job.priority, job.serial_key, job.group, 0, 0, 0)
        self._job_clock = clock
        with self._into(branch.steps):
            try:
                context = RunContext.from_payload(payload, tree, using=self._using)
                self._run_steps(TrialPlan(self, claimed, context, clock), claimed)
            except SkipJob as skip:
                branch.ended = str(skip)
            except (Expired, KeyboardInterrupt):
                raise
            except BaseException as error:  # noqa: BLE001 - whatever it is, this job fails of it and the others go on
                branch.ended, branch.failed = told(error), True
        self._job_clock = None

    def _run_steps(self, plan: BranchPlan, job: ClaimedJob) -> None:
        while (step := plan.next()) is not None:
            try:
                with transaction.atomic(using=self._using):
                    step.run(TrialStepRun(self._using))
                    self._check_step()
            except (SkipJob, Expired, KeyboardInterrupt):
                raise
            except BaseException:
                if not step.goes_on:
                    raise
            job.steps.setdefault("done", {})[step.key] = {}

    def _check_step(self) -> None:
        """Fail the step that was done last if its commit would fail."""
        try:
            self.check_commit()
        except Exception as error:
            self._steps[-1].state, self._steps[-1].message = "failed", told(error)
            raise

    @contextmanager
    def _into(self, steps: list[TriedStep]) -> Iterator[None]:
        outer, self._steps = self._steps, steps
        try:
            yield
        finally:
            self._steps = outer
