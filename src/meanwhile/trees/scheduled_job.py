"""The job of one time of a scheduled tree: a run for each record of its query, or one without a record.

Each record is a step with a transaction of its own, in which its run and its mark commit together: after a crash the
job goes on behind the last record that was done. A foreground that fails leaves its failed run in the history and the
others go on; the job tells how many. Marks of records don't pile up: what is behind is kept as numbers.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.apps import apps
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from meanwhile.clock import Clock
from meanwhile.exceptions import ActionFailed, ChainTooDeep, PayloadTooLarge, SkipJob, UnknownTree
from meanwhile.queue.error_text import describe
from meanwhile.queue.handlers import PlannedStep, StepRun
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.states import State
from meanwhile.trees.actor import acting_as
from meanwhile.trees.context import EventData
from meanwhile.trees.failed_runs import failed_runs
from meanwhile.trees.identity import key_from_stored, stored_key
from meanwhile.trees.runner import Occasion, current_clock, start
from meanwhile.trees.scheduled import ScheduledTree, scheduled_tree
from meanwhile.trees.scheduled_event import OCCURRENCE
from meanwhile.trees.scheduled_query import keys_of, records_of
from meanwhile.trees.snapshot import plain_values

logger = logging.getLogger("meanwhile.trees")

CHUNK = 200
"""Keys that are looked up at a time."""

ONCE = "once"
ALL = "all"
FAILURES = (ActionFailed, ChainTooDeep, PayloadTooLarge)


class ScheduledHandler:
    """Opens the jobs of scheduled trees (`queue.handlers.Handler`)."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock

    def open(self, job: ClaimedJob, *, using: str) -> RecordsPlan | OncePlan:
        """Return the steps of one time, of the tree as it is now. Raises `SkipJob` if it is not scheduled any more."""
        try:
            found = scheduled_tree(job.payload["tree"])
        except UnknownTree:
            raise _not_any_more(job) from None
        if (walk := job.steps.get("walk")) and walk["model"] != found.on.model:
            raise _not_any_more(job)  # where the walk had come to says nothing of other records
        runs = _Runs(found, datetime.fromisoformat(job.payload["occurrence"]), self._clock or current_clock(), using)
        return RecordsPlan(job, runs) if found.on.model else OncePlan(job, runs)

    def ended(self, group: str, state: State, error: str, *, using: str) -> None:
        """The job's row says it all."""

    def settled(self, group: str, *, using: str) -> None:
        """The job's row says it all."""

    def tidy(self) -> None:
        """Write the runs that failed in a step which was rolled back."""
        failed_runs().write()

    def prune(self, retention: Mapping[str, float], *, now: datetime, using: str) -> int:  # noqa: ARG002 - the port's
        """Nothing is kept besides the jobs and the runs."""
        return 0


def _not_any_more(job: ClaimedJob) -> SkipJob:
    text = _("The tree “%(tree)s” is not scheduled any more.")
    return SkipJob(text % {"tree": job.name or job.payload["tree"]})


class _Runs:
    """Starts the runs of one time."""

    def __init__(self, found: ScheduledTree, occurrence: datetime, clock: Clock, using: str) -> None:
        self.tree, self.on, self.occurrence, self.using = found.tree, found.on, occurrence, using
        self._clock = clock

    def start(self, record: Model | None) -> str:
        """Run the tree for a record, in the current transaction, in nobody's name; return the run's id."""
        values = plain_values(record) if record is not None else {}
        occasion = Occasion(
            EventData("scheduled", old=values, new=values),
            record,
            self.on.model or "",
            record.pk if record is not None else None,
            self.using,
            {OCCURRENCE: self.occurrence},
        )
        with acting_as(None), transaction.atomic(using=self.using):
            return str(start(self.tree, occasion, clock=self._clock))


class _Plan:
    """What the plans of both kinds have in common."""

    def __init__(self, job: ClaimedJob, runs: _Runs) -> None:
        self._job, self._runs = job, runs

    def ending(self, state: State, error: str) -> tuple[()]:  # noqa: ARG002 - the port's signature
        """The job's row says it all."""
        return ()

    def ended(self, state: State, error: str) -> None:
        """The job's row says it all."""


class OncePlan(_Plan):
    """One run without a record (`queue.handlers.Plan`). A foreground that fails is the job's failure."""

    def next(self) -> PlannedStep | None:
        """Return the one step, unless it is done."""
        if ONCE in self._job.steps.get("done", {}):
            return None
        return PlannedStep(key=ONCE, label=self._runs.tree.name, run=self._run)

    def _run(self, run: StepRun) -> dict[str, Any]:  # noqa: ARG002 - the port's signature
        try:
            return {"run": self._runs.start(None)}
        except FAILURES as error:
            # Another try may well do where the connection or a lock was in the way; else it is for a person to see.
            error.permanent = not _is_of_the_database(error)
            raise


class RecordsPlan(_Plan):
    """A run for each record of the query (`queue.handlers.Plan`).

    A step's key is the record's, as JSON. ``steps["walk"]`` holds ``model``, ``last`` (the key that was counted last),
    ``until`` (the last key that the query found at first: what the runs themselves make is not walked over), ``runs``
    and ``failed``; of the marks that of the last record stays, and that of the end.
    """

    def __init__(self, job: ClaimedJob, runs: _Runs) -> None:
        super().__init__(job, runs)
        self._keys: deque[Any] = deque()
        self._model: type[Model] = apps.get_model(runs.on.model or "")

    def next(self) -> PlannedStep | None:
        """Return the step of the record behind the last one that was done, at last that of the end."""
        if ALL in self._job.steps.get("done", {}):
            return None
        self._count_done()
        if self._keys and _key_of(self._keys[0]) in self._job.steps.get("done", {}):
            self._keys.popleft()
        if not self._keys:
            self._keys.extend(self._following())
        if not self._keys:
            return PlannedStep(key=ALL, label=_("All records"), run=self._end)
        pk = self._keys[0]  # it stays until it has its mark: who asks again is told the same
        return PlannedStep(
            key=_key_of(pk),
            label=f"{self._model._meta.verbose_name} {pk}",
            run=partial(self._run, pk),
            goes_on=True,
        )

    def _count_done(self) -> None:
        """Count the marks of records that came since, and leave the last one alone."""
        done, walk = self._job.steps.get("done", {}), self._walk()
        for key in [key for key in done if key != walk["last"]]:
            mark = done[key]
            outcome = mark.get("result") or {}
            failed = "error" in mark or "error" in outcome
            done.pop(walk["last"], None)
            walk = {
                **walk,
                "last": key,
                "runs": walk["runs"] + (failed or "run" in outcome),
                "failed": walk["failed"] + failed,
            }
            self._job.steps["walk"] = walk

    def _walk(self) -> dict[str, Any]:
        return self._job.steps.get("walk") or {"model": self._runs.on.model, "last": "", "runs": 0, "failed": 0}

    def _following(self) -> list[Any]:
        records = records_of(self._runs.on, self._runs.occurrence, using=self._runs.using)
        walk = self._walk()
        if "until" not in walk:
            if not (until := keys_of(records.reverse(), 1)):
                return []
            walk = self._job.steps["walk"] = {**walk, "until": _key_of(until[0])}
        records = records.filter(pk__lte=key_from_stored(self._model, json.loads(walk["until"])))
        if last := walk["last"]:
            # Without its mark that record was taken back by a person, to be done again.
            beyond = "pk__gt" if last in self._job.steps.get("done", {}) else "pk__gte"
            records = records.filter(**{beyond: key_from_stored(self._model, json.loads(last))})
        return keys_of(records, CHUNK)

    def _run(self, pk: Any, run: StepRun) -> dict[str, Any]:  # noqa: ARG002 - the port's signature
        """Run the tree for one record, if the query still finds it: runs before it may have changed it."""
        record = records_of(self._runs.on, self._runs.occurrence, using=self._runs.using).filter(pk=pk).first()
        if record is None:
            return {"left_out": True}
        try:
            return {"run": self._runs.start(record)}
        except FAILURES as error:
            if _is_of_the_database(error):
                raise  # another try may well do
            failed_runs().write_in_transaction(using=self._runs.using)
            return {"error": describe(error)}

    def _end(self, run: StepRun) -> dict[str, Any]:  # noqa: ARG002 - the port's signature
        walk = self._walk()
        if walk["failed"]:
            logger.error(
                "A scheduled tree failed for some records; their runs say why.",
                extra={"tree": self._runs.tree.key, "failed": walk["failed"], "records": walk["runs"]},
            )
        return {"records": walk["runs"], "failed": walk["failed"]}


def _key_of(pk: Any) -> str:
    """Return the key of a record's step."""
    return json.dumps(stored_key(pk))


def _is_of_the_database(error: BaseException | None) -> bool:
    """Say whether an error came of the connection or of a lock, and not of what was to be done."""
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError):
            return True
        error = error.__cause__
    return False
