"""Pause and resume the whole queue: while it is paused no job is started, on whatever machine.

One row says so. Workers read it in the same statement that looks for something to take (`claim.PEEK`, `TOP`), so a
pause costs nothing where there is none. What runs goes on to its end, and so does the little that a worker had taken
already; what becomes due waits.
"""

from __future__ import annotations

from django.db import transaction

from meanwhile import conf
from meanwhile.clock import Clock, SystemClock
from meanwhile.queue import wake
from meanwhile.queue.models import QueuePause

THE_ONE = 1


def pause(*, by: str = "", reason: str = "", using: str | None = None, clock: Clock | None = None) -> QueuePause:
    """Let no more jobs start, and return the pause; one that is on already stays as it is.

    ``by`` and ``reason`` are shown to whoever asks why jobs wait.
    """
    alias, now = using or conf.get().database, (clock or SystemClock()).now()
    found, _is_new = QueuePause.objects.using(alias).get_or_create(
        pk=THE_ONE, defaults={"since": now, "by": by[:200], "reason": reason[:500]}
    )
    return found


def resume(*, using: str | None = None) -> bool:
    """Let jobs start again, at once; return False if the queue was not paused."""
    alias = using or conf.get().database
    with transaction.atomic(using=alias):
        deleted, _each = QueuePause.objects.using(alias).filter(pk=THE_ONE).delete()
        wake.on_commit(alias)
    return bool(deleted)


def paused(*, using: str | None = None) -> QueuePause | None:
    """Return the pause that is on, None if there is none."""
    return QueuePause.objects.using(using or conf.get().database).filter(pk=THE_ONE).first()
