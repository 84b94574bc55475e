"""What a person with the permission ``meanwhile.operate_job`` may do to jobs, one or many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from meanwhile import conf
from meanwhile.exceptions import MeanwhileError
from meanwhile.queue import control
from meanwhile.queue.models import Job
from meanwhile.queue.states import State

PROBLEMS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to do to a job: ``do`` gets its number; it is offered for jobs in ``states``."""

    name: str
    label: Any
    help: Any
    states: tuple[State, ...]
    do: Callable[..., Job]
    final: bool = False


OPERATIONS = (
    Operation(
        "retry",
        gettext_lazy("Retry"),
        gettext_lazy("It goes on at the step that failed, at once and with all its tries."),
        (State.FAILED,),
        control.retry,
    ),
    Operation(
        "run_now",
        gettext_lazy("Run now"),
        gettext_lazy("It becomes due at once."),
        (State.READY,),
        control.run_now,
    ),
    Operation(
        "skip",
        gettext_lazy("Skip"),
        gettext_lazy("It ends as skipped: the rest of it is not wanted any more. This can't be undone."),
        (State.READY, State.FAILED),
        control.skip,
        final=True,
    ),
    Operation(
        "cancel",
        gettext_lazy("Cancel"),
        gettext_lazy("It ends as cancelled. What was done stays done. This can't be undone."),
        (State.READY, State.RUNNING, State.FAILED),
        control.cancel,
        final=True,
    ),
)
BY_NAME = {operation.name: operation for operation in OPERATIONS}


def offered_for(job: Job) -> list[Operation]:
    """Return what can be done to a job in its state."""
    return [operation for operation in OPERATIONS if job.state in operation.states]


def operate(
    request: HttpRequest, ids: Iterable[int], do: Callable[..., Job], log: Callable[[HttpRequest, Job], Any]
) -> int:
    """Do something to each job, tell the person how many it was done to and what hindered it for others; return how
    many.

    Each job is a transaction of its own: one that can't be operated on hinders no other. ``log`` is told of each one
    done.
    """
    done, problems = 0, []
    for job_id in ids:
        try:
            log(request, do(job_id, using=conf.get().database))
            done += 1
        except Job.DoesNotExist:
            problems.append(_("Job %(id)s is not there any more.") % {"id": job_id})
        except MeanwhileError as error:
            problems.append(str(error))
    _tell(request, done, problems)
    return done


def _tell(request: HttpRequest, done: int, problems: Sequence[str]) -> None:
    if done:
        text = ngettext("Done for %(n)s job.", "Done for %(n)s jobs.", done) % {"n": done}
        messages.success(request, text)
    for problem in problems[:PROBLEMS_SHOWN]:
        messages.error(request, problem)
    if (more := len(problems) - PROBLEMS_SHOWN) > 0:
        messages.error(request, ngettext("And %(n)s more.", "And %(n)s more.", more) % {"n": more})
    if not done and not problems:
        messages.warning(request, _("There was no job to do this to."))
