"""Which trees an event concerns, in the order of their keys."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Model

from meanwhile.trees import registry
from meanwhile.trees.change import Change
from meanwhile.trees.context import current_run
from meanwhile.trees.document import EventTree
from meanwhile.trees.events import Updated

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
    """Remember a change on its record, if a Submitted event of the same form will want its old and new values."""
    if trees_of(change.model, "submitted"):
        setattr(change.record, KEPT, change)


def taken_change(record: Model) -> Change | None:
    """Return, once, the change that was remembered for a Submitted event."""
    change: Change | None = record.__dict__.pop(KEPT, None)
    return change


def _events_of(change: Change) -> tuple[str, ...]:
    if change.deleted:
        return ("deleted",)
    return ("created", "saved") if change.created else ("saved", "updated")


def _fields_changed(tree: EventTree, change: Change) -> bool:
    return not isinstance(tree.on, Updated) or not tree.on.fields or not change.changed.isdisjoint(tree.on.fields)


def _is_own_doing(tree: EventTree, change: Change) -> bool:
    run = current_run()
    if run is None or run.tree.key != tree.key or tree.reentrant:
        return False
    pk = change.old.get(change.model._meta.pk.name) if change.deleted else change.record.pk
    return run.model == change.model._meta.label and str(run.record_pk) == str(pk)
