"""Where runs stand: one that is under way works at the moment, or tries again soon, or waits for a later day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from meanwhile.queue.models import Job
from meanwhile.queue.states import OPEN, State
from meanwhile.trees.models import Run, RunState

JOBS_LOOKED_AT = 2000


@dataclass(frozen=True, slots=True)
class Standing:
    """A state as a page shows it: with ``until`` nothing happens before that moment."""

    code: str
    until: datetime | None = None


def standings(runs: Iterable[Run], *, now: datetime, using: str) -> dict[str, Standing]:
    """Return where runs stand, by the text of their ids, with one query for all of those that are under way."""
    known = list(runs)
    groups = [str(run.pk) for run in known if run.state == RunState.RUNNING]
    jobs: dict[str, list[tuple[str, datetime, int]]] = {}
    if groups:
        rows = Job.objects.using(using).filter(group__in=groups, state__in=OPEN).order_by()
        for group, state, due, attempts in rows.values_list("group", "state", "due", "attempts")[:JOBS_LOOKED_AT]:
            jobs.setdefault(group, []).append((state, due, attempts))
    return {str(run.pk): _standing(run, jobs.get(str(run.pk), []), now) for run in known}


def standing_of(run: Run, jobs: Iterable[Job], now: datetime) -> Standing:
    """Return where one run stands, whose jobs are known."""
    return _standing(run, [(job.state, job.due, job.attempts) for job in jobs if job.state in OPEN], now)


def _standing(run: Run, jobs: list[tuple[str, datetime, int]], now: datetime) -> Standing:
    if run.state != RunState.RUNNING or not jobs:
        return Standing(run.state)
    if any(state == State.RUNNING or due <= now for state, due, _attempts in jobs):
        return Standing("running")
    until, attempts = min((due, attempts) for _state, due, attempts in jobs)
    return Standing("retrying" if attempts else "waiting", until)
