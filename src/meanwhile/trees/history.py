"""Write runs, count their jobs, and keep the failed ones although their transaction was rolled back (spec,
"History")."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model
from django.db.models.sql import InsertQuery

from meanwhile import conf
from meanwhile.clock import Clock
from meanwhile.queue import sql
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.queue.together import Beside, in_turn
from meanwhile.trees.context import RunContext
from meanwhile.trees.document import EventTree
from meanwhile.trees.failed_runs import failed_runs
from meanwhile.trees.fitting import clean
from meanwhile.trees.models import Run, RunState
from meanwhile.trees.stored import to_stored
from meanwhile.trees.trials import current_trial
from meanwhile.trees.versions import stored_id

RUNS_A_STATEMENT = 500

WORST_FIRST = (State.FAILED, State.CANCELLED, State.SKIPPED)


@dataclass(slots=True)
class RunRow:
    """A row of the table of runs. Not the model itself, which takes Django longer to make than to store."""

    id: UUID
    version_id: UUID
    tree: str
    event: str
    model: str
    record_pk: str
    actor_pk: str
    actor_name: str
    changes: dict[str, Any]
    parent_id: UUID | None
    depth: int
    created: datetime
    state: RunState = RunState.RUNNING
    open_jobs: int = 0
    foreground: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    page_at: datetime | None = None
    finished: datetime | None = None

    def as_model(self) -> Run:
        """Return the row as a record."""
        return Run(**{name: getattr(self, name) for name in self.__slots__})


def run_row(context: RunContext, *, clock: Clock) -> RunRow:
    """Return the row of a run that begins now."""
    actor = context.actor
    return RunRow(
        id=context.run_id,
        version_id=context.version_id,
        tree=context.tree.key,
        event=context.event.type,
        model=context.model,
        record_pk="" if context.record_pk is None else str(context.record_pk)[:200],
        actor_pk="" if actor is None else str(actor.pk)[:64],
        actor_name="" if actor is None else str(actor)[:200],
        changes=_changes(context),
        parent_id=context.parent_id,
        depth=len(context.chain),
        created=clock.now(),
    )


def run_statement(run: RunRow, jobs: int, *, clock: Clock, using: str) -> Beside:
    """Return the statement that stores a run whose foreground is done; it writes no row if its version is not stored
    yet."""
    _foreground_done(run, jobs, clock)
    connection = connections[using]
    values = _values(run, connection)
    return Beside(INSERT, [*values, values[COLUMNS.index("version_id")]])


def write_runs(runs: Collection[tuple[RunRow, int]], *, clock: Clock, using: str) -> None:
    """Store runs whose foreground is done, each with the number of its jobs, `RUNS_A_STATEMENT` in one statement."""
    rows: list[Model] = [_foreground_done(run, jobs, clock).as_model() for run, jobs in runs]
    for first in range(0, len(rows), RUNS_A_STATEMENT):
        # Not bulk_create, which on SQLite makes a statement of each 60 rows.
        query = InsertQuery(Run)
        query.insert_values(Run._meta.concrete_fields, rows[first : first + RUNS_A_STATEMENT])
        query.get_compiler(using=using).execute_sql()


def _values(run: RunRow, connection: BaseDatabaseWrapper) -> list[Any]:
    """Return a run's columns as parameters: written by hand, because it is done for every record that is saved."""
    return [
        stored_id(connection, run.id),
        stored_id(connection, run.version_id),
        run.tree,
        run.event,
        run.model,
        run.record_pk,
        run.actor_pk,
        run.actor_name,
        sql.as_json(run.changes),
        stored_id(connection, run.parent_id) if run.parent_id else None,
        run.depth,
        sql.moment(connection, run.created),
        run.state.value,
        run.open_jobs,
        sql.as_json(run.foreground),
        run.error,
        sql.moment(connection, run.page_at),
        sql.moment(connection, run.finished),
    ]


COLUMNS = RunRow.__slots__
"""The columns, in the order of `_values`."""

INSERT = (
    f"INSERT INTO meanwhile_run ({', '.join(COLUMNS)}) SELECT {', '.join(['%s'] * len(COLUMNS))}"  # noqa: S608
    " WHERE EXISTS (SELECT 1 FROM meanwhile_treeversion WHERE id = %s)"
)


def _foreground_done(run: RunRow, jobs: int, clock: Clock) -> RunRow:
    run.page_at = clock.now()
    run.open_jobs = jobs
    run.state = RunState.RUNNING if jobs else RunState.SUCCEEDED
    run.finished = None if jobs else run.page_at
    return run


def keep_failed(run: RunRow, error: BaseException, *, tree: EventTree, clock: Clock, using: str) -> None:
    """Have a run whose foreground failed written when the transaction that is rolled back for it is over.

    Of a trial nothing is kept.
    """
    if current_trial() is not None:
        return
    run.state, run.error, run.finished = RunState.FAILED, sql.text(str(error)), clock.now()
    run.open_jobs, run.page_at = 0, None  # its last save may have failed when the rest was done
    failed_runs().add(run.as_model(), tree, using=using)


def jobs_added(run_id: UUID, number: int, *, using: str) -> None:
    """Count jobs that a run's background queued."""
    _update(run_id, "open_jobs = open_jobs + %s", [number], using)


def job_ended(run_id: UUID, state: State, error: str, *, using: str, clock: Clock) -> Beside:
    """Return the statement that counts the end of a job of a run: the last one ends the run, a failed one fails it at
    once."""
    connection = connections[using]
    worst = {State.FAILED: RunState.FAILED, State.CANCELLED: RunState.CANCELLED, State.SKIPPED: RunState.SKIPPED}.get(
        state
    )
    settled = "CASE WHEN state = 'running' AND open_jobs <= 1 THEN 'succeeded' ELSE state END"
    sets, parameters = f"open_jobs = open_jobs - 1, state = {settled}", []
    if worst is not None:
        # A failure outweighs everything, a success nothing.
        why = "%s" if worst is RunState.FAILED else "CASE WHEN state = 'failed' THEN error ELSE %s END"
        sets = f"open_jobs = open_jobs - 1, state = CASE WHEN state = 'failed' THEN state ELSE %s END, error = {why}"
        parameters = [worst.value, error[:10_000]]
    sets += ", finished = CASE WHEN open_jobs <= 1 THEN %s ELSE finished END"
    return _updating(run_id, sets, [*parameters, sql.moment(connection, clock.now())], connection)


def job_reopened(run_id: UUID, *, using: str) -> None:
    """Count a failed job that was given another try: its run is under way again, unless another job of it came to no
    good too."""
    state, error = _standing(run_id, using) or (RunState.RUNNING, "")
    sets = "open_jobs = open_jobs + 1, state = %s, error = %s, finished = NULL"
    _update(run_id, sets, [state.value, error], using)


def run_reviewed(run_id: UUID, *, using: str) -> None:
    """Take a run's state and error anew from its jobs, after a failed one of them was cancelled or skipped by hand."""
    if standing := _standing(run_id, using):
        _update(run_id, "state = %s, error = %s", [standing[0].value, standing[1]], using)


def _standing(run_id: UUID, using: str) -> tuple[RunState, str] | None:
    """Return the worst that jobs of a run have come to, and why; None if none has ended without success.

    It is what the run comes to when its open jobs succeed.
    """
    # Locked first, so that what is read here is not older than what another job's end has written.
    Run.objects.using(using).select_for_update().filter(pk=run_id).values_list("pk").first()
    ended = Job.objects.using(using).filter(group=str(run_id), state__in=WORST_FIRST).order_by("-pk")
    errors: dict[str, str] = {}
    for state, error in ended.values_list("state", "error"):
        errors.setdefault(state, error)
    return next(((RunState(state), errors[state]) for state in WORST_FIRST if state in errors), None)


def _update(run_id: UUID, sets: str, parameters: list[Any], using: str) -> None:
    connection = connections[using]
    in_turn(connection, [_updating(run_id, sets, parameters, connection)])


def _updating(run_id: UUID, sets: str, parameters: list[Any], connection: BaseDatabaseWrapper) -> Beside:
    key = stored_id(connection, run_id)
    return Beside(f"UPDATE meanwhile_run SET {sets} WHERE id = %s", [*parameters, key])  # noqa: S608


def _changes(context: RunContext) -> dict[str, Any]:
    event = context.event
    if not context.model:
        return {}
    from django.apps import apps

    model: type[Model] = apps.get_model(context.model)
    settings = conf.get()
    shown = event.changed or (frozenset(event.old) if context.deleted else frozenset())
    stored = {}
    sides = [("old", event.old), ("new", event.new)]
    if not context.deleted and shown == event.new.keys():  # all of it, as for every new record
        stored["new"] = context.stored_new(settings.max_history_value)
        sides.pop()
    for side, values in sides:
        kept = {name: value for name, value in values.items() if name in shown}
        stored[side] = clean(to_stored(model, kept, settings.sensitive_fields, settings.max_history_value))
    return stored
