"""The jobs of durable actions as the queue runs them: one step, whose transaction also stores the result.

The effects in the database, the mark and the result are one transaction, which begins with the action's first
statement. So they happen exactly once, however many workers die over it. What failed is not tried again unless the
action says ``retry=``: the person waits, and reads the error. A refusal (a `UserError`, a missing right, bad
parameters) is an answer and no failure of the site's: its job ends as skipped, at once, and nobody is alarmed.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from asgiref.sync import async_to_sync
from django.apps import apps
from django.utils import translation

from meanwhile import conf
from meanwhile.exceptions import LeaseLost, PayloadTooLarge, SkipJob
from meanwhile.queue import sql
from meanwhile.queue.backoff import RetryPolicy
from meanwhile.queue.handlers import PlannedStep, StepRun
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.lazy import beside
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.remote import registry, wire
from meanwhile.remote.access import CallRefused, admit, login_required, unknown_action
from meanwhile.remote.bound import BoundAction
from meanwhile.remote.controller import Report
from meanwhile.remote.durable import outlived
from meanwhile.remote.perform import refusal_of, unexpected
from meanwhile.texts import gettext as _
from meanwhile.trees.actor import acting_as

STEP = "0"
ONCE = RetryPolicy(max_attempts=1)
BATCH = 1000
SECONDS_BETWEEN_REPORTS = 0.1


class DurableHandler:
    """Opens the jobs of durable actions (`queue.handlers.Handler`)."""

    prunes_own_jobs = True
    """How long a result is kept is the action's affair, not that of ``RETENTION``."""

    def open(self, job: ClaimedJob, *, using: str) -> DurablePlan:
        """Return the one step of a durable action."""
        return DurablePlan(job, using)

    def ended(self, group: str, state: State, error: str, *, using: str) -> None:
        """The job's row says it all."""

    def settled(self, group: str, *, using: str) -> None:
        """The job's row says it all."""

    def tidy(self) -> None:
        """Nothing is left behind."""

    def prune(self, retention: Mapping[str, float], *, now: datetime, using: str) -> int:  # noqa: ARG002 - the port's
        """Delete the jobs whose results were kept long enough."""
        old = Job.objects.using(using).filter(outlived(now)).order_by()
        deleted = 0
        while ids := list(old.values_list("pk", flat=True)[:BATCH]):
            deleted += Job.objects.using(using).filter(pk__in=ids).delete()[0]
        return deleted


class DurablePlan:
    """One step: the action (`queue.handlers.Plan`)."""

    def __init__(self, job: ClaimedJob, using: str) -> None:
        self._job, self._using = job, using
        self._answer: dict[str, Any] | None = None
        """What the page is told: ``value`` or ``error``."""

    def next(self) -> PlannedStep | None:
        """Return the action's step, unless it is done."""
        if STEP in self._job.steps.get("done", {}):
            return None
        bound = registry.current().get(self._job.name)
        atomic = bound is not None and bound.atomic
        return PlannedStep(
            key=STEP,
            label=self._job.name,
            run=lambda run: self._run(bound, run),
            atomic=atomic,
            lazy=atomic,
            timeout=bound.timeout if bound else None,
            retry=(bound.retry if bound else None) or ONCE,
        )

    def ending(self, state: State, error: str) -> tuple[()]:  # noqa: ARG002 - the port's signature
        """The job's row says it all."""
        return ()

    def ended(self, state: State, error: str) -> None:  # noqa: ARG002 - the port's signature
        """Store the answer in the transaction that ends the job."""
        if state is State.FAILED and "error" not in (self._answer or {}):  # the database refused to commit it
            self._answer = {"error": wire.error("server_error", _("The action was not done."))}
        if self._answer is not None and state in (State.SUCCEEDED, State.FAILED, State.SKIPPED):
            Job.objects.using(self._using).filter(pk=self._job.id).update(result=self._answer)

    def _run(self, bound: BoundAction | None, run: StepRun) -> None:
        """Do the action. Its result goes to the job and not to the step, which the history shows."""
        with translation.override(self._job.payload["language"] or None):
            try:
                self._answer = {"value": self._value(bound, run)}
            except LeaseLost:
                raise
            except (Exception, asyncio.CancelledError) as error:
                refusal = CallRefused("user_error", str(error)) if isinstance(error, SkipJob) else refusal_of(error)
                if refusal is None:
                    self._answer = {"error": wire.error("server_error", unexpected(error))}
                    raise
                self._answer = {"error": wire.error(refusal.code, refusal.message, refusal.fields)}
                raise SkipJob(refusal.message) from error

    def _value(self, bound: BoundAction | None, run: StepRun) -> Any:
        if bound is None or not bound.durable:
            raise unknown_action(self._job.name)
        # Before the transaction: on SQLite it would keep all others from writing, for as long as the action takes.
        with beside(self._using):
            user = self._user()
            controller = bound.controller(user=user, report=_report_to(run))
            arguments = admit(bound, controller, self._job.payload["params"])
        function: Callable[..., Any] = async_to_sync(bound.function) if bound.is_async else bound.function
        with acting_as(user):
            written = bound.signature.result_as_json(function(controller, **arguments))
        limit = conf.get().max_payload
        if len(written) > limit:
            raise PayloadTooLarge(_("result of %(action)s") % {"action": bound.name}, len(written), limit)
        value = json.loads(written)
        sql.as_json(value)  # raises for what a database can't store
        return value

    def _user(self) -> Any:
        """Return who asked, as they are now. Raises `CallRefused` if they are gone or may no longer log in."""
        if not apps.is_installed("django.contrib.auth"):
            return None
        from django.contrib.auth import get_user_model
        from django.contrib.auth.models import AnonymousUser

        key = self._job.payload["user"]
        if key is None:
            return AnonymousUser()
        user = get_user_model()._default_manager.using(self._using).filter(pk=key).first()
        if user is None or not user.is_active:
            raise login_required()
        return user


def _report_to(run: StepRun) -> Report:
    """Return what stores progress; the same words are not written more often than a page can show them.

    It raises `LeaseLost` when the action was cancelled, so that it ends early.
    """
    last: tuple[str, float] | None = None

    def report(fraction: float | None, text: str) -> None:
        nonlocal last
        at = time.monotonic()
        if last is not None and last[0] == text and at - last[1] < SECONDS_BETWEEN_REPORTS:
            return
        run.progress(fraction, text)
        last = text, at

    return report
