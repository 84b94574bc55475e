"""Try trees, and see that nothing is kept, sent or done."""

from __future__ import annotations

from typing import Any

from django.core import mail

from meanwhile import EventTree
from meanwhile.queue.models import Job
from meanwhile.studio.models import StudioTree
from meanwhile.studio.tried import TryOut
from meanwhile.studio.tryout import try_out
from meanwhile.trees.models import Run, TreeVersion
from tests.shop.models import Booking, Customer, Seat, Ticket

DONE: list[str] = []
"""What the actions of the tests say that they have done outside the database."""


def tried(tree: EventTree, record: Any, **options: Any) -> TryOut:
    kept = everything()
    result = try_out(tree.as_json(), record, by=options.pop("by", None), **options)
    assert everything() == kept
    assert DONE == []
    assert mail.outbox == []
    return result


def everything() -> list[Any]:
    models = (Booking, Seat, Customer, Ticket, Run, Job, TreeVersion, StudioTree)
    return [list(model.objects.order_by("pk").values()) for model in models]


def changes(step: Any) -> list[tuple[str, str, str]]:
    return [(change.field, change.before, change.after) for change in step.changes]
