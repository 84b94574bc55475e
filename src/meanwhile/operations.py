"""What a person may do to jobs: one table for the admin and the Studio, and how it is done to several jobs at once.

Who may do it is asked where it is offered: the permission ``meanwhile.operate_job`` in the admin,
``meanwhile.operate_studio`` in the Studio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from meanwhile.exceptions import MeanwhileError
from meanwhile.queue import control
from meanwhile.queue.models import Job
from meanwhile.queue.states import State

PROBLEMS_SHOWN = 10
RETRY_FROM = "retry_from"
"""Retrying from a step that the person chooses; not in the table, because it needs the step."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to do to a job: ``do`` gets its number; it is offered in ``states``.

    ``done`` says it of one job, ``icon`` names its icon. ``final`` ones can't be undone: their ``help`` says so.
    ``early`` ones are for jobs that are not due yet.
    """

    name: str
    label: Any
    help: Any
    done: Any
    icon: str
    states: tuple[State, ...]
    do: Callable[..., Job]
    final: bool = False
    early: bool = False


OPERATIONS = (
    Operation(
        "retry",
        gettext_lazy("Retry"),
        gettext_lazy("It goes on at the step that failed, at once and with all its tries."),
        gettext_lazy("Job %(id)s is tried again."),
        "retrying",
        (State.FAILED,),
        control.retry,
    ),
    Operation(
        "run_now",
        gettext_lazy("Run now"),
        gettext_lazy("It becomes due at once."),
        gettext_lazy("Job %(id)s is due now."),
        "run",
        (State.READY,),
        control.run_now,
        early=True,
    ),
    Operation(
        "skip",
        gettext_lazy("Skip"),
        gettext_lazy("It ends as skipped: the rest of it is not wanted any more. This can’t be undone."),
        gettext_lazy("Job %(id)s is skipped."),
        "skipped",
        (State.READY, State.FAILED),
        control.skip,
        final=True,
    ),
    Operation(
        "cancel",
        gettext_lazy("Cancel"),
        gettext_lazy("It ends as cancelled. What was done stays done. This can’t be undone."),
        gettext_lazy("Job %(id)s is cancelled."),
        "cancelled",
        (State.READY, State.RUNNING, State.FAILED),
        control.cancel,
        final=True,
    ),
)
BY_NAME = {operation.name: operation for operation in OPERATIONS}
TO_WHOLE_RUNS = {name: BY_NAME[name].states for name in ("retry", "cancel")}
"""What can be done to all jobs of a run at once, and to those in which states."""


def offered_for(job: Job, now: datetime) -> list[Operation]:
    """Return what can be done to a job in its state at this moment."""
    return [one for one in OPERATIONS if job.state in one.states and not (one.early and job.due <= now)]


def operate_each(
    request: HttpRequest,
    ids: Iterable[int],
    do: Callable[..., Job],
    *,
    using: str,
    log: Callable[[HttpRequest, Job], Any] | None = None,
) -> int:
    """Do something to each job, tell the person how many it was done to and what hindered it for others; return how
    many.

    Each job is a transaction of its own: one that can't be operated on hinders no other. ``log`` is told of each one
    done.
    """
    done, problems = 0, []
    for job_id in ids:
        try:
            job = do(job_id, using=using)
        except Job.DoesNotExist:
            problems.append(_("Job %(id)s is not there any more.") % {"id": job_id})
        except MeanwhileError as error:
            problems.append(str(error))
        else:
            done += 1
            if log is not None:
                log(request, job)
    _tell(request, done, problems)
    return done


def _tell(request: HttpRequest, done: int, problems: list[str]) -> None:
    if done:
        text = ngettext("Done for %(n)s job.", "Done for %(n)s jobs.", done) % {"n": done}
        messages.success(request, text)
    for problem in problems[:PROBLEMS_SHOWN]:
        messages.error(request, problem)
    if (more := len(problems) - PROBLEMS_SHOWN) > 0:
        messages.error(request, ngettext("And %(n)s more.", "And %(n)s more.", more) % {"n": more})
    if not done and not problems:
        messages.warning(request, _("There was no job to do this to."))
