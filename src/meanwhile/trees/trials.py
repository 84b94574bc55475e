"""Whether this code runs in a trial, whose effects are all taken back, and not in real life."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

from meanwhile.clock import Clock

if TYPE_CHECKING:
    from django.db.models import Model

    from meanwhile.trees.context import RunContext
    from meanwhile.trees.foreground import Foreground


class Trial(Protocol):
    """What the runner needs to know of a trial: runs that begin in it go through its hands."""

    @property
    def clock(self) -> Clock:
        """What the time is in it: that of the job which is tried."""

    def foreground(self, context: RunContext, record: Model | None, clock: Clock) -> Foreground:
        """Return what runs the foreground of a run; it keeps the jobs to itself, so that none is queued."""


_current: ContextVar[Trial | None] = ContextVar("meanwhile_trial", default=None)


def current_trial() -> Trial | None:
    """Return the trial that this code runs in, None for real life."""
    return _current.get()


@contextmanager
def trying(trial: Trial) -> Iterator[None]:
    """Let what happens in the body belong to a trial."""
    token = _current.set(trial)
    try:
        yield
    finally:
        _current.reset(token)
