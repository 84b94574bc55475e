"""Run one claimed job, step by step, to its end, its next try or its hand-back.

A step's effect and its mark share a transaction, fenced by the lease token; the last step's transaction also ends the
job (DESIGN: "The job, the one durable thing"). So whatever dies, the job goes on at the first step without a mark,
and effects in the database happen exactly once (spec, "Background jobs").
"""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connections, transaction

from meanwhile import conf
from meanwhile.clock import Clock
from meanwhile.exceptions import LeaseLost, MeanwhileError, SkipJob, UserError
from meanwhile.queue import acknowledge, announce, sql
from meanwhile.queue.backoff import delay
from meanwhile.queue.error_text import describe
from meanwhile.queue.handlers import Plan, PlannedStep, handler_for
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.lazy import beside, lazy_atomic
from meanwhile.queue.lease import put_off
from meanwhile.queue.lost_connection import broke
from meanwhile.queue.savepoint import savepoint_if_needed
from meanwhile.queue.states import State
from meanwhile.queue.step_result import storable_result
from meanwhile.queue.together import Beside

logger = logging.getLogger("meanwhile.queue")

Gate = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job that was run: the state it is in now, and why if it did not succeed."""

    state: State
    error: str = ""


class Execution:
    """One job being run in the current thread.

    ``gate`` is entered around each transaction (a worker's threads take turns on SQLite); ``stopping`` says between
    two steps whether to hand the job back; ``watch`` is told of each step that begins, and of None when it ends.
    """

    def __init__(
        self,
        job: ClaimedJob,
        *,
        using: str,
        clock: Clock,
        gate: Gate = nullcontext,
        stopping: Callable[[], bool] = lambda: False,
        watch: Callable[[PlannedStep | None], None] = lambda step: None,
    ) -> None:
        self.job = job
        self.using = using
        self.clock = clock
        self._gate = gate
        self._stopping = stopping
        self._watch = watch
        self._plan: Plan | None = None
        self.given_up = False
        """Set by whoever takes the running step from this thread and records its end (`stand_in`)."""
        self._step: PlannedStep | None = None
        self._connection: Any = None
        self._decided = len(job.steps.get("branches", ()))
        self._before: dict[str, Any] = {}
        self._counted = (job.attempts, job.takeovers)
        self._marked = False
        self._outcome_of_mark: Outcome | None = None
        self._following: PlannedStep | None = None
        self._left: list[tuple[Beside, Callable[[], object]]] = []

    def run(self) -> Outcome | None:
        """Run the job and return its outcome, None if it was taken over or ended by somebody else meanwhile.

        Raises what the database raises when the outcome can't be written: the job is then still leased.
        """
        try:
            outcome = self._run_steps()
        except LeaseLost:
            logger.warning(
                "The job was taken over or ended meanwhile; nothing of this step was kept.", extra={"job": self.job.id}
            )
            return None
        announce.ended(self.job, outcome.state, self.using)
        handler_for(self.job.kind).tidy()
        return outcome

    def step_seconds(self, step: PlannedStep) -> float:
        """Return how many seconds a step may take."""
        return step.timeout or conf.get().step_timeout

    def stand_in(self) -> Execution:
        """Return what can `give_up` the step that runs now, whatever this execution does meanwhile."""
        copy = Execution(self.job, using=self.using, clock=self.clock, gate=self._gate)
        copy._step, copy._before, copy._counted = self._step, self._before, self._counted
        return copy

    def give_up(self, error: BaseException) -> Outcome | None:
        """Record, from another thread, that the running step failed: it is tried again, passed over, or fails the
        job."""
        step = self._step
        if step is None:
            return None
        attempts, takeovers = self._counted
        job = replace(self.job, steps=deepcopy(self._before), attempts=attempts, takeovers=takeovers)
        stand_in = Execution(job, using=self.using, clock=self.clock, gate=self._gate)
        try:
            if step.goes_on:
                stand_in._plan = handler_for(job.kind).open(job, using=self.using)
            outcome = stand_in._failed(step, error)
            if outcome is None:  # its tries are used up, and the job goes on with the step behind it, on another thread
                acknowledge.hand_back(job, using=self.using)
                outcome = Outcome(State.READY)
        except LeaseLost:
            return None
        announce.ended(job, outcome.state, self.using)
        return outcome

    def _run_steps(self) -> Outcome:
        while True:
            self._step = None
            self._connection = connections[self.using].connection
            try:
                self._plan = self._plan or handler_for(self.job.kind).open(self.job, using=self.using)
                step = self._following or self._plan.next()
                self._following = None
            except SkipJob as skip:
                return self._end(State.SKIPPED, str(skip))
            except Exception as error:
                outcome = self._failed(_OPENING, error)
                if outcome is None:
                    raise
                return outcome
            if step is None:
                return self._end(State.SUCCEEDED)
            if self._stopping():
                acknowledge.hand_back(self.job, using=self.using)
                return Outcome(State.READY)
            done = self._do(step)
            if done is not None:
                return done

    def _do(self, step: PlannedStep) -> Outcome | None:
        """Do one step; return an outcome if the job does not go on with another."""
        self._step, self._marked, self._left = step, False, []
        self._before = before = deepcopy(self.job.steps)
        self._counted = (self.job.attempts, self.job.takeovers)
        try:
            return self._do_atomic(step) if step.atomic else self._do_outside(step)
        except LeaseLost:
            raise
        except SkipJob as skip:
            self.job.steps = before
            return self._end(State.SKIPPED, str(skip))
        except BaseException as error:
            if self._marked:
                logger.exception(
                    "The step raised after its effect was committed; it counts as done.", extra={"job": self.job.id}
                )
                return self._outcome_of_mark
            self.job.steps = deepcopy(before)
            self.job.attempts, self.job.takeovers = self._counted  # its mark, which counts from zero, is undone
            return self._failed(step, error)
        finally:
            self._watch(None)

    def _do_atomic(self, step: PlannedStep) -> Outcome | None:
        with self._transaction(step):
            started = self.clock.monotonic()
            result = step.run(_Run(self, step, started))
            self._outcome_of_mark = self._mark(step, result, started)
        return self._outcome_of_mark

    def _do_outside(self, step: PlannedStep) -> Outcome | None:
        self._watch(step)
        self._keep_decisions()
        started = self.clock.monotonic()
        result = step.run(_Run(self, step, started))
        if not self._marked:
            with self._transaction(step):
                self._outcome_of_mark = self._mark(step, result, started)
        return self._outcome_of_mark

    def _keep_decisions(self) -> None:
        """Store what conditions before the first step came to, before an effect follows that no rollback takes back."""
        decided = len(self.job.steps.get("branches", ()))
        if decided > self._decided and not self.job.steps.get("done"):
            acknowledge.keep_steps(self.job, using=self.using)
            self._decided = decided

    def leave(self, statement: Beside, check: Callable[[], object]) -> None:
        """Send a statement of the running step together with its mark."""
        self._left.append((statement, check))

    @contextmanager
    def commit(self, step: PlannedStep, started: float) -> Iterator[Callable[[Any], None]]:
        """Commit the effects of a step that is not atomic together with its mark.

        Enters as a function that takes the step's result for the mark.
        """
        if step.atomic:
            raise MeanwhileError(f"{step.label}: step.commit() is for actions with atomic=False; this one is atomic.")
        if self._marked:
            raise MeanwhileError(f"{step.label}: step.commit() was called twice; a step has one mark.")
        with self._transaction(step):
            results: list[Any] = [None]
            yield results.append
            self._outcome_of_mark = self._mark(step, results[-1], started)
        self._marked = True

    @contextmanager
    def _transaction(self, step: PlannedStep) -> Iterator[None]:
        """Open a step's transaction."""
        with self._begun_lazily(step) if step.lazy else self._begun(step):
            # The first of all callbacks: what another one raises then no longer concerns the step.
            transaction.on_commit(self._committed, using=self.using)
            yield

    @contextmanager
    def _begun(self, step: PlannedStep) -> Iterator[None]:
        with self._turn(step), transaction.atomic(using=self.using):
            yield

    @contextmanager
    def _begun_lazily(self, step: PlannedStep) -> Iterator[None]:
        self._watch(step)
        with lazy_atomic(self.using, partial(self._turn, step)):
            yield

    @contextmanager
    def _turn(self, step: PlannedStep) -> Iterator[None]:
        """Wait for this thread's turn to write, which is no time of the step's own."""
        self._watch(None)
        with self._gate():
            self._watch(step)
            yield

    def _committed(self) -> None:
        self._marked = True

    def _mark(self, step: PlannedStep, result: Any, started: float, error: str = "") -> Outcome | None:
        """Write, in the current transaction, that a step is done, and end the job if it was the last one."""
        assert self._plan is not None
        kept = storable_result(step.label, result)
        self.job.steps.pop("failed", None)
        mark: dict[str, Any] = {
            "label": step.label,
            "at": self.clock.now().isoformat(),
            "ms": round((self.clock.monotonic() - started) * 1000, 1),
        }
        if self.job.attempts:
            mark["attempts"] = self.job.attempts + 1
        mark |= kept
        if error:
            mark["error"] = error
        self.job.steps.setdefault("done", {})[step.key] = mark
        state, why = self._what_follows()
        beside = [statement for statement, _ in self._left]
        if state is None:
            acknowledge.save_steps(self.job, using=self.using, beside=beside)
        else:
            beside += self._plan.ending(state, why)
            acknowledge.end(self.job, state, now=self.clock.now(), using=self.using, error=why, beside=beside)
            self._plan.ended(state, why)
        for _, check in self._left:
            check()
        return Outcome(state, why) if state else None

    def _what_follows(self) -> tuple[State | None, str]:
        assert self._plan is not None
        try:
            with savepoint_if_needed(self.using):
                self._following = self._plan.next()
        except SkipJob as skip:
            return State.SKIPPED, str(skip)
        except Exception:  # noqa: BLE001 - it is the next step's failure: raised again, and handled, when that step's turn comes
            return None, ""
        return (None if self._following else State.SUCCEEDED), ""

    def _end(self, state: State, error: str = "") -> Outcome:
        error = sql.text(error)
        with self._gate(), transaction.atomic(using=self.using):
            beside = self._plan.ending(state, error) if self._plan is not None else ()
            acknowledge.end(self.job, state, now=self.clock.now(), using=self.using, error=error, beside=beside)
            if self._plan is not None:
                self._plan.ended(state, error)
            else:
                handler_for(self.job.kind).ended(self.job.group, state, error, using=self.using)
        return Outcome(state, error)

    def _failed(self, step: PlannedStep, error: BaseException) -> Outcome | None:
        """Write that a try failed: another try later, the next step, or the end of the job."""
        if self.given_up:
            raise LeaseLost(self.job.id)
        self._left = []
        text = describe(error)
        policy = step.retry or conf.get().retry
        attempt = self.job.attempts + 1
        logger.warning(
            "A step failed.", extra={"job": self.job.id, "step": step.key, "attempt": attempt}, exc_info=error
        )
        lost = broke(self.using, self._connection, error)
        now = self.clock.now()
        with self._gate(), transaction.atomic(using=self.using):
            if acknowledge.is_marked(self.job, step.key, using=self.using):
                # It was done after all: the answer to its commit was lost, or it was given up in that very moment.
                acknowledge.hand_back(self.job, using=self.using)
                return Outcome(State.READY)
            if lost and self.job.takeovers + 1 < conf.get().max_takeovers:
                # No fault of the step's: like the loss of a worker it costs no try, and is borne as often.
                due = now + timedelta(seconds=put_off(self.job.takeovers) if self.job.takeovers else 0.0)
                acknowledge.bear_loss(self.job, due, text, using=self.using)
                return Outcome(State.READY, text)
            self.job.steps["failed"] = {
                "key": step.key,
                "label": step.label,
                "error": text,
                "at": now.isoformat(),
                "attempt": attempt,
                **({"told": text} if isinstance(error, UserError) else {}),
            }
            if attempt < policy.max_attempts and not getattr(error, "permanent", False):
                wait = delay(attempt, policy, random.random())  # noqa: S311 - jitter, no secret
                asked = min(getattr(error, "retry_after", 0.0), policy.longest)
                due = now + timedelta(seconds=max(wait, asked))
                acknowledge.try_again(self.job, due, text, using=self.using)
                return Outcome(State.READY, text)
            if step.goes_on and self._plan is not None:
                return self._mark(step, None, self.clock.monotonic(), error=text)
            return self._end(State.FAILED, text)


class _Run:
    """The queue's side of a running step (`handlers.StepRun`)."""

    def __init__(self, execution: Execution, step: PlannedStep, started: float) -> None:
        self.attempt = execution.job.attempts + 1
        self._execution = execution
        self._step = step
        self._started = started

    def commit(self) -> AbstractContextManager[Any]:
        return self._execution.commit(self._step, self._started)

    def progress(self, fraction: float | None, text: str = "") -> None:
        execution = self._execution
        share = None if fraction is None else 0.0 if math.isnan(fraction) else min(max(fraction, 0.0), 1.0)
        with beside(execution.using):
            acknowledge.show_progress(execution.job, share, text, using=execution.using)

    def leave(self, statement: Beside, check: Callable[[], object]) -> None:
        self._execution.leave(statement, check)


_OPENING = PlannedStep(key="", label="open the job", run=lambda run: None)
