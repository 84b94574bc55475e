"""The step that an action gets (`actions.base.Step`): the record as it is, the event as it was, and ways to the
rest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, assert_never

from django.apps import apps
from django.db.models import Model

from meanwhile.actions.values import Actor, AnyValue, Field, Literal, Now, Param, Template
from meanwhile.clock import Clock
from meanwhile.exceptions import ParameterError, TargetMissing
from meanwhile.queue.handlers import StepRun
from meanwhile.sensitive import is_sensitive
from meanwhile.trees.context import EventData, RunContext, StoredEvent
from meanwhile.trees.facts import RecordFacts
from meanwhile.trees.paths import follow, related
from meanwhile.trees.plain import PlainRecord, plain_dict, plain_names
from meanwhile.trees.quick_save import save_fields
from meanwhile.trees.templating import render


class StepFacts(RecordFacts):
    """What conditions ask for, and which of it no error may show."""

    def is_secret(self, path: str) -> bool:
        """Say whether the field at the end of a path is kept out of errors."""
        return is_sensitive(path.rpartition(".")[2])


class RunStep:
    """One step of a run. ``run`` is the queue's side of it, None in the foreground."""

    def __init__(
        self,
        context: RunContext,
        path: str,
        record: Model | None,
        names: dict[str, Model],
        clock: Clock,
        run: StepRun | None = None,
        *,
        again: int = 0,
        save: Callable[[Model, list[str]], None] = save_fields,
    ) -> None:
        self._context, self._run, self._clock, self._again = context, run, clock, again
        self._save = save
        self.path = path
        self.record = record
        self.records = names

    @property
    def event(self) -> EventData | StoredEvent:
        """The event that started the run."""
        return self._context.event

    @property
    def actor(self) -> Any:
        """The person whose change started the run, or None."""
        return self._context.actor

    @property
    def tree(self) -> str:
        """The key of the tree."""
        return self._context.tree.key

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters of the event, of a tree that was called or that received something."""
        return self._context.params

    @property
    def background(self) -> bool:
        """True if the step runs in a job."""
        return self._run is not None

    @property
    def attempt(self) -> int:
        """1 for the first try of the step."""
        return self._run.attempt if self._run else 1

    @property
    def now(self) -> datetime:
        """The present moment, aware."""
        return self._clock.now()

    @property
    def idempotency_key(self) -> str:
        """A text that names this step of this run and stays the same over all tries; a person who has it done again
        gets another."""
        again = f"/{self._again}" if self._again else ""
        return hashlib.sha256(f"{self._context.run_id}/{self.path}{again}".encode()).hexdigest()[:40]

    @property
    def using(self) -> str:
        """The alias of the run's database."""
        return self._context.using

    def facts(self) -> StepFacts:
        """Return what conditions ask for."""
        return StepFacts(self._context, self.record, self.records, self.resolve)

    def resolve(self, value: AnyValue) -> Any:
        """Return what a value is worth now."""
        match value:
            case Literal():
                return value.literal
            case Field():
                return follow(self.record, self.records, value.field)
            case Template():
                return self.render(value.template)
            case Now():
                return self.now + value.offset()
            case Actor():
                return self.actor
            case Param():
                return self._param(value.param)
            case _:
                assert_never(value)

    def render(self, text: str, html: bool = False) -> str:
        """Return a template filled with plain data; ``html`` escapes what is filled in."""
        return render(text, self._template_data(event="event" in text), html=html)

    def plain(self, record: Model) -> dict[str, Any]:
        """Return the plain values of a record's own fields, without the sensitive ones."""
        return plain_dict(record)

    def model(self, label: str) -> type[Model]:
        """Return the model class of ``app_label.Model``; LookupError if there is none."""
        return apps.get_model(label)

    def target(self, of: str) -> Model | None:
        """Return the record that ``of`` leads to: a name made above, a relation path, or "" for the record itself.

        Raises `TargetMissing` for a record whose deletion is the event: its last values can be read from ``record``.
        """
        if not of and self._context.deleted:
            raise TargetMissing(of, self.path, deleted=True)
        return related(self.record, self.records, of)

    def progress(self, fraction: float, text: str = "") -> None:
        """Tell whoever waits how far the step is, 0 to 1; nothing happens in the foreground."""
        if self._run is not None:
            self._run.progress(fraction, text)

    def commit(self) -> AbstractContextManager[None]:
        """Commit the effect made inside together with the step's mark (actions with ``atomic=False``)."""
        # In the foreground everything is in the record's own transaction already.
        return nullcontext() if self._run is None else self._run.commit()

    def save_fields(self, record: Model, names: list[str]) -> None:
        """Save these fields of a record alone: ``record.save(update_fields=names)``."""
        self._save(record, names)

    def name_record(self, name: str, instance: Model) -> None:
        """Give a record a name under which the nodes below find it."""
        self.records[name] = instance

    def call_tree(self, key: str, record: Model | None, params: Mapping[str, Any]) -> Any:
        """Fire the Called event of a tree, given by its key or name; return the run's id."""
        from meanwhile.trees.runner import call_tree

        return call_tree(key, record, params, using=self._context.using, clock=self._clock)

    def _param(self, name: str) -> Any:
        try:
            return self._context.params[name]
        except KeyError:
            raise ParameterError({name: "is no parameter of this run"}, of=self._context.tree.name) from None

    def _template_data(self, *, event: bool) -> dict[str, Any]:
        actor = self.actor
        return {
            **plain_names(self.records),
            "record": PlainRecord(self.record) if self.record is not None else None,
            "event": self._plain_event() if event else None,
            "actor": PlainRecord(actor) if actor is not None else None,
            "params": dict(self.params),
            "now": self.now,
            "run": str(self._context.run_id),
        }

    def _plain_event(self) -> dict[str, Any]:
        event = self._context.event
        return {
            "type": event.type,
            "old": _shown(event.old),
            "new": _shown(event.new),
            "changed": sorted(event.changed),
        }


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not is_sensitive(name)}
