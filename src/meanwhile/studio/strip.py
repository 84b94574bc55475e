"""A run at a glance: its steps as bars on one axis of time, the page a line between them. Pure.

The axis is as long as what has happened so far; what waits for a later day is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meanwhile.studio.timeline import JobView
    from meanwhile.trees.models import Run

WIDTH, ROW, GAP, THINNEST = 1000.0, 16, 6, 3.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where (of `WIDTH` units), which row, what it stands for."""

    x: float
    width: float
    y: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The picture: its size, its bars, where the page’s line is, and how long it all took."""

    height: int
    bars: list[Bar] = field(default_factory=list)
    page: float | None = None
    total_ms: float = 0.0


def strip_of(run: Run, jobs: Sequence[JobView], now: datetime) -> Strip | None:
    """Return the picture of a run; None if there is nothing in it to compare."""
    shown = [job for job in jobs if job.job.started is not None]
    ends = [moment for job in shown for moment in _moments(job)]
    end = max([run.page_at or run.created, *ends], default=run.created)
    if any(job.state == "running" for job in shown):
        end = max(end, now.replace(microsecond=0))
    total = (end - run.created) / timedelta(milliseconds=1)
    if total <= 0 or not shown:
        return None
    scale = _Scale(run.created, total)
    page = scale.x(run.page_at) if run.page_at else None
    bars = [Bar(0, max(page or 0, THINNEST), 0, "foreground", "")]
    for row, job in enumerate(shown, start=1):
        bars += _bars(job, row * (ROW + GAP), scale, end)
    return Strip((len(shown) + 1) * (ROW + GAP) - GAP, bars, page, total)


@dataclass(frozen=True, slots=True)
class _Scale:
    start: datetime
    total: float

    def x(self, moment: datetime) -> float:
        """Return the place of a moment on the axis."""
        share = (moment - self.start) / timedelta(milliseconds=1) / self.total
        return round(min(max(share, 0.0), 1.0) * WIDTH, 1)


def _bars(job: JobView, y: int, scale: _Scale, end: datetime) -> Iterable[Bar]:
    started = job.job.started
    assert started is not None
    waits_from = scale.x(job.job.created)
    if scale.x(started) - waits_from >= THINNEST:
        yield Bar(waits_from, scale.x(started) - waits_from, y, "wait", job.title)
    for step in job.steps:
        if step.at is None:
            continue
        begin = scale.x(step.at - timedelta(milliseconds=step.ms or 0))
        yield Bar(begin, max(scale.x(step.at) - begin - 1, THINNEST), y, step.state, step.label)
    if job.state == "running":
        begin = scale.x(max([started, *(step.at for step in job.steps if step.at is not None)]))
        yield Bar(begin, max(scale.x(end) - begin, THINNEST), y, "running", job.title)


def _moments(job: JobView) -> Iterable[datetime]:
    if job.job.finished is not None:
        yield job.job.finished
    yield from (step.at for step in job.steps if step.at is not None)
