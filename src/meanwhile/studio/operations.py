"""What a person with the permission to operate may do to jobs (`meanwhile.queue.control`), and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from meanwhile.exceptions import MeanwhileError
from meanwhile.queue import control
from meanwhile.queue.models import Job
from meanwhile.queue.states import State


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to do to a job, offered in ``states``. ``final`` ones can't be undone: their ``help`` says so."""

    name: str
    label: Any
    help: Any
    done: Any
    icon: str
    states: tuple[State, ...]
    do: Callable[..., Job]
    final: bool = False


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
RETRY_FROM = "retry_from"


def offered_for(job: Job) -> list[Operation]:
    """Return what can be done to a job in its state; "run now" only if it is not due anyway."""
    return [operation for operation in OPERATIONS if job.state in operation.states]


def operate(request: HttpRequest, job: Job, name: str, *, using: str, path: str = "") -> bool:
    """Do something to a job, tell the person how it went, and say whether it was done."""
    try:
        if name == RETRY_FROM:
            control.retry_from(job.pk, path, using=using)
            done = _("Job %(id)s goes on from the step you chose.")
        elif name in BY_NAME:
            BY_NAME[name].do(job.pk, using=using)
            done = BY_NAME[name].done
        else:
            messages.error(request, _("There is no such operation."))
            return False
    except Job.DoesNotExist:
        messages.error(request, _("Job %(id)s is not there any more.") % {"id": job.pk})
        return False
    except MeanwhileError as error:
        messages.error(request, str(error))
        return False
    messages.success(request, str(done) % {"id": f"#{job.pk}"})
    return True


def operate_all(request: HttpRequest, jobs: Sequence[Job], name: str, *, using: str) -> None:
    """Do something to several jobs, each in a transaction of its own, and tell the person in one sentence."""
    done, problems = 0, []
    for job in jobs:
        try:
            BY_NAME[name].do(job.pk, using=using)
            done += 1
        except (Job.DoesNotExist, MeanwhileError) as error:
            problems.append(str(error))
    if done:
        messages.success(request, ngettext("Done for %(n)s job.", "Done for %(n)s jobs.", done) % {"n": done})
    for problem in problems[:5]:
        messages.error(request, problem)
    if not done and not problems:
        messages.warning(request, _("There was no job to do this to."))
