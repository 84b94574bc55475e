"""Write what became of a claimed job: every statement here is fenced by the lease token.

If another worker took the job over, or somebody cancelled it, the token has changed, no row matches and `LeaseLost`
is raised; the caller's transaction, with the step's effect in it, is then rolled back. So a worker that was stopped
past its lease commits nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connections, transaction

from meanwhile.exceptions import LeaseLost
from meanwhile.queue import sql, wake
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.states import State
from meanwhile.queue.together import Beside, in_turn, together

UNLEASED: dict[str, Any] = {"lease_owner": "", "lease_until": None}


def save_steps(job: ClaimedJob, *, using: str, beside: Sequence[Beside] = ()) -> None:
    """Store the checkpoint after a step that is not the last one; failed tries and takeovers count from zero again.

    What is ``beside`` is done with it, here and in `end`.
    """
    job.attempts = job.takeovers = 0
    _fenced(
        job,
        {
            "steps": sql.as_json(job.steps),
            "attempts": 0,
            "takeovers": 0,
            "progress": None,
            "progress_text": "",
            "error": "",
        },
        using,
        beside,
    )


def keep_steps(job: ClaimedJob, *, using: str) -> None:
    """Store the checkpoint as it is, between two steps; nothing is counted anew."""
    _fenced(job, {"steps": sql.as_json(job.steps)}, using)


def end(
    job: ClaimedJob, state: State, *, now: datetime, using: str, error: str = "", beside: Sequence[Beside] = ()
) -> None:
    """End a job in one of the final states, and let the next one of its serial key go."""
    connection = connections[using]
    values: dict[str, Any] = {
        "state": state.value,
        "steps": sql.as_json(job.steps),
        "finished": sql.moment(connection, now),
        "error": sql.text(error),
        **UNLEASED,
    }
    if state is State.SUCCEEDED:
        values["progress"] = 1.0
    if not job.serial_key:
        _fenced(job, values, using, beside)
        return
    # The next job is locked before their common run, which is beside: so does who ends that one by hand.
    _fenced(job, values, using)
    release_next(job.serial_key, using=using)
    in_turn(connection, beside)


def try_again(job: ClaimedJob, due: datetime, error: str, *, using: str) -> None:
    """Give a job back for another try of its step at ``due``, with one more failed try counted."""
    connection = connections[using]
    values = {
        "state": State.READY.value,
        "steps": sql.as_json(job.steps),
        "due": sql.moment(connection, due),
        "attempts": job.attempts + 1,
        "error": sql.text(error),
        **UNLEASED,
    }
    _fenced(job, values, using)
    wake.on_commit(using)  # who sleeps until the next due moment does not know of this one


def bear_loss(job: ClaimedJob, due: datetime, error: str, *, using: str) -> None:
    """Give a job back for another start of its step at ``due``, because its connection was lost."""
    values = {
        "state": State.READY.value,
        "due": sql.moment(connections[using], due),
        "takeovers": job.takeovers + 1,
        "error": sql.text(error),
        **UNLEASED,
    }
    _fenced(job, values, using)
    wake.on_commit(using)


def hand_back(job: ClaimedJob, *, using: str) -> None:
    """Give a job back as it is, because its worker stops; nothing is counted against it."""
    _fenced(job, {"state": State.READY.value, **UNLEASED}, using)
    wake.on_commit(using)


def hand_back_if_ours(job: ClaimedJob, *, using: str) -> None:
    """Give a job back as it is, unless it was taken over or ended meanwhile."""
    with suppress(LeaseLost):
        hand_back(job, using=using)


def hand_back_all(jobs: Sequence[ClaimedJob], *, using: str) -> None:
    """Give jobs back that were claimed and not begun, those that are still ours, in one statement."""
    marks = ", ".join(["(%s, %s)"] * len(jobs))
    ids = ", ".join(["%s"] * len(jobs))
    pairs = [part for job in jobs for part in (job.id, job.token)]
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"UPDATE {sql.TABLE} SET state = 'ready', lease_owner = '', lease_until = NULL"  # noqa: S608
            f" WHERE state = 'running' AND id IN ({ids}) AND (id, lease_token) IN (VALUES {marks})",
            [*(job.id for job in jobs), *pairs],
        )


def show_progress(job: ClaimedJob, fraction: float | None, text: str, *, using: str) -> None:
    """Store how far the running step is."""
    _fenced(job, {"progress": fraction, "progress_text": sql.text(text, 200)}, using)


def is_marked(job: ClaimedJob, key: str, *, using: str) -> bool:
    """Say whether a step's mark is stored, and lock the job's row. Raises `LeaseLost` if the job is no longer ours."""
    connection = connections[using]
    lock = "FOR UPDATE" if sql.is_postgresql(connection) else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT steps FROM {sql.TABLE} WHERE id = %s AND lease_token = %s AND state = 'running' {lock}",  # noqa: S608
            [job.id, job.token],
        )
        row = cursor.fetchone()
    if row is None:
        raise LeaseLost(job.id)
    return key in (sql.from_json(row[0]) or {}).get("done", {})


def release_next(serial_key: str, *, using: str) -> None:
    """Let the first job that is held back behind a serial key be claimed: one that has begun, or the earliest; and tell
    the workers of it."""
    if not serial_key:
        return
    connection = connections[using]
    notify = f"RETURNING pg_notify('{wake.CHANNEL}', '')" if sql.is_postgresql(connection) else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {sql.TABLE} SET held = 0 WHERE id = COALESCE("  # noqa: S608
            f"(SELECT MIN(id) FROM {sql.TABLE} WHERE serial_key = %s AND {sql.BEGUN} AND held = 1),"
            f" (SELECT MIN(id) FROM {sql.TABLE} WHERE serial_key = %s AND {sql.SERIAL} AND held = 1)) {notify}",
            [serial_key, serial_key],
        )
        if cursor.rowcount:
            transaction.on_commit(partial(wake.wake_local, using), using=using, robust=True)


def _fenced(job: ClaimedJob, values: dict[str, Any], using: str, beside: Sequence[Beside] = ()) -> None:
    columns, parameters = sql.assignments(values)
    statement = f"UPDATE {sql.TABLE} SET {columns} WHERE id = %s AND lease_token = %s AND state = 'running'"  # noqa: S608
    if len(together(connections[using], statement, [*parameters, job.id, job.token], beside)) != 1:
        raise LeaseLost(job.id)
