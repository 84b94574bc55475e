"""What happened when, from Meanwhile's history: runs, their jobs, and the steps of both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_noop, pgettext_lazy

from demo.bookings.models import AnyBooking
from meanwhile.queue.models import Job
from meanwhile.queue.states import OPEN, State
from meanwhile.trees.models import Run

SIDES = {"foreground": pgettext_lazy("side", "foreground"), "background": pgettext_lazy("side", "background")}
PAGE = gettext_noop("Foreground done: the next page is sent")


@dataclass(frozen=True)
class Moment:
    """One line of the timeline: seconds after the run's start."""

    seconds: float
    took: float
    what: str
    side: str
    """"foreground", "page" or "background"."""

    @property
    def at(self) -> str:
        """When it began, in milliseconds as long as they say more."""
        if self.seconds < 0.1:
            return f"{self.seconds * 1000:.0f} ms"
        return f"{number_format(round(self.seconds, 1), 1)} s"

    @property
    def side_in_words(self) -> str:
        """Where it was done."""
        return str(SIDES.get(self.side, self.side))


@dataclass(frozen=True)
class Work:
    """How a booking's background work stands, in a word and a number."""

    state: str
    done: int
    job: Job


def timeline(booking: AnyBooking) -> list[Moment]:
    """Return what happened to a booking since it was submitted, in order."""
    run = _runs([booking]).first()
    if run is None:
        return []
    moments = [_moment(run.created, step, "foreground") for step in run.foreground if "at" in step]
    for job in _jobs([run]):
        moments += [_moment(run.created, step, "background") for step in job.steps.get("done", {}).values()]
    page_at = run.page_at or run.created
    moments.append(Moment((page_at - run.created).total_seconds(), 0, PAGE, "page"))
    return sorted(moments, key=lambda moment: moment.seconds)


def waiting_jobs(booking: AnyBooking) -> list[tuple[Job, str]]:
    """Return the jobs of a booking that wait for a later moment, each with its name."""
    jobs = _jobs(_runs([booking]))
    return [(job, name_of(job)) for job in jobs if job.state == State.READY and job.due > timezone.now()]


def name_of(job: Job) -> str:
    """Return what a job is called, in the language of the person: the tree's name and the branch's label."""
    return " · ".join(gettext(part) for part in job.name.split(" · "))


def work_of(bookings: Iterable[AnyBooking]) -> dict[str, Work]:
    """Return the state of each booking's first background job, by the booking's key, with two queries."""
    runs = {str(run.pk): run.record_pk for run in _runs(bookings)}
    work: dict[str, Work] = {}
    for job in Job.objects.filter(group__in=runs).order_by("-id"):
        work[runs[job.group]] = Work(_state(job), len(job.steps.get("done", {})), job)
    return work


def _state(job: Job) -> str:
    if job.state in OPEN and job.steps.get("failed"):
        return "retrying"
    return str(job.state)


def _runs(bookings: Iterable[AnyBooking]) -> QuerySet[Run]:
    bookings = list(bookings)
    labels = {booking._meta.label for booking in bookings}
    keys = [str(booking.pk) for booking in bookings]
    # Without page_at the foreground failed: that record was rolled back, and another one may have got its key.
    runs = Run.objects.filter(model__in=labels, record_pk__in=keys, page_at__isnull=False)
    return runs.order_by("id")


def _jobs(runs: Iterable[Run]) -> QuerySet[Job]:
    return Job.objects.filter(group__in=[str(run.pk) for run in runs]).order_by("id")


def _moment(start: datetime, step: dict[str, object], side: str) -> Moment:
    began = datetime.fromisoformat(str(step["at"]))
    took = float(str(step.get("ms", 0))) / 1000
    if side == "background":  # there the history says when a step was done
        began -= timedelta(seconds=took)
    return Moment(max(0.0, (began - start).total_seconds()), took, str(step.get("label", "")), side)
