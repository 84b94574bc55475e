"""Mails to the admins about failed jobs, few of them: when a mail server breaks, ten thousand jobs may fail at once.

The first failure of a kind is mailed at once. Further ones, for as long as the setting ``MAIL_ADMINS_INTERVAL`` says,
are gathered into one mail. So a process sends at most `FIRST_ONES` + 1 mails in that time. What could not be sent is
gathered too, for the next mail.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.apps import apps
from django.core.mail import mail_admins
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from meanwhile.queue.models import Job

logger = logging.getLogger("meanwhile.queue")

FIRST_ONES = 10
"""Kinds of failures of which one is mailed at once, before the others are gathered too."""

LINES = 50
LONGEST_LINE = 300

Kind = tuple[str, str]
"""The handler and the name of a job: the failures of one branch of a tree are of one kind."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Failures of one kind: how many, and the last one."""

    number: int
    last: str
    error: str

    def and_(self, earlier: Failures | None) -> Failures:
        """Return both together."""
        return Failures(self.number + (earlier.number if earlier else 0), self.last, self.error)


@dataclass(frozen=True, slots=True)
class FailureMail:
    """A mail that is to be sent now, and what it tells."""

    subject: str
    body: str
    told: Mapping[Kind, Failures]


class FailureMails:
    """What one process has mailed lately, and what it has gathered. Any thread may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began: datetime | None = None
        self._told: set[Kind] = set()
        self._gathered: dict[Kind, Failures] = {}

    def note(self, job: Job, *, now: datetime, interval: float) -> list[FailureMail]:
        """Take in that a job failed, and return the mails to be sent now; ``interval`` is in seconds."""
        kind = (job.kind, job.name)
        failure = Failures(1, str(job), job.error)
        with self._lock:
            mails = self._due(now, interval)
            self._began = self._began or now
            if kind in self._told or len(self._told) >= FIRST_ONES:
                self._gather({kind: failure})
                return mails
            self._told.add(kind)
            subject = _("Background job failed: %(job)s") % {"job": " ".join(str(job).split())}
            return [*mails, FailureMail(subject, job.error, {kind: failure})]

    def due(self, *, now: datetime, interval: float) -> list[FailureMail]:
        """Return the mail about what was gathered, if it is time for it; for who looks from time to time."""
        with self._lock:
            return self._due(now, interval)

    def send(self, mails: list[FailureMail]) -> None:
        """Send them; one that can't be sent is logged, and what it tells is gathered for the next one."""
        for mail in mails:
            try:
                mail_admins(mail.subject, mail.body)
            except Exception:
                logger.exception("The admins could not be told by mail that a job failed.")
                with self._lock:
                    self._gather(mail.told)

    def send_rest(self) -> None:
        """Send what was gathered, before the process ends."""
        with self._lock:
            rest = self._summary() if self._gathered else []
        self.send(rest)

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._began, self._told, self._gathered = None, set(), {}

    def _due(self, now: datetime, interval: float) -> list[FailureMail]:
        if self._began is None or now - self._began < timedelta(seconds=interval):
            return []
        # What goes on failing is not mailed at once again.
        self._told = set(self._gathered)
        mails = self._summary() if self._gathered else []
        self._began = now if mails else None
        return mails

    def _summary(self) -> list[FailureMail]:
        told, self._gathered = self._gathered, {}
        began = timezone.localtime(self._began) if self._began and timezone.is_aware(self._began) else self._began
        text = _(
            "These background jobs failed since %(time)s. Each line says how many of a kind, and what the last one was."
        )
        lines = [text % {"time": date_format(began, "DATETIME_FORMAT") if began else "…"}, ""]
        lines += [_line(failures) for failures in list(told.values())[:LINES]]
        subject = _("Background jobs failed: %(n)s more") % {"n": sum(one.number for one in told.values())}
        return [FailureMail(subject, "\n".join([*lines, *(["…"] if len(told) > LINES else [])]), told)]

    def _gather(self, failures: Mapping[Kind, Failures]) -> None:
        for kind, one in failures.items():
            self._gathered[kind] = one.and_(self._gathered.get(kind))


def failure_mails() -> FailureMails:
    """Return those of this process."""
    kept: FailureMails = apps.get_app_config("meanwhile").failure_mails  # type: ignore[attr-defined]
    return kept


def _line(failures: Failures) -> str:
    error = failures.error.strip().partition("\n")[0]
    return f"{failures.number} × {' '.join(failures.last.split())}: {error}"[:LONGEST_LINE]
