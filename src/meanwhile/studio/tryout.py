"""Try it: run a draft on a chosen record, step by step, without keeping anything.

All of it is one transaction that is rolled back. Nothing that waits for a commit happens, no job is queued, no run is
kept, nobody is woken.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from django.db import connections, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.actions.assignment import assign
from meanwhile.exceptions import ActionFailed, ChainTooDeep, MeanwhileError
from meanwhile.studio import access, loading
from meanwhile.studio.bounds import check_document
from meanwhile.studio.errors import EditProblem, Refused, TimeIsUp
from meanwhile.studio.models import StudioTree
from meanwhile.studio.permissions import EDIT, require
from meanwhile.studio.problems import CLOSED, UNREADABLE, problems_of
from meanwhile.studio.time_limit import limited
from meanwhile.studio.trial import TreeTrial
from meanwhile.studio.trial_context import trying
from meanwhile.studio.tried import FieldChange, TriedRun, TryOut
from meanwhile.trees.context import EventData
from meanwhile.trees.document import EventTree
from meanwhile.trees.events import Called, Updated
from meanwhile.trees.runner import Occasion, current_clock
from meanwhile.trees.snapshot import plain_values, same_value


def try_out(
    document: Mapping[str, Any],
    record: Model | None,
    *,
    by: Any,
    tree: StudioTree | None = None,
    changes: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
) -> TryOut:
    """Run a draft as if its event happened to a record now, and return what it did; nothing of it stays.

    ``changes`` are new values of fields, as a person would type them into a form; without any, the event changes
    nothing. ``params`` are those of a Called tree. The run is in the name of ``by``.

    Raises `Refused` for a draft that can't be read or reaches for what is closed, `EditProblem` without a fitting
    record and for values that don't fit, `PermissionDenied`. Errors of steps and the end of the time are part of the
    result.
    """
    require(by, EDIT, tree)
    event_tree = readable(document, tree)
    _check_record(event_tree, record)
    using, clock = conf.get().database, current_clock()
    trial = TreeTrial(event_tree, actor=by, using=using, clock=clock)
    result = TryOut(TriedRun(event_tree.key, event_tree.name, event_tree.on.event, ""), [])
    started = time.perf_counter()
    loading.capture_can_try()
    with taken_back(using), trying(trial), connections[using].execute_wrapper(trial.watch.note):
        try:
            with limited(conf.get().studio_try_seconds, using=using):
                _run(trial, event_tree, record, changes or {}, params or {}, result)
        except TimeIsUp as error:
            result.error, result.timed_out = str(error), True
    result.branches, result.seconds = trial.branches, time.perf_counter() - started
    return result


@contextmanager
def taken_back(using: str) -> Iterator[None]:
    """Let what the body does in the database come to nothing, with the callbacks that wait for its commit."""
    with transaction.atomic(using=using):
        try:
            yield
        finally:
            transaction.set_rollback(True, using=using)


def reading(using: str) -> AbstractContextManager[None]:
    """Let the body read and be interrupted: a transaction that is open already survives it, and none is begun."""
    return taken_back(using) if connections[using].in_atomic_block else nullcontext()


def readable(document: Mapping[str, Any], tree: StudioTree | None = None) -> EventTree:
    """Return the tree that a draft is. Raises `Refused` if it can't be read or reaches for what is closed."""
    check_document(document)
    errors = [found for found in problems_of(document, tree) if found.id == UNREADABLE or found.id in CLOSED]
    if errors:
        raise Refused(errors)
    return EventTree.from_document(dict(document))


def _run(
    trial: TreeTrial,
    tree: EventTree,
    record: Model | None,
    changes: Mapping[str, Any],
    params: Mapping[str, Any],
    result: TryOut,
) -> None:
    occasion, result.typed = _occasion(trial, tree, record, changes, params)
    try:
        trial.run(tree, occasion, into=result.run)
    except ActionFailed as error:
        result.error = error.user_message if not isinstance(error.reason, BaseException) else str(error)
        return
    except ChainTooDeep as error:
        result.error = str(error)
        return
    trial.run_jobs()


def _occasion(
    trial: TreeTrial, tree: EventTree, given: Model | None, changes: Mapping[str, Any], params: Mapping[str, Any]
) -> tuple[Occasion, list[FieldChange]]:
    on, using, label = tree.on, conf.get().database, tree.on.model or ""
    try:
        values = on.validate_parameters(params, of=tree.name) if isinstance(on, Called) else {}
    except MeanwhileError as error:
        raise EditProblem(str(error)) from None
    if given is None:
        return Occasion(EventData(on.event), None, label, None, using, values), []
    record = type(given)._base_manager.using(using).filter(pk=given.pk).first()
    if record is None:
        raise EditProblem(_("The record is not there any more. Choose another one."))
    trial.watch.add(record)
    old = plain_values(record)
    with trial.quietly():
        _type(record, changes)
        if on.event == "deleted":
            type(record)._base_manager.using(using).get(pk=record.pk).delete()
    typed = trial.watch.changes()
    trial.watch.also_written()
    return Occasion(
        _event(tree, old, plain_values(record)), record, record._meta.label, record.pk, using, values
    ), typed


def _event(tree: EventTree, old: Mapping[str, Any], new: Mapping[str, Any]) -> EventData:
    on = tree.on
    match on.event:
        case "created":
            return EventData("created", {}, new, frozenset(new), is_new=True)
        case "deleted":
            return EventData("deleted", old, {})
        case _:
            changed = frozenset(name for name in new if name not in old or not same_value(old[name], new[name]))
            if isinstance(on, Updated) and changed.isdisjoint(on.fields):
                changed |= frozenset(on.fields)  # otherwise it would not fire at all
            return EventData(on.event, old, new, changed)


def _type(record: Model, changes: Mapping[str, Any]) -> None:
    """Put what the person typed into the record and save it."""
    closed = next((one for name in changes if (one := access.closed_on_path(type(record), [name]))), None)
    if closed:
        raise EditProblem(closed.message)
    if not changes:
        return
    try:
        assign(record, changes, lambda one, names: one.save(update_fields=names))
    except MeanwhileError as error:
        raise EditProblem(str(error)) from None


def _check_record(tree: EventTree, record: Model | None) -> None:
    model = access.find_model(tree.on.model) if tree.on.model else None
    if model is None and tree.on.model:
        raise EditProblem(_("There is no record type “%(model)s”.") % {"model": tree.on.model})
    if model is not None and not isinstance(record, model):
        raise EditProblem(_("Choose a %(model)s to try it on.") % {"model": model._meta.verbose_name})
