"""Try it: run a draft on a chosen record, step by step, without keeping anything.

All of it is one transaction that is rolled back, in every database of the project. Nothing that waits for a commit
happens, no job is queued, no run is kept, nobody is woken. E-mails are caught, and functions that said they have an
effect outside (``@action(outside=True)``) are not run.

What Python code does besides can't be taken back: it writes a file, fills a cache, calls another system, starts a
thread or a connection of its own. Numbers that a sequence of PostgreSQL gave are used up. While a trial lasts, at most
``STUDIO_TRY_SECONDS`` and a moment, it holds the locks of what it writes; on SQLite other writers wait for it.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connections
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.actions.assignment import assign
from meanwhile.exceptions import ActionFailed, ChainTooDeep, MeanwhileError, ValueProblem
from meanwhile.queue.error_text import describe
from meanwhile.studio import access, loading, tried_body
from meanwhile.studio.after_commit import AfterCommit
from meanwhile.studio.bounds import check_document
from meanwhile.studio.caught_mail import catching_mail
from meanwhile.studio.describe import naming_of, title_of
from meanwhile.studio.errors import EditProblem, Refused, TimeIsUp
from meanwhile.studio.models import StudioTree
from meanwhile.studio.permissions import EDIT, require
from meanwhile.studio.places import nodes_of
from meanwhile.studio.problems import CLOSED, UNREADABLE, problems_of
from meanwhile.studio.taken_back import all_taken_back
from meanwhile.studio.time_limit import limited
from meanwhile.studio.trial import TreeTrial
from meanwhile.studio.trial_parts import told
from meanwhile.studio.tried import TriedMail, TriedRun, TriedStep, TryOut
from meanwhile.studio.wording import event_in_words
from meanwhile.trees import registry
from meanwhile.trees.actor import acting_as
from meanwhile.trees.context import EventData
from meanwhile.trees.document import EventTree
from meanwhile.trees.events import WITH_PARAMETERS, Updated
from meanwhile.trees.received_event import Received
from meanwhile.trees.registry import TreeRegistry
from meanwhile.trees.runner import Occasion, begin, current_clock
from meanwhile.trees.scheduled_event import OCCURRENCE, Scheduled
from meanwhile.trees.snapshot import plain_values, same_value
from meanwhile.trees.trials import trying
from meanwhile.trees.wording import moment_in_words


def try_out(
    document: Mapping[str, Any],
    record: Model | None,
    *,
    by: Any,
    tree: StudioTree | None = None,
    changes: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    body: str | None = None,
) -> TryOut:
    """Run a draft as if its event happened to a record now, and return what it did; nothing of it stays.

    ``changes`` are new values of fields, as a person would type them into a form; without any, the event changes
    nothing. ``params`` are those that the event declares. ``body`` is what another system would send to a tree on
    Received: it finds or makes the record, and says the parameters. The run is in the name of ``by``. The draft stands
    in the place of what is published of it, also where its own changes set it off again.

    Raises `Refused` for a draft that can't be read or reaches for what is closed, `EditProblem` without a fitting
    record and for values that don't fit, `PermissionDenied`. Errors of steps and the end of the time are part of the
    result.
    """
    require(by, EDIT, tree)
    event_tree = readable(document, tree)
    received = event_tree.on if body is not None and isinstance(event_tree.on, Received) else None
    if received is None:
        _check_record(event_tree, record)
    result = TryOut(TriedRun(event_tree.key, event_tree.name, event_tree.on.event, ""), [])
    using, started = conf.get().database, time.perf_counter()
    ran: Mapping[str, EventTree] = {}
    # A copy: what code puts into the person must not be seen, and saved, after the trial.
    person = acting_as(copy.copy(by))
    with loading.capturing_for(event_tree), person, all_taken_back(using) as held, catching_mail():
        try:
            with limited(conf.get().studio_try_seconds, using=using, held=held) as limit:
                after = AfterCommit(held)
                trial = TreeTrial(result.run, using=using, clock=current_clock(), limit=limit, after=after)
                result.branches, ran = trial.branches, trial.trees
                with connections[using].execute_wrapper(trial.watch.note):
                    happen = partial(_occasion, trial, event_tree, record, changes or {}, params or {}, result)
                    if received is not None:
                        happen = partial(_received, trial, event_tree, received, body or "", by, result)
                    occasion = _happen(trial, after, event_tree, happen, result)
                    with trying(trial), registry.instead(_with(event_tree)):
                        _run(trial, event_tree, occasion, result)
        except TimeIsUp as error:
            result.error, result.timed_out = str(error), True
    result.seconds = time.perf_counter() - started
    _put_into_words(result, {**{key: one.as_json() for key, one in ran.items()}, event_tree.key: document})
    return result


def _put_into_words(result: TryOut, documents: Mapping[str, Mapping[str, Any]]) -> None:
    """Name the steps and the moments as the rows of their trees do: of the draft, and of those that it set off."""
    words = {key: _TreeWords(document) for key, document in documents.items()}
    words[result.run.tree].put_into(result.run.steps, words)
    for branch in result.branches:
        words[branch.tree].put_into(branch.steps, words)
        branch.when = words[branch.tree].moment(branch.path) or branch.when


class _TreeWords:
    """What the rows of a tree call its nodes, by their paths."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._naming = naming_of(document)
        self._nodes = {place.path: place.node for place in nodes_of(document)}

    def put_into(self, steps: Iterable[TriedStep], words: Mapping[str, _TreeWords]) -> None:
        """Name steps of this tree, and those of the runs under them."""
        for step in steps:
            if (node := self._nodes.get(step.path)) is not None:
                step.title = title_of(node, self._naming)
            if step.state == "queued" and (moment := self.moment(step.path)):
                step.message = _("Queued: %(moment)s.") % {"moment": moment}
            for run in step.runs:
                words[run.tree].put_into(run.steps, words)

    def moment(self, path: str) -> str:
        """Return until when the Delay at a path waits, empty for any other node."""
        node = self._nodes.get(path, {})
        return moment_in_words(node.get("moment"), self._naming) if node.get("kind") == "delay" else ""


def readable(document: Mapping[str, Any], tree: StudioTree | None = None) -> EventTree:
    """Return the tree that a draft is. Raises `Refused` if it can't be read or reaches for what is closed."""
    check_document(document)
    errors = [found for found in problems_of(document, tree) if found.id == UNREADABLE or found.id in CLOSED]
    if errors:
        raise Refused(errors)
    return EventTree.from_document(dict(document))


def _with(tree: EventTree) -> TreeRegistry:
    """Return the trees that there are, with this one in the place of what is published of it."""
    trees, known = TreeRegistry(), registry.current()
    for other in known.all():
        if other.key != tree.key:
            trees.add(other, known.module_of(other.key))
    trees.add(tree, loading.MODULE)
    return trees


def _run(trial: TreeTrial, tree: EventTree, occasion: Occasion, result: TryOut) -> None:
    try:
        begin(tree, occasion, clock=trial.clock)
        trial.check_commit()
    except ActionFailed as error:
        result.error = error.user_message if not isinstance(error.reason, BaseException) else str(error)
        return
    except ChainTooDeep as error:
        result.error = str(error)
        return
    except Exception as error:  # noqa: BLE001 - such as of a transaction that a step has broken
        result.error = told(error)
        return
    trial.run_jobs()


def _happen(
    trial: TreeTrial,
    after: AfterCommit,
    tree: EventTree,
    happen: Callable[[], Occasion],
    result: TryOut,
) -> Occasion:
    """Let the event happen, while no tree listens. Raises `EditProblem`."""
    try:
        with registry.instead(TreeRegistry()), catching_mail() as messages:
            occasion = happen()
    except (MeanwhileError, PermissionDenied):
        raise
    except Exception as error:
        raise EditProblem(describe(error)) from error
    later, mails = [*trial.watch.jobs(), *after.callbacks()], [TriedMail.of(message) for message in messages]
    if later or mails:
        title = str(capfirst(event_in_words(tree.on.as_json())))
        result.besides = [TriedStep("", title, "event", mails=mails, later=later)]
    return occasion


def _received(trial: TreeTrial, tree: EventTree, event: Received, body: str, by: Any, result: TryOut) -> Occasion:
    model = access.find_model(event.model)
    if model is None:
        raise EditProblem(_("There is no record type “%(model)s”.") % {"model": event.model})
    tried = tried_body.happen(trial, event, body, model, by=by, of=tree.name)
    result.typed, result.received = tried.typed, tried.told
    return tried.occasion


def _occasion(
    trial: TreeTrial,
    tree: EventTree,
    given: Model | None,
    changes: Mapping[str, Any],
    params: Mapping[str, Any],
    result: TryOut,
) -> Occasion:
    on, using, label = tree.on, conf.get().database, tree.on.model or ""
    if isinstance(on, Scheduled):
        params = {OCCURRENCE: trial.clock.now()}
    try:
        values = on.validate_parameters(params, of=tree.name) if isinstance(on, WITH_PARAMETERS) else {}
    except MeanwhileError as error:
        raise EditProblem(str(error)) from None
    if given is None:
        return Occasion(EventData(on.event), None, label, None, using, values)
    record = type(given)._base_manager.using(using).filter(pk=given.pk).first()
    if record is None:
        raise EditProblem(_("The record is not there any more. Choose another one."))
    trial.watch.add(record)
    old = plain_values(record)
    _type(record, changes)
    if on.event == "deleted":
        type(record)._base_manager.using(using).get(pk=record.pk).delete()
    result.typed = trial.watch.changes()
    trial.watch.also_written()
    return Occasion(_event(tree, old, plain_values(record)), record, record._meta.label, record.pk, using, values)


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
    except ValueProblem as error:
        field = access.field_named(type(record), error.field)
        name = str(capfirst(field.verbose_name)) if field is not None else error.field
        raise EditProblem(str(ValueProblem(name, error.value, error.expected))) from None
    except MeanwhileError as error:
        raise EditProblem(str(error)) from None


def _check_record(tree: EventTree, record: Model | None) -> None:
    model = access.find_model(tree.on.model) if tree.on.model else None
    if model is None and tree.on.model:
        raise EditProblem(_("There is no record type “%(model)s”.") % {"model": tree.on.model})
    if model is not None and not isinstance(record, model):
        raise EditProblem(_("Choose a %(model)s to try it on.") % {"model": model._meta.verbose_name})
