"""Which trees an event concerns, in the order of their keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db import connections
from django.db.models import Model

from meanwhile.trees import registry
from meanwhile.trees.change import Change
from meanwhile.trees.context import RunContext, current_run
from meanwhile.trees.document import EventTree
from meanwhile.trees.events import Updated
from meanwhile.trees.identity import deleted_key, identity
from meanwhile.trees.snapshot import same_value

KEPT = "_meanwhile_change"
"""Attribute of an instance that carries its last change to the Submitted event of the same form."""


def matching(change: Change) -> Iterator[EventTree]:
    """Yield the enabled trees that a change fires, without those that stay quiet about what their own run does (spec,
    "Loops")."""
    for tree in trees_of(change.model, *_events_of(change)):
        if _fields_changed(tree, change) and not _is_own_doing(tree, change):
            yield tree


def trees_of(model: type[Model], *events: str) -> list[EventTree]:
    """Return the enabled trees on some events of a model: its own, and those of the classes it is a proxy or a child
    of."""
    return [tree for tree in registry.current().for_model(model) if tree.enabled and tree.on.event in events]


def keep_for_submission(change: Change) -> None:
    """Remember a change on its record, if a Submitted event of the same form will want its old and new values.

    What trees do to the record before the event is part of the same change.
    """
    if not trees_of(change.model, "submitted"):
        return
    run, transaction = current_run(), _transaction(change.using)
    kept: Kept | None = change.record.__dict__.get(KEPT)
    if kept is not None and kept.transaction is transaction and run is not None and kept.run is not run:
        change.record.__dict__[KEPT] = replace(kept, change=_both(kept.change, change))
    else:
        change.record.__dict__[KEPT] = Kept(change, transaction, run)


def taken_change(record: Model, *, created: bool | None = None) -> Change | None:
    """Return, once, the change that was remembered for a Submitted event.

    None if it was in another transaction, was the doing of another run, or if the form says otherwise (``created``).
    """
    kept: Kept | None = record.__dict__.pop(KEPT, None)
    if kept is None or kept.run is not current_run() or kept.transaction is not _transaction(kept.change.using):
        return None
    return kept.change if created is None or created is kept.change.created else None


@dataclass(frozen=True, slots=True)
class Kept:
    """A change that waits for its Submitted event, with the transaction and the run (None: no run's) it was made in."""

    change: Change
    transaction: object
    run: RunContext | None

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickled record is in no transaction.
        return type(None), ()


def _both(first: Change, then: Change) -> Change:
    """Return two changes of one record as one."""
    old, new = first.old, then.new
    changed = frozenset(name for name in new if name not in old or not same_value(old[name], new[name]))
    return replace(then, created=first.created, old=old, changed=changed)


def _transaction(using: str) -> object:
    """Return what stands for the current transaction, not counting the ones that Django's `TestCase` opens."""
    blocks: list[Any] = connections[using].atomic_blocks
    return next((block for block in blocks if not getattr(block, "_from_testcase", False)), None)


def _events_of(change: Change) -> tuple[str, ...]:
    if change.deleted:
        return ("deleted",)
    return ("created", "saved") if change.created else ("saved", "updated")


def _fields_changed(tree: EventTree, change: Change) -> bool:
    return not isinstance(tree.on, Updated) or not tree.on.fields or not change.changed.isdisjoint(tree.on.fields)


def _is_own_doing(tree: EventTree, change: Change) -> bool:
    """Say whether a run of this tree for this record is what led to the change, directly or over other trees."""
    run = current_run()
    if run is None or tree.reentrant or tree.key not in run.chain:
        return False
    pk = deleted_key(change.model, change.old) if change.deleted else change.record.pk
    subject = tree.key, identity(change.model, pk)
    return subject == run.subject or subject in run.above
