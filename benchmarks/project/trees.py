"""The measured trees; loaded only where Meanwhile is installed."""

from __future__ import annotations

from benchmarks.project.marks import note_start
from benchmarks.project.models import Booking, Item, Quick
from meanwhile import Background, Created, EventTree, SendEmail, Template, UpdateField, action

EventTree(
    "Booking received",
    on=Created(Booking),
    do=[
        UpdateField(status="received"),
        Background(
            UpdateField(seats=2),
            SendEmail(to="{{ record.email }}", subject="Your booking", body="Dear {{ record.name }}, …"),
            UpdateField(ready=True),
        ),
        UpdateField(reference=Template("B-{{ record.pk }}")),
    ],
)

EventTree("Item made", on=Created(Item), do=[Background(UpdateField(status="done"))])


@action
def mark(record: Quick) -> None:
    """Note when the first step of a record's job started."""
    note_start(record.pk)


EventTree("Quick", on=Created(Quick), do=[Background(mark())])
