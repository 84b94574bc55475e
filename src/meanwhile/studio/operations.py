"""One thing done to one job on a page of the Studio, and how it is told. What there is: `meanwhile.operations`."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from meanwhile.exceptions import MeanwhileError
from meanwhile.operations import BY_NAME, RETRY_FROM
from meanwhile.queue import control
from meanwhile.queue.models import Job


def operate(request: HttpRequest, job: Job, name: str, *, using: str, path: str = "") -> bool:
    """Do something to a job, tell the person how it went, and say whether it was done."""
    try:
        if name == RETRY_FROM:
            control.retry_from(job.pk, path, using=using)
            done = _("Job %(id)s goes on from the step you chose.")
        elif name in BY_NAME:
            BY_NAME[name].do(job.pk, using=using)
            done = str(BY_NAME[name].done)
        else:
            messages.error(request, _("There is no such operation."))
            return False
    except Job.DoesNotExist:
        messages.error(request, _("Job %(id)s is not there any more.") % {"id": job.pk})
        return False
    except MeanwhileError as error:
        messages.error(request, str(error))
        return False
    messages.success(request, done % {"id": f"#{job.pk}"})
    return True
