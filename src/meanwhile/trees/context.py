"""What a run knows: its tree and version, its event, its record, its person, and the chain of trees that led to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cached_property
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Model

from meanwhile import conf
from meanwhile.trees.change import Change
from meanwhile.trees.document import EventTree
from meanwhile.trees.events import WITH_PARAMETERS
from meanwhile.trees.fitting import clean, cut_to
from meanwhile.trees.identity import identity, key_from_stored, stored_key
from meanwhile.trees.stored import from_stored, to_stored


@dataclass(frozen=True, slots=True)
class EventData:
    """The event that started a run. ``old`` and ``new`` are plain values by field name, as they were then."""

    type: str
    old: Mapping[str, Any] = field(default_factory=dict)
    new: Mapping[str, Any] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    is_new: bool = False

    @classmethod
    def of(cls, change: Change, event_type: str) -> EventData:
        """Return the data of a change."""
        return cls(event_type, change.old, change.new, change.changed, change.created)


Subject = tuple[str, str]
"""The key of a run's tree, and the identity of its record."""


def _runs_above() -> tuple[Subject, ...]:
    run = _current.get()
    return (*run.above, run.subject) if run is not None else ()


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run. It travels to the background as JSON in a job's payload (`payload`, `from_payload`)."""

    run_id: UUID
    version_id: UUID
    tree: EventTree
    event: EventData | StoredEvent
    model: str
    record_pk: Any
    params: Mapping[str, Any]
    actor: Any
    parent_id: UUID | None
    chain: tuple[str, ...]
    using: str
    names: dict[str, Model] = field(default_factory=dict)
    above: tuple[Subject, ...] = field(default_factory=_runs_above)
    """What the runs that led to this one are about, the first one first."""

    _new: dict[int, dict[str, Any]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def subject(self) -> Subject:
        """What this run is about."""
        return self.tree.key, identity(apps.get_model(self.model) if self.model else None, self.record_pk)

    @property
    def deleted(self) -> bool:
        """True if the run's record is gone because its deletion is the event."""
        return self.event.type == "deleted"

    def payload(self, path: str) -> dict[str, Any]:
        """Return what a job of this run needs to know, as JSON data; ``path`` is the Background or Delay it runs."""
        return {
            "run": str(self.run_id),
            "version": str(self.version_id),
            "path": path,
            "model": self.model,
            "pk": stored_key(self.record_pk),
            "event": self._stored_event(),
            "params": {name: _stored_param(value) for name, value in self.params.items()},
            "actor": stored_key(self.actor.pk) if self.actor is not None else None,
            "parent": str(self.parent_id) if self.parent_id else None,
            "chain": list(self.chain),
            "above": [list(subject) for subject in self.above],
            "names": stored_names(self.names),
        }

    def stored_new(self, limit: int) -> dict[str, Any]:
        """Return the event's new values as they are stored, each of at most ``limit`` bytes (`stored.to_stored`).

        The history and the payload of every job have them, and writing them takes its time.
        """
        for smaller, stored in self._new.items():
            if smaller == limit or (smaller < limit and not stored["cut"]):
                return stored
        sensitive = conf.get().sensitive_fields
        stored = clean(to_stored(apps.get_model(self.model), self.event.new, sensitive, limit))
        self._new[limit] = stored
        return stored

    def _stored_event(self) -> dict[str, Any]:
        event = self.event
        if not self.model:
            return {"type": event.type}
        model = apps.get_model(self.model)
        settings = conf.get()
        limit = settings.max_payload // 8
        old = event.old if self.deleted else {name: event.old[name] for name in event.changed if name in event.old}
        stored = {
            "type": event.type,
            "old": clean(to_stored(model, old, settings.sensitive_fields, limit)),
            "new": self.stored_new(limit),
            "changed": sorted(event.changed),
            "is_new": event.is_new,
        }
        return cut_to(settings.max_payload // 2, stored)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any], tree: EventTree, *, using: str) -> RunContext:
        """Return the run that a job belongs to, without its named records (they are loaded when a step needs them)."""
        label = payload["model"]
        return cls(
            run_id=UUID(payload["run"]),
            version_id=UUID(payload["version"]),
            tree=tree,
            event=StoredEvent(payload["event"], label),
            model=label,
            record_pk=key_from_stored(apps.get_model(label), payload["pk"]) if label else None,
            params=_params(tree, payload["params"]),
            actor=_load_actor(payload["actor"], using),
            parent_id=UUID(payload["parent"]) if payload["parent"] else None,
            chain=tuple(payload["chain"]),
            above=tuple((tree_key, about) for tree_key, about in payload.get("above", ())),
            using=using,
        )


_current: ContextVar[RunContext | None] = ContextVar("meanwhile_run", default=None)


def current_run() -> RunContext | None:
    """Return the run whose action is running in this context, if any."""
    return _current.get()


@contextmanager
def running(context: RunContext) -> Iterator[None]:
    """Make a run the current one: changes made in the body belong to its chain."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


def stored_names(names: Mapping[str, Model]) -> dict[str, list[Any]]:
    """Return named records as JSON data: name to (model label, key)."""
    return {name: [record._meta.label, stored_key(record.pk)] for name, record in names.items()}


def _stored_param(value: Any) -> Any:
    # Not the encoder's text, which has milliseconds only.
    return value.isoformat() if isinstance(value, datetime | time) else value


class StoredEvent:
    """An event as a job carries it (see `EventData`); its values are read when a step first asks for them."""

    def __init__(self, stored: Mapping[str, Any], label: str) -> None:
        self.type: str = stored["type"]
        self.is_new: bool = stored.get("is_new", False)
        self.changed: frozenset[str] = frozenset(stored.get("changed", ()))
        self._stored, self._label = stored, label

    @cached_property
    def new(self) -> Mapping[str, Any]:
        """The values after the event."""
        return from_stored(apps.get_model(self._label), self._stored["new"]) if self._label else {}

    @cached_property
    def old(self) -> Mapping[str, Any]:
        """The values before the event. What did not change is stored once, with the new ones."""
        if not self._label:
            return {}
        before = from_stored(apps.get_model(self._label), self._stored["old"])
        if self.is_new:
            return before
        # What changed but is not there was left out (too long, or sensitive): its new value must not stand for it.
        return {**{name: value for name, value in self.new.items() if name not in self.changed}, **before}


def _params(tree: EventTree, stored: Mapping[str, Any]) -> dict[str, Any]:
    return tree.on.validate_parameters(stored, of=tree.name) if isinstance(tree.on, WITH_PARAMETERS) else {}


def _load_actor(key: Any, using: str) -> Any:
    if key is None:
        return None
    return get_user_model()._default_manager.using(using).filter(pk=key).first()
