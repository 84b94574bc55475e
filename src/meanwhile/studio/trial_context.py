"""Whether this code runs in a trial, whose effects are all taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from meanwhile.trees.change import Change


class Trial(Protocol):
    """What a trial does with the changes of records that are made in it."""

    def fire(self, change: Change) -> None:
        """Try the trees that a change sets off."""


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
