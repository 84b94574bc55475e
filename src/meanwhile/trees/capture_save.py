"""One captured save: what it will do, what it overwrote and what it wrote."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from meanwhile.trees.capture_row import old_row, read_row, row_key
from meanwhile.trees.change import Change
from meanwhile.trees.interest import Interest
from meanwhile.trees.snapshot import is_expression, plain_values, same_value

if TYPE_CHECKING:
    from django.db.models import Model

    from meanwhile.trees.capture_patch import SaveOptions


class Expected(Enum):
    """What a save will do, as far as it can be told before."""

    INSERT = auto()
    UPDATE = auto()
    EITHER = auto()
    """An UPDATE, then an INSERT if that met no row: only the database knows."""

    def concerns(self, interest: Interest) -> bool:
        """Tell whether the save may become a change that somebody listens to."""
        return (interest.insert and self is not Expected.UPDATE) or (interest.update and self is not Expected.INSERT)


def expected(record: Model, options: SaveOptions) -> Expected:
    """Tell what `save_base` will do with these arguments (Django: "How Django knows to UPDATE vs. INSERT")."""
    if options.force_insert:
        return Expected.INSERT
    if options.force_update or options.update_fields:
        return Expected.UPDATE
    if row_key(record) is None or (record._state.adding and _key_is_made_here(record)):
        return Expected.INSERT
    return Expected.EITHER


class Saving:
    """The save of one record, from before its write until its change is known."""

    def __init__(
        self, record: Model, interest: Interest, expected: Expected, using: str, update_fields: Collection[str] | None
    ) -> None:
        self.record = record
        self.change: Change | None = None
        self._interest = interest
        self._using = using
        self._update_fields = update_fields
        self._fields: Collection[Any] = record._meta.concrete_fields
        self._old: Mapping[str, Any] | None = None
        if interest.update and expected is not Expected.INSERT and (pk := row_key(record)) is not None:
            self._old = old_row(record, pk, using)

    def written(self, *, created: bool) -> None:
        """Take the new values, straight after the write: signal handlers may change the instance next."""
        if not (self._interest.insert if created else self._interest.update):
            return
        old = {} if created or self._old is None else self._old
        new = self._new_values(created, old)
        self.change = Change(
            record=self.record,
            model=type(self.record),
            created=created,
            deleted=False,
            old=old,
            new=new,
            changed=frozenset(name for name in new if name not in old or not same_value(old[name], new[name])),
            using=self._using,
        )

    def _new_values(self, created: bool, old: Mapping[str, Any]) -> dict[str, Any]:
        """Return all values of the row: what was written, and read back what the instance doesn't know."""
        written = self._fields if created else [field for field in self._fields if self._is_written(field)]
        values = {**old, **plain_values(self.record, written)}
        unknown = [field.name for field in self._fields if field.name not in values]
        if not created:
            unknown += [field.name for field in written if field.name in values and self._is_stale(field)]
        if unknown:
            row = read_row(type(self.record), self.record.pk, self._using) or {}
            values |= {name: row[name] for name in unknown if name in row}
        return values

    def _is_written(self, field: Any) -> bool:
        if field.primary_key or field in self.record._meta.pk_fields:
            return False
        if field.generated:
            return _follows(field, [other for other in self._fields if not other.generated and self._is_written(other)])
        return self._update_fields is None or field.name in self._update_fields or field.attname in self._update_fields

    def _is_stale(self, field: Any) -> bool:
        held = self.record.__dict__
        if field.attname not in held or is_expression(held[field.attname]):
            return True
        # Django 5.2 doesn't refresh generated fields after an UPDATE; 6.0 does.
        return bool(field.generated and not hasattr(field, "referenced_fields"))


def _follows(generated: Any, written: Collection[Any]) -> bool:
    """Tell whether a generated field may change with the written ones (Django 5.2 doesn't say: it may)."""
    return not hasattr(generated, "referenced_fields") or not generated.referenced_fields.isdisjoint(written)


def _key_is_made_here(record: Model) -> bool:
    """Tell whether the key has a default, so that Django inserts a new instance without trying an UPDATE first."""
    field: Any = record._meta.pk
    while field.is_relation and field.remote_field.parent_link:
        field = field.target_field
    return all(part.has_default() or part.has_db_default() for part in field.model._meta.pk_fields)
