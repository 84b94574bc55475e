"""Renew the leases of a worker's jobs, and take back those of workers that are gone.

A running job is its worker's as long as the lease is renewed, whatever its age (spec, "Leases, not ages"). A worker
that died on this machine is noticed by its process; one elsewhere by the end of its lease.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, transaction

from meanwhile.queue import announce, sql
from meanwhile.queue import owner as owners
from meanwhile.queue.acknowledge import UNLEASED, release_next
from meanwhile.queue.handlers import handler_for
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.texts import gettext as _

TAKEOVER_PAUSE, LONGEST_PUT_OFF = 1.0, 60.0
"""Seconds of `put_off`."""


def renew(ids: Iterable[int], owner: str, *, now: datetime, lease: float, using: str) -> None:
    """Extend the leases of the jobs that this owner still runs to ``lease`` seconds from now."""
    wanted = list(ids)
    if not wanted:
        return
    connection = connections[using]
    marks = ", ".join(["%s"] * len(wanted))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {sql.TABLE} SET lease_until = %s"  # noqa: S608
            f" WHERE state = 'running' AND lease_owner = %s AND id IN ({marks})",
            [sql.moment(connection, now + timedelta(seconds=lease)), owner, *wanted],
        )


def take_back(*, now: datetime, max_takeovers: int, using: str) -> int:
    """Make the jobs of dead workers and of leases that ran out ready again; return how many there were.

    A job that has cost ``max_takeovers`` workers without finishing a step is failed instead, so that it can't kill
    them all.
    """
    lost = _lost(now, using)
    for job_id, token in lost:
        with transaction.atomic(using=using):
            job = _take_back_one(job_id, token, now, max_takeovers, using)
        if job is not None:
            announce.ended(job, State(job.state), using)
    return len(lost)


def put_off(takeovers: int) -> float:
    """Return by how many seconds a job is put off that has cost this many workers before, more and more at random.

    A worker claims many jobs at once, and all of them are taken over when one of them kills it: drawn apart, they come
    back each at another time, and the one that kills does it alone.
    """
    window = min(TAKEOVER_PAUSE * 2.0 ** min(takeovers, 10), LONGEST_PUT_OFF)
    return window * random.uniform(0.1, 1.0)  # noqa: S311 - no secret


def _lost(now: datetime, using: str) -> list[tuple[int, int]]:
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT lease_owner FROM {sql.TABLE} WHERE state = 'running'")  # noqa: S608
        dead = [row[0] for row in cursor.fetchall() if owners.is_dead(row[0])]
        marks = ", ".join(["%s"] * len(dead)) or "NULL"
        cursor.execute(
            f"SELECT id, lease_token FROM {sql.TABLE} WHERE state = 'running'"  # noqa: S608
            f" AND (lease_until < %s OR lease_owner IN ({marks})) ORDER BY priority DESC, due, id",
            [sql.moment(connection, now), *dead],
        )
        return list(cursor.fetchall())


def _take_back_one(job_id: int, token: int, now: datetime, max_takeovers: int, using: str) -> Job | None:
    job = (
        Job.objects.using(using)
        .select_for_update(skip_locked=True)
        .filter(pk=job_id, lease_token=token, state=State.RUNNING)
        .first()
    )
    if job is None or (job.lease_until is not None and job.lease_until >= now and not owners.is_dead(job.lease_owner)):
        return None  # taken back by another sweep, or renewed while this one waited for its turn
    changes: dict[str, Any] = {**UNLEASED, "takeovers": job.takeovers + 1, "lease_token": job.lease_token + 1}
    if job.takeovers + 1 >= max_takeovers:
        changes |= {"state": State.FAILED, "finished": now, "error": _poison(job.takeovers + 1)}
    else:
        changes["state"] = State.READY
        if job.takeovers:
            changes["due"] = now + timedelta(seconds=put_off(job.takeovers))
    for name, value in changes.items():
        setattr(job, name, value)
    job.save(using=using, update_fields=list(changes))
    if job.state == State.FAILED:
        release_next(job.serial_key, using=using)
        handler_for(job.kind).ended(job.group, State.FAILED, job.error, using=using)
    return job


def _poison(times: int) -> str:
    text = _(
        "%(n)s workers in a row died while they ran this job, so it is not given to another one. "
        "Look at the worker's log and the machine's memory; then retry the job."
    )
    return text % {"n": times}
