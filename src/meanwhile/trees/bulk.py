"""Fire events for many records at once, for writes that Django tells nobody of: `QuerySet.update`, `bulk_create` …

Trees whose foreground does nothing, and whose conditions ask for the record's own fields only, cost a constant number
of queries for each `BATCH` of records, however many of them fire (spec, "Events"). Foreground actions run record by
record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db import connections, transaction
from django.db.models import Model, QuerySet

from meanwhile import conf
from meanwhile.clock import Clock
from meanwhile.exceptions import MeanwhileError, NotOnThisDatabase, UnknownField
from meanwhile.texts import gettext as _
from meanwhile.trees.bulk_batch import Happened, fire_batch
from meanwhile.trees.runner import current_clock, written_when_failed
from meanwhile.trees.snapshot import is_expression, plain_value, plain_values

BATCH = 500
"""Records that are read, and whose runs are written, with one statement each."""

EVENTS = ("created", "updated", "saved", "deleted")

Old = Mapping[str, Any] | Callable[[Any], Mapping[str, Any]]
M = TypeVar("M", bound=Model)


def fire_events(
    queryset: QuerySet[Any],
    event: str = "updated",
    *,
    changed: Collection[str] = (),
    old: Old | None = None,
    clock: Clock | None = None,
) -> list[UUID]:
    """Fire an event for each record of a queryset, after a bulk write that did not; return the ids of the runs.

    ``event`` is what happened to the records: ``"created"`` and ``"updated"`` fire the trees of Saved, too,
    ``"saved"`` those alone, and ``"deleted"`` is to be said before they are deleted, in the same transaction.
    ``changed`` names the fields that were changed. ``old`` gives their values before, the same for all or by a
    function of the record: then only fields that really differ count as changed. An old value that is not given is
    not known to the tree.

    All of it is one transaction, the caller's if there is one. When a foreground action fails for one record, nothing
    remains of any: `ActionFailed` names the record. Raises `UnknownField`, `NotOnThisDatabase`, `ChainTooDeep`.

        Booking.objects.filter(day=today).update(status="closed")
        fire_events(Booking.objects.filter(day=today), changed=["status"], old={"status": "open"})

    `update_and_fire` does both, and knows the old values.
    """
    if event not in EVENTS:
        text = _("“%(event)s” is no event that can be fired for a queryset; they are: %(known)s.")
        raise MeanwhileError(text % {"event": event, "known": ", ".join(EVENTS)})
    model = queryset.model
    _check_fields(model, changed)
    using, timer = _database(queryset), clock or current_clock()
    runs: list[UUID] = []
    with written_when_failed(), transaction.atomic(using=using):
        for keys in _batches(_keys(queryset, using)):
            records = _records(model, keys, using)
            happened = [_happened(record, event, changed, old) for record in records]
            runs += fire_batch(happened, event, using=using, clock=timer)
    return runs


def update_and_fire(queryset: QuerySet[Any], /, *, clock: Clock | None = None, **values: Any) -> int:
    """Do `QuerySet.update`, and fire Updated and Saved for each record; return how many records were updated.

    The trees get the right old and new values: a tree of ``Updated(Booking, "status")`` fires for those records alone
    whose status really changed. One transaction; errors as in `fire_events`, and then nothing is updated.

        update_and_fire(Booking.objects.filter(day=today), status="closed")
    """
    using, timer = _database(queryset), clock or current_clock()
    updated = 0
    with written_when_failed(), transaction.atomic(using=using):
        for keys in _batches(_keys(queryset, using)):
            before = {record.pk: plain_values(record) for record in _records(queryset.model, keys, using, lock=True)}
            chosen = _of_these(queryset, list(before), using)
            # The keys are read now, because the update may take the records out of the queryset.
            still = list(chosen.values_list("pk", flat=True))
            updated += chosen.filter(pk__in=still).update(**values)
            happened = [Happened.of(record, old=before[record.pk]) for record in _records(queryset.model, still, using)]
            fire_batch(happened, "updated", using=using, clock=timer)
    return updated


def bulk_create_and_fire(
    model: type[M],
    objs: Sequence[M],
    *,
    batch_size: int | None = None,
    using: str | None = None,
    clock: Clock | None = None,
) -> list[M]:
    """Do `bulk_create`, and fire Created and Saved for each record; return the records, with their keys.

    One transaction; errors as in `fire_events`, and then nothing is created.

        bulk_create_and_fire(Booking, [Booking(name="Ada"), Booking(name="Bob")])
    """
    alias, timer = _checked_database(model, using or conf.get().database), clock or current_clock()
    with written_when_failed(), transaction.atomic(using=alias):
        created = model._default_manager.using(alias).bulk_create(objs, batch_size=batch_size)
        for start in range(0, len(created), BATCH):
            batch = created[start : start + BATCH]
            _complete(batch, alias)
            fire_batch([Happened.of(record, old=None) for record in batch], "created", using=alias, clock=timer)
    return created


def _happened(record: Model, event: str, changed: Collection[str], old: Old | None) -> Happened:
    if event == "created":
        return Happened.of(record, old=None)
    if event == "deleted":
        return Happened(record, plain_values(record), {}, frozenset())
    given = dict(old(record) if callable(old) else old or {})
    _check_fields(type(record), given)
    unknown = frozenset(changed) - set(given)
    new = plain_values(record)
    before = {name: value for name, value in new.items() if name not in unknown}
    before |= {name: plain_value(record._meta.get_field(name), value) for name, value in given.items()}
    return Happened.of(record, old=before)


def _check_fields(model: type[Model], names: Collection[str]) -> None:
    known = {field.name for field in model._meta.concrete_fields}
    for name in names:
        if name not in known:
            raise UnknownField(model._meta.label, name)


def _keys(queryset: QuerySet[Any], using: str) -> list[Any]:
    """Return the keys first: what the trees do may change what the queryset finds."""
    return sorted(dict.fromkeys(queryset.using(using).values_list("pk", flat=True)))


def _batches(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]


def _records(model: type[Model], keys: Collection[Any], using: str, *, lock: bool = False) -> list[Model]:
    # Not a manager of the model, which may hide rows that the queryset found.
    records: QuerySet[Any] = QuerySet(model, using=using).filter(pk__in=keys).order_by("pk")
    if lock:
        records = records.select_for_update(no_key=connections[using].features.has_select_for_no_key_update)
    return list(records)


def _of_these(queryset: QuerySet[Any], locked: Collection[Any], using: str) -> QuerySet[Any]:
    """Return the locked records that the queryset still finds: others may have changed some before the lock."""
    if queryset.query.is_sliced:
        return QuerySet(queryset.model, using=using).filter(pk__in=locked)
    return queryset.using(using).filter(pk__in=locked)


def _complete(created: Collection[Model], using: str) -> None:
    """Read what the database worked out for new records: expressions and defaults of its own."""
    incomplete = {record.pk: record for record in created if any(map(is_expression, record.__dict__.values()))}
    if not incomplete:
        return
    model = type(next(iter(incomplete.values())))
    for stored in _records(model, list(incomplete), using):
        record = incomplete[stored.pk]
        record.__dict__.update({field.attname: stored.__dict__[field.attname] for field in model._meta.concrete_fields})


def _database(queryset: QuerySet[Any]) -> str:
    # What `using()` said. The property `db` would ask routers for a database to read from.
    explicit: str | None = queryset._db  # type: ignore[attr-defined]  # noqa: SLF001
    return _checked_database(queryset.model, explicit or conf.get().database)


def _checked_database(model: type[Model], using: str) -> str:
    expected = conf.get().database
    if using != expected:
        raise NotOnThisDatabase(model._meta.label, using, expected)
    return using
