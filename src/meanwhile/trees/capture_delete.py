"""Deletions, from the signals that Django's collector sends inside its transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db import connections
from django.db.models.signals import post_delete, pre_delete

from meanwhile.trees.capture_patch import Patch, deletions
from meanwhile.trees.capture_row import read_row
from meanwhile.trees.capture_transaction import captured_deletion
from meanwhile.trees.change import Change
from meanwhile.trees.row_query import Lock

if TYPE_CHECKING:
    from django.db.models import Model
    from django.db.models.deletion import Collector

    from meanwhile.trees.interest import Interests

_RUNS = "meanwhile_deletions"
Part: TypeAlias = "tuple[type[Model], Any]"
"""A row of one table: concrete model and key. The record of a multi-table child is several parts."""


class DeleteCapture:
    """Turns the two signals of each deleted row into one change for each deleted record.

    Listening makes Django fetch the rows of these models before it deletes them, and of no others. Whoever deletes
    them inside a transaction may catch a failure and go on: there is a savepoint.
    """

    def __init__(
        self, interests: Interests, on_change: Callable[[Change], None], on_undone: Callable[[], None] = lambda: None
    ) -> None:
        self._on_change = on_change
        self._on_undone = on_undone
        self._listened = interests.deleted()
        self._models = with_subclasses(self._listened)
        self._patch: Patch | None = None

    def connect(self) -> None:
        """Begin to listen."""
        self._attach(self._models)

    def disconnect(self) -> None:
        """Stop listening."""
        self._detach(self._models)
        if self._patch is not None:
            self._patch.undo()
            self._patch = None

    def _attach(self, models: Iterable[type[Model]]) -> None:
        for model in models:
            pre_delete.connect(self._before, sender=model, weak=False)
            post_delete.connect(self._after, sender=model, weak=False)
            self._patch = self._patch or deletions(self._delete)

    def _detach(self, models: Iterable[type[Model]]) -> None:
        for model in models:
            pre_delete.disconnect(self._before, sender=model)
            post_delete.disconnect(self._after, sender=model)

    def _delete(self, collector: Collector, delete: Callable[[], Any]) -> Any:
        if self._patch is None or self._models.isdisjoint(collector.data):
            return delete()
        try:
            with captured_deletion(collector):
                return delete()
        except BaseException:
            self._on_undone()
            raise

    def _before(self, instance: Model, using: str, **_: Any) -> None:
        self._run(using).announce(instance, using)

    def _after(self, instance: Model, using: str, **_: Any) -> None:
        run = self._run(using)
        for deletion in run.finish(_part(instance)):
            if self._listened.isdisjoint(run.deleted_as(deletion)):
                continue  # a child deleted with keep_parents=True, for a tree of the parent
            self._on_change(
                Change(
                    record=deletion.record,
                    model=type(deletion.record),
                    created=False,
                    deleted=True,
                    old=deletion.row,
                    new={},
                    changed=frozenset(),
                    using=using,
                )
            )

    def _run(self, using: str) -> _Run:
        """Return the notes of the current call of `delete()`.

        Its signals are all sent while its own atomic block is the innermost one, and nobody else's: the notes live and
        die with that block, also when the deletion fails or starts another one.
        """
        block = connections[using].atomic_blocks[-1]
        runs: dict[DeleteCapture, _Run] = block.__dict__.setdefault(_RUNS, {})
        return runs.setdefault(self, _Run())


@dataclass(slots=True)
class _Deletion:
    record: Model
    row: dict[str, Any]
    parts: frozenset[Part]
    missing: set[Part]
    """The parts whose row still stands."""


class _Run:
    """What one call of `delete()` is about to delete, and how far it is. All is announced before the first row goes."""

    def __init__(self) -> None:
        self._announced: set[Part] = set()
        self._inherited: set[Part] = set()
        self._deletions: dict[Part, _Deletion] = {}
        self._of_part: dict[Part, list[Part]] = defaultdict(list)

    def announce(self, record: Model, using: str) -> None:
        part = _part(record)
        self._announced.add(part)
        if part in self._deletions or part in self._inherited:
            # A record collected as proxy and as its model, or the parent's part of a child.
            return
        row = read_row(type(record), record.pk, using, Lock.DELETE)
        if row is None:
            # Somebody else has deleted it since it was collected; theirs is the change.
            return
        parents = _parent_parts(record)
        self._inherited |= parents
        self._deletions[part] = _Deletion(record, row, frozenset({part, *parents}), {part, *parents})
        for needed in (part, *parents):
            self._of_part[needed].append(part)

    def finish(self, part: Part) -> Iterable[_Deletion]:
        """Note that a row is gone; return the deletions that are complete with it."""
        for owner in self._of_part.get(part, ()):
            if owner in self._inherited or (deletion := self._deletions.get(owner)) is None:
                continue
            deletion.missing = (deletion.missing - {part}) & self._announced
            if not deletion.missing:
                del self._deletions[owner]
                yield deletion

    def deleted_as(self, deletion: _Deletion) -> set[type]:
        """Return the classes, the record's own and its bases, as which it has been deleted."""
        kept = {model for model, _ in deletion.parts - self._announced}
        return {base for base in type(deletion.record).__mro__ if _table(base) not in kept}


def _part(record: Model) -> Part:
    return _concrete(type(record)), record.pk


def _parent_parts(record: Model) -> set[Part]:
    parents = {_concrete(parent) for parent in record._meta.concrete_model._meta.all_parents}  # type: ignore[union-attr]
    return {(parent, getattr(record, parent._meta.pk.attname)) for parent in parents}


def _table(base: type) -> type | None:
    return base._meta.concrete_model if hasattr(base, "_meta") else None


def _concrete(model: type[Model]) -> type[Model]:
    return model._meta.concrete_model or model


def with_subclasses(models: Iterable[type[Model]]) -> frozenset[type[Model]]:
    """Return the models with their proxies and multi-table children, whose own class is the sender of their signals."""
    found: set[type[Model]] = set()
    waiting = list(models)
    while waiting:
        model = waiting.pop()
        if model not in found:
            found.add(model)
            waiting.extend(model.__subclasses__())
    return frozenset(found)
