"""How many records a condition would match: looked up while it is being written, within bounds of time and number.

The records are asked one by one by the code that decides in real runs, so that the answer is the same. What depends on
the event (was, changed, is new) can't be known of a record alone: such a record may match.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from pydantic import TypeAdapter, ValidationError

from meanwhile import conf
from meanwhile.actions.values import Actor, Field, Param
from meanwhile.exceptions import MeanwhileError
from meanwhile.studio import access
from meanwhile.studio.access_check import condition_problems
from meanwhile.studio.bounds import check_depth
from meanwhile.studio.errors import EditProblem, TimeIsUp
from meanwhile.studio.record_links import may_see
from meanwhile.studio.taken_back import reading
from meanwhile.studio.time_limit import limited
from meanwhile.trees.condition_kinds import (
    All,
    AnyCondition,
    AnyOf,
    Changed,
    ChangedTo,
    Condition,
    Is,
    IsNew,
    Not,
    Was,
    walk,
)
from meanwhile.trees.conditions import evaluate
from meanwhile.trees.context import EventData, RunContext
from meanwhile.trees.document import EventTree
from meanwhile.trees.events import Saved
from meanwhile.trees.models import new_run_id
from meanwhile.trees.nodes import If
from meanwhile.trees.runner import current_clock
from meanwhile.trees.stepping import RunStep
from meanwhile.trees.versions import version_id

MOST_COUNTED = 100_000
CHUNK = 500
OF_THE_EVENT = (Was, Changed, ChangedTo, IsNew)


@dataclass(frozen=True, slots=True)
class Matching:
    """``matched`` of ``looked_at`` records match, and ``maybe`` more, if the event is as the condition wants it.

    ``total`` is how many records there are, at most `MOST_COUNTED`, with ``more`` if there are more than that.
    ``errors`` are records of which the condition can't be decided, ``example`` says why of the first.
    """

    matched: int
    maybe: int
    looked_at: int
    total: int
    more: bool = False
    timed_out: bool = False
    errors: int = 0
    example: str = ""

    @property
    def text(self) -> str:
        """What a person reads below the condition."""
        facts = {
            "matched": number_format(self.matched, force_grouping=True),
            "upto": number_format(self.matched + self.maybe, force_grouping=True),
            "looked": number_format(self.looked_at, force_grouping=True),
            "total": number_format(self.total, force_grouping=True),
        }
        if self.maybe:
            text = _("would match up to %(upto)s of %(looked)s records, depending on what the event changed")
        elif self.looked_at < self.total or self.more:
            text = _("would match %(matched)s of the first %(looked)s records")
        else:
            text = _("would match %(matched)s of %(total)s records")
        if self.looked_at < self.total or self.more:
            rest = _("there are more than %(total)s") if self.more else _("there are %(total)s")
            text = f"{text} ({rest})"
        return text % facts


def count_matching(label: str, condition: Mapping[str, Any], *, by: Any = None) -> Matching:
    """Return how many records of a model a condition, given as JSON, would match.

    It takes at most ``STUDIO_MATCHING_SECONDS`` and looks at the latest ``STUDIO_MATCHING_ROWS`` records.

    Raises `EditProblem` for a condition that is not right yet or asks for what is closed, `PermissionDenied` for a
    person who may not see records of this type: whoever counts them often enough knows them.
    """
    model, asked = _read(label, condition)
    if by is not None and not may_see(by, model):
        text = _("You may not see records of the type “%(model)s”.")
        raise PermissionDenied(text % {"model": model._meta.verbose_name})
    settings, using = conf.get(), conf.get().database
    count = _Counting(model, asked, using)
    with reading(using):
        try:
            with limited(settings.studio_matching_seconds, using=using):
                count.run(settings.studio_matching_rows, time.monotonic() + settings.studio_matching_seconds * 0.8)
        except TimeIsUp:
            count.timed_out = True
    return count.result()


def _read(label: str, condition: Mapping[str, Any]) -> tuple[type[Model], AnyCondition]:
    model = access.find_model(label)
    if model is None or not access.is_record_type(label):
        raise EditProblem(_("There is no record type “%(model)s” in the Studio.") % {"model": label})
    check_depth(condition)
    try:
        asked: AnyCondition = TypeAdapter[Any](Condition).validate_python(condition)
    except (ValidationError, RecursionError):
        raise EditProblem(_("The condition is not complete yet.")) from None
    if closed := condition_problems(asked, model):
        raise EditProblem(closed[0].message)
    return model, asked


class _Counting:
    """One count, which can be stopped at any time and says how far it came."""

    def __init__(self, model: type[Model], condition: AnyCondition, using: str) -> None:
        self._model, self._condition, self._using = model, condition, using
        self._tree = EventTree.model_construct(
            name="matching", key="matching", on=Saved(model), do=(If(condition),), reentrant=False, enabled=True
        )
        self._matched = self._maybe = self._looked = self._total = self._errors = 0
        self._more = self.timed_out = False
        self._example = ""

    def run(self, rows: int, deadline: float) -> None:
        """Count, until so many rows are looked at or a moment of the monotonic clock is reached."""
        counted = QuerySet(self._model, using=self._using).order_by()[: MOST_COUNTED + 1].count()
        self._total, self._more = min(counted, MOST_COUNTED), counted > MOST_COUNTED
        records = self._records()[:rows]
        for record in records.iterator(chunk_size=CHUNK):
            self._look(record)
            if time.monotonic() > deadline:
                self.timed_out = self._looked < min(rows, self._total)
                return

    def result(self) -> Matching:
        """Return what is known so far."""
        total = max(self._total, self._looked)
        return Matching(
            self._matched, self._maybe, self._looked, total, self._more, self.timed_out, self._errors, self._example
        )

    def _records(self) -> QuerySet[Any]:
        wanted = {path for path in _paths(self._condition) if self._is_single(path)}
        records: QuerySet[Any] = QuerySet(self._model, using=self._using).order_by("-pk")
        return records.select_related(*sorted(wanted)) if wanted else records

    def _is_single(self, path: str) -> bool:
        model: type[Model] | None = self._model
        for name in path.split("__"):
            field = access.field_named(model, name) if model is not None else None
            if field is None or not field.is_relation or field.one_to_many or field.many_to_many:
                return False
            model = field.related_model
        return True

    def _look(self, record: Model) -> None:
        try:
            holds = _decide(self._condition, self._step(record))
        except MeanwhileError as error:
            self._errors += 1
            self._example = self._example or str(error)
            holds = False
        self._looked += 1
        self._matched += holds is True
        self._maybe += holds is None

    def _step(self, record: Model) -> RunStep:
        context = RunContext(
            run_id=new_run_id(),
            version_id=version_id(self._tree),
            tree=self._tree,
            event=EventData("saved"),
            model=self._model._meta.label,
            record_pk=record.pk,
            params={},
            actor=None,
            parent_id=None,
            chain=("matching",),
            using=self._using,
            above=(),
        )
        return RunStep(context, "0", record, {}, current_clock())


def _decide(condition: AnyCondition, step: RunStep) -> bool | None:
    """Return whether a condition holds; None if that depends on the event."""
    match condition:
        case Was() | Changed() | ChangedTo() | IsNew():
            return None
        case All():
            answers = [_decide(one, step) for one in condition.of]
            return False if False in answers else None if None in answers else True
        case AnyOf():
            answers = [_decide(one, step) for one in condition.of]
            return True if True in answers else None if None in answers else False
        case Not():
            answer = _decide(condition.of, step)
            return None if answer is None else not answer
        case Is(to=Param() | Actor()):
            return None
        case _:
            return evaluate(condition, step.facts(), timezone.get_default_timezone())


def _paths(condition: AnyCondition) -> set[str]:
    """Return the relations that a condition reads over, as Django's lookups."""
    fields = [one.field for _place, one in walk(condition) if isinstance(one, Is)]
    fields += [one.to.field for _place, one in walk(condition) if isinstance(one, Is) and isinstance(one.to, Field)]
    return {"__".join(path.split(".")[:-1]) for path in fields if "." in path}
