"""The demo's trees as indented pictures, and the jobs that wait for their moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import pgettext_lazy

from demo.bookings.models import AnyBooking
from demo.bookings.timeline import name_of
from meanwhile.forms import may_watch
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.studio.wording import event_in_words
from meanwhile.trees import registry

BRANCHES = {"background", "delay"}
KINDS = {
    "background": pgettext_lazy("kind of node", "background"),
    "call": pgettext_lazy("kind of node", "function"),
    "call_webhook": pgettext_lazy("kind of node", "call webhook"),
    "delay": pgettext_lazy("kind of node", "delay"),
    "send_email": pgettext_lazy("kind of node", "send email"),
    "update_field": pgettext_lazy("kind of node", "update field"),
}


@dataclass(frozen=True)
class Line:
    """One node in the picture; `side` says when it runs: "foreground", "branch" or "background"."""

    level: int
    title: str
    kind: str
    side: str


@dataclass(frozen=True)
class Picture:
    name: str
    description: str
    event: str
    lines: list[Line]


def pictures() -> list[Picture]:
    """Return every registered tree as a picture, those with something to do meanwhile first."""
    found = [_picture(tree) for tree in registry.current().all()]
    return sorted(found, key=lambda picture: all(line.side == "foreground" for line in picture.lines))


def later_jobs(request: HttpRequest) -> list[tuple[Job, str, AnyBooking]]:
    """Return the jobs that wait for a later moment, with their names and bookings that this person may watch, soonest
    first."""
    jobs = Job.objects.filter(state=State.READY, due__gt=timezone.now()).order_by("due")[:50]
    found = [(job, booking_of(job)) for job in jobs]
    return [
        (job, name_of(job), booking) for job, booking in found if booking is not None and may_watch(request, booking)
    ]


def booking_of(job: Job) -> AnyBooking | None:
    """Return the booking that a tree's job belongs to; None if it belongs to something else, or the booking is gone."""
    label, pk = job.payload.get("model"), job.payload.get("pk")
    if not label or pk is None:
        return None
    found = apps.get_model(label)._default_manager.filter(pk=pk).first()
    # A tree that was made in the Studio may wait for a flight, or for a person.
    return found if isinstance(found, AnyBooking) else None


def _picture(tree: Any) -> Picture:
    branches: list[str] = []
    lines = []
    for path, node in tree.walk():
        inside = any(path.startswith(f"{branch}.") for branch in branches)
        side = "background" if inside else "foreground"
        if node.kind in BRANCHES:
            branches.append(path)
            side = "branch"
        lines.append(Line(path.count("."), node.title(), str(KINDS.get(node.kind, node.kind.replace("_", " "))), side))
    return Picture(tree.name, tree.description, str(capfirst(event_in_words(tree.on.as_json()))), lines)
