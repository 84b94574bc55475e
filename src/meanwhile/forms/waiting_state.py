"""What a waiting page shows at a moment, from facts alone: no request, no database, no clock."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meanwhile.trees.status import WaitingStatus


class Phase(StrEnum):
    """Where the wait stands."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    LATE = "late"


@dataclass(frozen=True, kw_only=True)
class WaitingState:
    """One look at a wait.

    `live` says whether the page goes on looking: until the flag is set or `gives_up_at` has passed, also after a
    failure, since the failed step can be retried by hand.
    """

    phase: Phase
    live: bool
    status: WaitingStatus
    gives_up_at: datetime | None

    def etag(self, *variants: str) -> str:
        """Return a quoted ETag that changes with anything the page shows; `variants` are e.g. the language."""
        shown = [self.phase, self.live, asdict(self.status), *variants]
        digest = hashlib.sha256(json.dumps(shown, default=str, sort_keys=True).encode()).hexdigest()
        return f'"{digest[:32]}"'


def look(*, flag: bool, status: WaitingStatus, now: datetime, gives_up_at: datetime | None) -> WaitingState:
    """Return how a wait stands at `now` (spec: "Waiting for the background")."""
    late = gives_up_at is not None and now >= gives_up_at
    if flag:
        phase = Phase.DONE
    elif status.failed:
        phase = Phase.FAILED
    elif late:
        phase = Phase.LATE
    else:
        phase = Phase.WAITING
    return WaitingState(phase=phase, live=not flag and not late, status=status, gives_up_at=gives_up_at)
