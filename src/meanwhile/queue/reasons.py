"""Say why a job waits, so that nothing is ever stuck silently (spec, "Background jobs")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db import connections
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.queue import owner as owners
from meanwhile.queue import sql
from meanwhile.queue.models import Job, WorkerProcess
from meanwhile.queue.pause import paused
from meanwhile.queue.schedule import SERIAL_PREFIX
from meanwhile.queue.states import State

Code = Literal["", "not_due", "retry", "paused", "serial", "no_worker", "in_line"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a job waits: a ``code``, a ``text`` for who operates the site, and a ``person`` text for who waits on a
    page (may be empty)."""

    code: Code
    text: str = ""
    person: str = ""


def why_waiting(
    job: Job, *, now: datetime, using: str, alive: bool | None = None, is_paused: bool | None = None
) -> Reason:
    """Return why a job is not being run; a reason without a code if it does not wait.

    ``alive`` is what `any_worker_alive` says, and ``is_paused`` whether `paused` says so, for a caller who asks for
    many jobs.
    """
    if job.state != State.READY:
        return Reason("")
    if job.due > now:
        at = date_format(timezone.localtime(job.due) if timezone.is_aware(job.due) else job.due, "DATETIME_FORMAT")
        if job.attempts:
            return Reason("retry", _("A try failed; the next one is at %(time)s") % {"time": at})
        return Reason("not_due", _("It is due at %(time)s") % {"time": at})
    if (paused(using=using) is not None) if is_paused is None else is_paused:
        return Reason(
            "paused",
            _("The queue is paused."),
            _("Nothing is lost, but this part of the site is paused at the moment."),
        )
    if job.serial_key and (before := _before(job, now, using)) is not None:
        return Reason("serial", _behind(job) % {"id": before})
    if not (any_worker_alive(now=now, using=using) if alive is None else alive):
        return Reason(
            "no_worker",
            _("No worker is alive. Start the site, or run `manage.py meanwhile_worker`."),
            _("Nothing is lost, but the part of the site that does this work is not running at the moment."),
        )
    return Reason("in_line", _("Workers are busy with earlier jobs."))


def _behind(job: Job) -> str:
    if job.serial_key.startswith(SERIAL_PREFIX):
        return _("It waits for job #%(id)s of an earlier time.")
    return _("It waits for job #%(id)s of the same record.")


def any_worker_alive(*, now: datetime, using: str) -> bool:
    """Say whether any worker has given a sign of life within the last two leases."""
    since = now - timedelta(seconds=conf.get().lease * 2)
    alive = WorkerProcess.objects.using(using).filter(seen__gte=since).values_list("owner", flat=True)
    return any(not owners.is_dead(owner) for owner in alive)


def _before(job: Job, now: datetime, using: str) -> int | None:
    """Return the job that is before this one (see `claim`); the conditions of the partial indexes are written out,
    because SQLite uses those for no parameters."""
    begun = sql.BEGUN + ("" if job.started is None else " AND (state = 'running' OR id < %s)")
    earlier = f"{sql.SERIAL} AND id < %s AND due <= %s"
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT MIN(id) FROM {sql.TABLE} WHERE serial_key = %s AND id <> %s AND {begun}",  # noqa: S608
            [job.serial_key, job.pk, *([] if job.started is None else [job.pk])],
        )
        first = cursor.fetchone()[0]
        if first is None and job.started is None:
            cursor.execute(
                f"SELECT MIN(id) FROM {sql.TABLE} WHERE serial_key = %s AND {earlier}",  # noqa: S608
                [job.serial_key, job.pk, sql.moment(connections[using], now)],
            )
            first = cursor.fetchone()[0]
    return None if first is None else int(first)
