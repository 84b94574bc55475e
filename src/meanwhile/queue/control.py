"""What a person may do to a job: retry, retry from a step, skip, cancel, run now, move.

Each is one transaction, checks the transition table, and returns the job as it is then. A running job that is
cancelled keeps running until its next write, which is fenced: nothing of the step it is at is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connections, transaction

from meanwhile import conf
from meanwhile.clock import Clock, SystemClock
from meanwhile.exceptions import MeanwhileError, TransitionError
from meanwhile.queue import announce, sql, wake
from meanwhile.queue.acknowledge import UNLEASED, release_next
from meanwhile.queue.handlers import handler_for
from meanwhile.queue.models import Job
from meanwhile.queue.states import ENDED, State, check_transition
from meanwhile.texts import gettext as _

AS_NEW: dict[str, Any] = {
    "attempts": 0,
    "takeovers": 0,
    "finished": None,
    "error": "",
    "held": 0,
    "progress": None,
    "progress_text": "",
}
"""What is forgotten about a job that gets all its tries again."""


def retry(job_id: int, *, using: str | None = None, clock: Clock | None = None) -> Job:
    """Let a failed job go on at the step that failed, at once and with all its tries.

    Raises `TransitionError` if the job has not failed, `Job.DoesNotExist` if there is none.
    """
    return _reopen(job_id, lambda steps: steps, using, clock)


def retry_from(job_id: int, path: str, *, using: str | None = None, clock: Clock | None = None) -> Job:
    """Let a failed job go on at an earlier step: that one and all behind it are done again, with new idempotency keys.

    ``path`` is the key of a step as `Job.steps` has it (``"1.0"``). Raises `TransitionError` if the job has not
    failed, and `MeanwhileError` if it has not done, or failed at, such a step.
    """

    def without(steps: dict[str, Any]) -> dict[str, Any]:
        known = {*steps.get("done", {}), steps.get("failed", {}).get("key")}
        if path not in known:
            text = _("Job %(job)s has no step “%(path)s” to go on from; it has %(known)s.")
            steps_of_it = ", ".join(sorted(filter(None, known))) or _("none")
            raise MeanwhileError(text % {"job": job_id, "path": path, "known": steps_of_it})
        kept = {name: value for name, value in steps.items() if name not in {"done", "branches"}}
        for part in ("done", "branches"):
            kept[part] = {
                key: value for key, value in steps.get(part, {}).items() if step_order(key) < step_order(path)
            }
        return {**kept, "again": steps.get("again", 0) + 1}

    return _reopen(job_id, without, using, clock)


def skip(job_id: int, *, using: str | None = None, clock: Clock | None = None) -> Job:
    """End a job that waits or has failed as skipped: the rest of it is not wanted any more. Raises
    `TransitionError`."""
    return _end(job_id, State.SKIPPED, using, clock, allowed=(State.READY, State.FAILED))


def cancel(job_id: int, *, using: str | None = None, clock: Clock | None = None) -> Job:
    """Cancel a job that waits, runs or has failed. Raises `TransitionError` if it has ended otherwise."""
    return _end(job_id, State.CANCELLED, using, clock, allowed=(State.READY, State.RUNNING, State.FAILED))


def run_now(job_id: int, *, using: str | None = None, clock: Clock | None = None) -> Job:
    """Make a waiting job due at once; one that is due keeps its place in the line. Raises `TransitionError` if it does
    not wait."""
    return _move(job_id, (clock or SystemClock()).now(), using, only_earlier=True)


def move(job_id: int, due: datetime, *, using: str | None = None) -> Job:
    """Make a waiting job due at another moment (aware). Raises `TransitionError` if it does not wait."""
    return _move(job_id, due, using)


def _move(job_id: int, due: datetime, using: str | None, *, only_earlier: bool = False) -> Job:
    alias = using or conf.get().database
    with transaction.atomic(using=alias):
        job = _locked(job_id, alias)
        if job.state != State.READY:
            raise TransitionError(job.pk, job.state, State.READY.value)
        _write(job, alias, due=min(due, job.due) if only_earlier else due, held=0)
        release_next(job.serial_key, using=alias)  # it may be before nobody any more
        wake.on_commit(alias)
    return job


def step_order(path: str) -> tuple[tuple[int, str], ...]:
    """Return a key that sorts the paths of steps from top to bottom."""
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in path.split("."))


def _reopen(
    job_id: int, change: Callable[[dict[str, Any]], dict[str, Any]], using: str | None, clock: Clock | None
) -> Job:
    alias, now = using or conf.get().database, (clock or SystemClock()).now()
    with transaction.atomic(using=alias):
        job = _locked(job_id, alias)
        if job.state != State.FAILED:
            raise TransitionError(job.pk, job.state, State.READY.value)
        steps = change(job.steps)
        steps.pop("failed", None)
        _write(job, alias, **AS_NEW, state=State.READY, due=now, steps=steps)
        handler_for(job.kind).ended(job.group, State.READY, "", using=alias)
        wake.on_commit(alias)
    return job


def _end(job_id: int, state: State, using: str | None, clock: Clock | None, *, allowed: tuple[State, ...]) -> Job:
    alias, now = using or conf.get().database, (clock or SystemClock()).now()
    with transaction.atomic(using=alias):
        job = _locked(job_id, alias)
        before = State(job.state)
        if before not in allowed:
            raise TransitionError(job.pk, before.value, state.value)
        check_transition(job.pk, before, state)
        _write(job, alias, state=state, finished=now, held=0, **UNLEASED, lease_token=job.lease_token + 1)
        release_next(job.serial_key, using=alias)
        if before not in ENDED:  # a failed job was counted when it failed
            handler_for(job.kind).ended(job.group, state, job.error, using=alias)
        else:
            handler_for(job.kind).settled(job.group, using=alias)
        transaction.on_commit(partial(announce.ended, job, state, alias), using=alias, robust=True)
        wake.on_commit(alias)
    return job


def _locked(job_id: int, using: str) -> Job:
    """Return a job with its row locked, and its serial key before it: whoever is at one job of a line goes on to
    another, so two would wait for each other."""
    connection = connections[using]
    if sql.is_postgresql(connection):
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT pg_advisory_xact_lock(hashtextextended(serial_key, 5151)) FROM {sql.TABLE}"  # noqa: S608
                " WHERE id = %s AND serial_key <> ''",
                [job_id],
            )
    return Job.objects.using(using).select_for_update().get(pk=job_id)


def _write(job: Job, using: str, **values: Any) -> None:
    for name, value in values.items():
        setattr(job, name, value)
    job.save(using=using, update_fields=list(values))
