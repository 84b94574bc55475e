"""What a waiting page shows, decided from facts alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from meanwhile.forms.waiting_state import Phase, WaitingState, look
from meanwhile.trees.status import StepStatus, WaitingStatus

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIMIT = NOW + timedelta(minutes=10)


def status(*states: str, reason: str = "") -> WaitingStatus:
    steps = tuple(StepStatus(label=f"step {number}", state=state) for number, state in enumerate(states))  # type: ignore[arg-type]
    return WaitingStatus(steps=steps, failed="failed" in states, reason=reason)


def at(moment: datetime, *, flag: bool = False, states: tuple[str, ...] = ("done", "running")) -> WaitingState:
    return look(flag=flag, status=status(*states), now=moment, gives_up_at=LIMIT)


@pytest.mark.parametrize(
    ("moment", "flag", "states", "phase", "live"),
    [
        (NOW, False, ("done", "running"), Phase.WAITING, True),
        (NOW, False, (), Phase.WAITING, True),
        (NOW, True, ("done", "running"), Phase.DONE, False),
        (NOW, True, ("failed",), Phase.DONE, False),
        (NOW, False, ("done", "failed"), Phase.FAILED, True),
        (LIMIT, False, ("done", "running"), Phase.LATE, False),
        (LIMIT, False, ("done", "failed"), Phase.FAILED, False),
        (LIMIT, True, ("done", "done"), Phase.DONE, False),
    ],
)
def test_the_phase_follows_from_flag_failure_and_time(
    moment: datetime, flag: bool, states: tuple[str, ...], phase: Phase, live: bool
) -> None:
    state = at(moment, flag=flag, states=states)
    assert (state.phase, state.live) == (phase, live)


def test_without_a_limit_a_wait_is_never_late() -> None:
    state = look(flag=False, status=status("running"), now=NOW + timedelta(days=1000), gives_up_at=None)
    assert state.phase is Phase.WAITING


def test_the_etag_stays_while_nothing_shown_changes_and_changes_with_it() -> None:
    tag = at(NOW).etag("en")
    assert tag == at(NOW + timedelta(minutes=1)).etag("en")
    others = {
        at(NOW, states=("done", "done")).etag("en"),
        at(NOW, flag=True).etag("en"),
        at(LIMIT).etag("en"),
        at(NOW).etag("de"),
        look(flag=False, status=status("done", "running", reason="no worker"), now=NOW, gives_up_at=LIMIT).etag("en"),
    }
    assert len(others) == 5
    assert tag not in others
    assert tag.startswith('"')
    assert tag.endswith('"')
