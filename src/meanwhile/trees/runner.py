"""Run the trees of an event: find them, run their foreground in the record's transaction, queue their background.

The way in for everything that fires: capture (`fire`), a submitted form (`submitted`), another tree or Python
(`call_tree`), and a whole queryset (`fire_events` in `bulk.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connections, transaction
from django.db.models import Model

from meanwhile import conf
from meanwhile.clock import Clock
from meanwhile.exceptions import (
    ActionFailed,
    ChainTooDeep,
    NotOnThisDatabase,
    ParameterError,
    PayloadTooLarge,
    UnknownTree,
)
from meanwhile.queue import sql
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.jobs import NewJob
from meanwhile.texts import gettext as _
from meanwhile.trees import history, registry
from meanwhile.trees.actor import current_actor
from meanwhile.trees.change import Change
from meanwhile.trees.context import EventData, RunContext, current_run, running
from meanwhile.trees.document import EventTree
from meanwhile.trees.events import Called
from meanwhile.trees.failed_runs import failed_runs
from meanwhile.trees.foreground import Foreground
from meanwhile.trees.identity import deleted_key
from meanwhile.trees.matching import keep_for_submission, matching, taken_change, trees_of
from meanwhile.trees.models import new_run_id
from meanwhile.trees.snapshot import plain_values
from meanwhile.trees.trials import current_trial
from meanwhile.trees.versions import ensure_version, version_id

_collected: ContextVar[list[UUID] | None] = ContextVar("meanwhile_collected_runs", default=None)


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why trees run now: an event, the record it is about (None for a call without one) and the database."""

    event: EventData
    record: Model | None
    model: str
    record_pk: Any
    using: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Begun:
    """A run whose foreground is done, and the jobs of its background; neither is stored yet."""

    tree: EventTree
    run: history.RunRow
    jobs: list[NewJob]
    foreground: Foreground


@contextmanager
def collecting_runs() -> Iterator[list[UUID]]:
    """Yield a list that gets the ids of all runs started in the body, those of called and nested trees included."""
    runs: list[UUID] = []
    token = _collected.set(runs)
    try:
        yield runs
    finally:
        _collected.reset(token)


def fire(change: Change, *, clock: Clock | None = None) -> None:
    """Run the trees of a record's change, inside the change's transaction. Raises `ActionFailed` and `ChainTooDeep`."""
    keep_for_submission(change)
    for tree in matching(change):
        start(tree, occasion_of(change, tree.on.event), clock=clock or current_clock())


def submitted(record: Model, *, created: bool, using: str | None = None, clock: Clock | None = None) -> None:
    """Fire the Submitted event of a record: a person's form, its many-to-many rows and its inlines are saved.

    Call it once for each submission, inside the transaction that saved them. Raises `ActionFailed` and `ChainTooDeep`.
    """
    change = taken_change(record, created=created) or _as_it_is(record, created=created)
    alias = using or record._state.db or conf.get().database
    occasion = occasion_of(change, "submitted")
    with written_when_failed(), transaction.atomic(using=alias):
        for tree in trees_of(type(record), "submitted"):
            start(tree, occasion, clock=clock or current_clock())


def call_tree(
    key: str,
    record: Model | None = None,
    params: Mapping[str, Any] | None = None,
    *,
    using: str | None = None,
    clock: Clock | None = None,
) -> UUID:
    """Call a tree by its key or name, for a record if it is one of a record type, and return the run's id.

    ``params`` are validated against the parameters that the tree's Called event declares. The foreground of the tree
    is done when this returns; all of it is one transaction, the caller's if there is one.

    Raises `UnknownTree`, `ParameterError`, `ActionFailed`, `ChainTooDeep`.

    >>> call_tree("refund", booking, {"amount": 20})
    """
    tree = registry.current().find(key)
    if not isinstance(tree.on, Called) or not tree.enabled:
        raise UnknownTree(key, [other.key for other in registry.current().all() if isinstance(other.on, Called)])
    values = tree.on.validate_parameters(params or {}, of=tree.name)
    _check_called_for(tree, record)
    alias = using or conf.get().database
    event = EventData("called") if record is None else EventData.of(_as_it_is(record, created=False), "called")
    occasion = Occasion(event, record, tree.on.model or "", record.pk if record is not None else None, alias, values)
    with written_when_failed(), transaction.atomic(using=alias):
        return start(tree, occasion, clock=clock or current_clock())


def start(tree: EventTree, occasion: Occasion, *, clock: Clock) -> UUID:
    """Run one tree for one occasion, inside the current transaction; return the run's id.

    The record's change, the effects of every foreground action and the queueing of every job are one transaction
    (spec, "One rule for the transaction"): any error here must roll it back. The failed run is kept in the history all
    the same.
    """
    using = occasion.using
    begun = begin(tree, occasion, clock=clock, may_leave=sql.is_postgresql(connections[using]))
    row = history.run_statement(begun.run, len(begun.jobs), clock=clock, using=using)
    try:
        begun.foreground.finish(
            lambda last_save: enqueue(begun.jobs, using=using, clock=clock, beside=[*last_save, row])
        )
    except (ActionFailed, PayloadTooLarge) as error:
        history.keep_failed(begun.run, error, tree=tree, clock=clock, using=occasion.using)
        raise
    if not row.rows:
        ensure_version(tree, using=occasion.using, clock=clock)
        history.write_runs([(begun.run, len(begun.jobs))], clock=clock, using=occasion.using)
    collect(begun.run.id)
    return begun.run.id


def begin(tree: EventTree, occasion: Occasion, *, clock: Clock, may_leave: bool = False) -> Begun:
    """Run the foreground of one tree for one occasion; the caller stores the run and its jobs in the same transaction.

    Raises `ActionFailed` and `ChainTooDeep`, of which the history is told.
    """
    context = _context(tree, occasion)
    run = history.run_row(context, clock=clock)
    trial = current_trial()
    make = Foreground if trial is None else trial.foreground
    foreground = make(context, occasion.record, clock)
    run.foreground = foreground.steps
    try:
        with running(context):
            _check_depth(context)
            foreground.run(may_leave=may_leave)
    except (ActionFailed, ChainTooDeep) as error:
        history.keep_failed(run, error, tree=tree, clock=clock, using=occasion.using)
        raise
    return Begun(tree, run, foreground.jobs, foreground)


def collect(run_id: UUID) -> None:
    """Tell whoever collects them (`collecting_runs`) of a run that has started."""
    if (collected := _collected.get()) is not None:
        collected.append(run_id)


@contextmanager
def written_when_failed() -> Iterator[None]:
    """Have the runs that fail in the body written to the history; for around a transaction."""
    try:
        yield
    except Exception:
        failed_runs().write()
        raise


def _context(tree: EventTree, occasion: Occasion) -> RunContext:
    parent = current_run()
    return RunContext(
        run_id=new_run_id(),
        version_id=version_id(tree),
        tree=tree,
        event=occasion.event,
        model=occasion.model,
        record_pk=occasion.record_pk,
        params=occasion.params,
        actor=current_actor(),
        parent_id=parent.run_id if parent else None,
        chain=(*(parent.chain if parent else ()), tree.key),
        using=occasion.using,
    )


def current_clock() -> Clock:
    """Return the clock that trees go by where no other is given."""
    if (trial := current_trial()) is not None:
        return trial.clock
    clock: Clock = apps.get_app_config("meanwhile").clock  # type: ignore[attr-defined]
    return clock


def _check_depth(context: RunContext) -> None:
    if len(context.chain) > conf.get().max_depth:
        raise ChainTooDeep(context.chain)


def occasion_of(change: Change, event_type: str) -> Occasion:
    """Return the occasion that a change is. Raises `NotOnThisDatabase`."""
    alias = conf.get().database
    if change.using != alias:
        raise NotOnThisDatabase(change.model._meta.label, change.using, alias)
    pk = deleted_key(change.model, change.old) if change.deleted else change.record.pk
    return Occasion(EventData.of(change, event_type), change.record, change.model._meta.label, pk, change.using, {})


def _as_it_is(record: Model, *, created: bool) -> Change:
    values = plain_values(record)
    return Change(
        record=record,
        model=type(record),
        created=created,
        deleted=False,
        old={} if created else values,
        new=values,
        changed=frozenset(values) if created else frozenset(),
        using=record._state.db or conf.get().database,
    )


def _check_called_for(tree: EventTree, record: Model | None) -> None:
    wanted = tree.on.model
    if not wanted:
        return
    if record is None or not isinstance(record, apps.get_model(wanted)):
        text = _("it takes a %(model)s") if record is None else _("it takes a %(model)s, and gets a %(given)s")
        given = "" if record is None else record._meta.label
        raise ParameterError({"record": text % {"model": wanted, "given": given}}, of=tree.name)
