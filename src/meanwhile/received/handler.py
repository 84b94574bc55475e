"""What workers do for the event Received about once an hour: forget the answers that are not given again any more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from meanwhile.exceptions import UnknownKind
from meanwhile.queue.handlers import Plan
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.states import State
from meanwhile.received.remembered import prune_answers


class ReceivedHandler:
    """A kind of work that has no jobs of its own (`queue.handlers.Handler`)."""

    def open(self, job: ClaimedJob, *, using: str) -> Plan:  # noqa: ARG002 - the port's signature
        """There are no such jobs."""
        raise UnknownKind(job.kind, [])

    def ended(self, group: str, state: State, error: str, *, using: str) -> None:
        """Nothing waits for it."""

    def settled(self, group: str, *, using: str) -> None:
        """Nothing waits for it."""

    def tidy(self) -> None:
        """Nothing is left behind."""

    def prune(self, retention: Mapping[str, float], *, now: datetime, using: str) -> int:  # noqa: ARG002 - as above
        """Delete old answers; how long they are kept is the setting ``RECEIVED_REMEMBER_DAYS``, not ``RETENTION``."""
        return prune_answers(now=now, using=using)
