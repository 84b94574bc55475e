"""The states of a job and the ways between them (DESIGN: "The job, the one durable thing")."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from meanwhile.exceptions import TransitionError


class State(TextChoices):
    """Where a job stands."""

    READY = "ready", _("waiting")
    RUNNING = "running", _("running")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    SKIPPED = "skipped", _("skipped")


TRANSITIONS: dict[State, frozenset[State]] = {
    # A running job goes back to ready between two tries and when its worker hands it back.
    State.READY: frozenset({State.RUNNING, State.CANCELLED, State.SKIPPED, State.READY}),
    State.RUNNING: frozenset({State.READY, State.SUCCEEDED, State.FAILED, State.CANCELLED, State.SKIPPED}),
    State.FAILED: frozenset({State.READY, State.CANCELLED, State.SKIPPED}),
    State.CANCELLED: frozenset(),
    State.SKIPPED: frozenset(),
    State.SUCCEEDED: frozenset(),
}

OPEN = (State.READY, State.RUNNING)
ENDED = tuple(state for state in State if state not in OPEN)


def may_go(old: State, new: State) -> bool:
    """Say whether a job may go from one state to another."""
    return new in TRANSITIONS[old]


def check_transition(job_id: int, old: State, new: State) -> None:
    """Raise `TransitionError` if a job may not go from one state to another."""
    if not may_go(old, new):
        raise TransitionError(job_id, old.value, new.value)
