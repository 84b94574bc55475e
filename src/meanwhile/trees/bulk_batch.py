"""One batch of a bulk event: the runs of all its records, written together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.db.models import Model

from meanwhile.clock import Clock
from meanwhile.exceptions import ActionFailed
from meanwhile.queue.enqueue import enqueue
from meanwhile.trees import history
from meanwhile.trees.change import Change
from meanwhile.trees.matching import matching
from meanwhile.trees.runner import Begun, begin, collect, occasion_of
from meanwhile.trees.snapshot import plain_values, same_value
from meanwhile.trees.versions import ensure_version


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened to one record, as plain values by field name; ``old`` is empty for a new one."""

    record: Model
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    changed: frozenset[str]

    @classmethod
    def of(cls, record: Model, *, old: Mapping[str, Any] | None) -> Self:
        """Return what happened to a record that is now as it stands; ``old`` is None if it is new."""
        new, before = plain_values(record), old or {}
        differs = (name for name in new if name not in before or not same_value(before[name], new[name]))
        return cls(record, before, new, frozenset(differs))


def fire_batch(batch: Sequence[Happened], event: str, *, using: str, clock: Clock) -> list[UUID]:
    """Run the trees of an event for some records, in the current transaction; return the ids of the runs.

    Raises `ActionFailed`, which names the record, and `ChainTooDeep`.
    """
    begun: list[Begun] = []
    for happened in batch:
        try:
            begun += _begin_all(happened, event, using, clock)
        except ActionFailed as error:
            error.record = error.record or f"{happened.record._meta.label} {happened.record.pk}: {happened.record}"
            raise
    for tree in {one.tree.key: one.tree for one in begun}.values():
        ensure_version(tree, using=using, clock=clock)
    enqueue([job for one in begun for job in one.jobs], using=using, clock=clock)
    history.write_runs([(one.run, len(one.jobs)) for one in begun], clock=clock, using=using)
    for one in begun:
        collect(one.run.id)
    return [one.run.id for one in begun]


def _begin_all(happened: Happened, event: str, using: str, clock: Clock) -> Iterable[Begun]:
    record = happened.record
    change = Change(
        record=record,
        model=type(record),
        created=event == "created",
        deleted=event == "deleted",
        old=happened.old,
        new=happened.new,
        changed=happened.changed,
        using=using,
    )
    for tree in matching(change):
        if event != "saved" or tree.on.event == "saved":
            yield begin(tree, occasion_of(change, tree.on.event), clock=clock)
