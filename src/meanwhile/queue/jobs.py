"""The shapes in which a job travels: into the queue, and out of it to a worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be queued.

    ``kind`` names a registered handler; ``payload`` is JSON-able; ``due`` is an aware moment, None means now; a
    higher ``priority`` starts earlier; jobs of one ``serial_key`` run one after the other in arrival order; ``group``
    is what the job belongs to (a run's id). ``payload_text`` is the payload's JSON, of whoever has made it already
    (`enqueue.payload_json`).
    """

    kind: str
    payload: dict[str, Any]
    name: str = ""
    due: datetime | None = None
    priority: int = 0
    serial_key: str = ""
    group: str = ""
    payload_text: str | None = None


@dataclass(slots=True)
class ClaimedJob:
    """A job that this worker leases.

    ``token`` fences every write about it; ``steps`` is the checkpoint, changed in place as steps are done.
    """

    id: int
    kind: str
    name: str
    payload: dict[str, Any]
    priority: int
    serial_key: str
    group: str
    attempts: int
    takeovers: int
    token: int
    steps: dict[str, Any] = field(default_factory=dict)
