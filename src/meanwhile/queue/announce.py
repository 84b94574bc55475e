"""Tell the rest of the project how a job ended, after the commit: signals, and a mail to the admins if that is set."""

from __future__ import annotations

import logging
from typing import Any

from django.utils import timezone

from meanwhile import conf, signals
from meanwhile.queue.failure_mail import failure_mails
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.models import Job
from meanwhile.queue.states import State

logger = logging.getLogger("meanwhile.queue")


def ended(job: ClaimedJob | Job, state: State, using: str) -> None:
    """Announce the end of a job, after the commit; nothing is sent for one that goes back to waiting."""
    if state is State.READY:
        return
    _send(signals.job_finished, job_id=job.id, kind=job.kind, state=state)
    if state is State.FAILED:
        failed(Job.objects.using(using).get(pk=job.id))


def failed(job: Job) -> None:
    """Announce that a job has used up its tries (spec, "Retries")."""
    logger.error("A job failed for good: %s", job, extra={"job": job.pk, "error": job.error})
    _send(signals.job_failed, job=job)
    settings = conf.get()
    if settings.mail_admins_on_failure:
        mails, now = failure_mails(), job.finished or timezone.now()
        mails.send(mails.note(job, now=now, interval=settings.mail_admins_interval))


def _send(signal: Any, **arguments: Any) -> None:
    if not signal.receivers:
        return
    for receiver, answer in signal.send_robust(sender=Job, **arguments):
        if isinstance(answer, Exception):
            logger.error(
                "A receiver of a Meanwhile signal raised.", exc_info=answer, extra={"receiver": repr(receiver)}
            )
