"""The foreground of a run: its actions in order, in the record's transaction; what stands under Background and Delay
is gathered.

"Foreground" = finished before the user gets the next page (spec, "One rule for the transaction").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Model

from meanwhile.actions.base import Action, Node
from meanwhile.actions.update_field import UpdateField
from meanwhile.actions.values import AnyValue, Field, Template
from meanwhile.clock import Clock
from meanwhile.exceptions import ActionFailed
from meanwhile.queue.enqueue import payload_json
from meanwhile.queue.error_text import describe
from meanwhile.queue.jobs import NewJob
from meanwhile.queue.step_result import storable_result
from meanwhile.queue.together import Beside
from meanwhile.texts import language
from meanwhile.trees.branch import branch_job, decide
from meanwhile.trees.capture_transaction import Before
from meanwhile.trees.context import RunContext
from meanwhile.trees.nodes import Background, Delay, If
from meanwhile.trees.quick_save import (
    are_columns,
    changes_on_saving,
    check_saved,
    is_quick,
    may_go_with_others,
    quick_save,
    save_fields,
)
from meanwhile.trees.stepping import RunStep

BEHIND_A_RELATION = re.compile(r"\w\.\w+\.\w")
"""In a template: a path such as ``record.seat.price``, which another row answers."""


class Foreground:
    """Runs a tree's foreground once. Afterwards ``steps`` is its history and ``jobs`` what is to be queued."""

    def __init__(self, context: RunContext, record: Model | None, clock: Clock) -> None:
        self.steps: list[dict[str, Any]] = []
        self.jobs: list[NewJob] = []
        self._context, self._record, self._clock = context, record, clock
        self._language = language()
        self._branches: list[tuple[str, Background | Delay]] = []
        self._unsaved: set[str] = set()
        self._unsaved_by: tuple[str, Node] | None = None
        self._may_wait = False
        """Whether the node that runs only sets fields of the record itself."""
        self._changes_when_saved = False
        """Whether one of the fields that wait gets its value when it is saved."""

    def run(self, *, may_leave: bool = False) -> None:
        """Run it. Raises `ActionFailed`, after which the caller's transaction must not be committed.

        With ``may_leave`` the last save may be left to whoever stores the jobs (`finish`).
        """
        self._run_all(self._context.tree.do, "")
        if not (may_leave and all(isinstance(node, Background) for _, node in self._branches)):
            self._save_now()
        # Jobs are made last: a name given, or a date moved, by an action below a Background counts.
        for path, node in self._branches:
            self.jobs.append(self._guarded(path, node, lambda path=path, node=node: self._job(path, node)))

    def finish(self, do: Callable[[Sequence[Beside]], object]) -> None:
        """Have ``do`` store what is to be stored, together with the last save if that was left. Raises `ActionFailed`
        of the action whose save it is."""
        record, names = self._record, sorted(self._unsaved)
        left = quick_save(record, names) if names and record is not None and self._may_go_with_jobs(record) else None
        if left is None or record is None or self._unsaved_by is None:
            self._save_now()
            do(())
            return
        path, node = self._unsaved_by
        self._unsaved, self._unsaved_by = set(), None

        def both() -> None:
            do((left,))
            check_saved(record, names, left)

        self._guarded(path, node, both)

    def _run_all(self, nodes: Sequence[Node], prefix: str) -> None:
        for index, node in enumerate(nodes):
            if not node.disabled:
                self._run_one(node, f"{prefix}{index}")

    def _run_one(self, node: Node, path: str) -> None:
        self._may_wait = self._record is not None and _reads_no_database(node, type(self._record))
        if not self._may_wait or (self._changes_when_saved and _reads_record(node)):
            self._save_now()
        match node:
            case Background() | Delay():
                self._branches.append((path, node))
            case If():
                branch = self._guarded(path, node, lambda: decide(node, self._step(path)))
                self.steps.append({"path": path, "label": node.title(self._language), "branch": branch})
                self._run_all(getattr(node, branch), f"{path}.{branch}.")
            case Action():
                self._act(node, path)
            case _:
                message = f"{type(node).__name__} is no node that the foreground knows."
                raise TypeError(message)

    def _act(self, node: Action, path: str) -> None:
        started = self._clock.monotonic()
        entry: dict[str, Any] = {"path": path, "label": node.title(self._language), "at": self._clock.now().isoformat()}
        if node.on_error == "continue":
            error = self._try(node, path, entry)
            if error is not None:
                entry["error"] = describe(error)
        else:
            entry |= self._guarded(path, node, lambda: storable_result(entry["label"], node.execute(self._step(path))))
        entry["ms"] = round((self._clock.monotonic() - started) * 1000, 1)
        self.steps.append(entry)

    def _try(self, node: Action, path: str, entry: dict[str, Any]) -> BaseException | None:
        """Run an action in a savepoint of its own and note its result; return its error instead of raising it."""
        before = Before(self._record) if self._record is not None else None
        names = dict(self._context.names)
        try:
            with transaction.atomic(using=self._context.using):
                entry |= storable_result(entry["label"], node.execute(self._step(path)))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - "on error: continue", also of what sys.exit() raises
            if before is not None:
                before.restore()
            self._context.names.clear()
            self._context.names.update(names)
            return error
        return None

    def _guarded(self, path: str, node: Node, do: Any) -> Any:
        try:
            return do()
        except ActionFailed:
            raise  # of a tree that this one called or set off: it names the step that failed
        except KeyboardInterrupt:
            raise  # somebody stops the whole program
        except BaseException as error:
            self._note_failure(path, node, error)
            raise ActionFailed(self._context.tree.name, path, node.title(), error) from error

    def _note_failure(self, path: str, node: Node, error: BaseException) -> None:
        # A step whose save waited has its entry already.
        entry = self.steps.pop() if self.steps and self.steps[-1]["path"] == path else {}
        entry.pop("result", None)
        self.steps.append({**entry, "path": path, "label": node.title(), "error": describe(error)})

    def _may_go_with_jobs(self, record: Model) -> bool:
        using = self._context.using
        return record._state.db == using and may_go_with_others(type(record), using)

    def _job(self, path: str, node: Background | Delay) -> NewJob:
        job = branch_job(
            self._context,
            path,
            node,
            self._step(path),
            self._context.names,
            self._clock,
            title=node.title(self._language),
        )
        # What can't be queued is the failure of this node.
        return replace(job, payload_text=payload_json(job))

    def _step(self, path: str) -> RunStep:
        save = partial(self._save, path)
        return RunStep(self._context, path, self._record, self._context.names, self._clock, save=save)

    def _save(self, path: str, record: Model, names: list[str]) -> None:
        """Save fields of a record; several Update Fields in a row become one statement, where nobody can tell."""
        # What is asked of the first of them goes for those behind it, between which no other code runs.
        if record is self._record and self._may_wait and (self._unsaved_by or is_quick(record, names)):
            self._unsaved.update(names)
            self._changes_when_saved |= changes_on_saving(type(record), tuple(names))
            self._unsaved_by = (path, self._context.tree.node_at(path))
            return
        save_fields(record, names)

    def _save_now(self) -> None:
        """Write what Update Fields have set and not saved yet; a failure is the last one's."""
        if self._unsaved_by is None or self._record is None:
            return
        (path, node), names, record = self._unsaved_by, sorted(self._unsaved), self._record
        self._unsaved, self._unsaved_by, self._changes_when_saved = set(), None, False
        self._guarded(path, node, lambda: save_fields(record, names))


def _reads_no_database(node: Node, model: type[Model]) -> bool:
    """Say whether a node only sets fields of the record itself, from values at hand: the row may wait meanwhile."""
    match node:
        case Background() | Delay():
            return True
        case UpdateField(of="", on_error="stop"):
            # Relations to many are rows of another table, whose receivers may look at this one.
            return are_columns(model, node.set) and all(_is_at_hand(value) for value in node.set.values())
        case _:
            return False


def _reads_record(node: Node) -> bool:
    return isinstance(node, UpdateField) and any(isinstance(value, Field | Template) for value in node.set.values())


def _is_at_hand(value: AnyValue) -> bool:
    match value:
        case Template():
            return BEHIND_A_RELATION.search(value.template) is None
        case Field():
            return "." not in value.field
        case _:
            return True
