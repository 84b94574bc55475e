"""What every node and every action is, and what an action gets to work with.

Pure: nodes are parts of documents. Actions reach Django through the `Step` they are given, or import it inside
`Action.execute`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Protocol, Self
from typing import Literal as OneOf

from pydantic import AfterValidator, StrictBool, StringConstraints
from pydantic import Field as Limited

from meanwhile import texts
from meanwhile.actions.values import AnyValue
from meanwhile.exceptions import TargetMissing
from meanwhile.parts import Part
from meanwhile.queue.backoff import RetryPolicy
from meanwhile.texts import gettext as _

if TYPE_CHECKING:
    from django.db.models import Model


def _app_and_model(label: str) -> str:
    parts = label.split(".")
    if len(parts) != 2 or not all(part.isidentifier() for part in parts):
        raise ValueError(_("“%(label)s” is no model; write “app_label.Model”") % {"label": label})
    return label


ModelLabel = Annotated[str, StringConstraints(max_length=200), AfterValidator(_app_and_model)]
"""``app_label.Model``."""


class Node(Part):
    """One node of a tree. ``label`` is what people read for it; a ``disabled`` one is passed over with its children."""

    kind: str
    label: Annotated[str, StringConstraints(max_length=200)] = ""
    disabled: StrictBool = False

    def options(self, **changes: Any) -> Self:
        """Return a copy with other options: ``assign_seat().options(label="Seat", on_error="continue")``.

        Raises `TreeDocumentError` for an option that the node doesn't have.
        """
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        copy = type(self).__new__(type(self))
        copy._fill({**fields, **changes})  # noqa: SLF001 - of its own kind
        return copy

    def title(self, language: str | None = None) -> str:
        """Return what people read for this node: its label, or what it does in a few words.

        ``language`` is the active one, for a caller who knows it already (`meanwhile.texts.language`).
        """
        return self.label or _described(_Same(self), texts.language() if language is None else language)

    def title_for_person(self) -> str:
        """Return its title for somebody who waits for it, without the code of a template: else what kind of step it
        is."""
        title = self.title()
        return self.describe_kind() if any(mark in title for mark in ("{{", "{%", "{#")) else title

    def describe(self) -> str:
        """Return in a few words what the node does, for a node without a label."""
        return self.describe_kind()

    def describe_kind(self) -> str:
        """Return in a few words what nodes of its kind do, whatever this one does it with."""
        return self.kind.replace("_", " ").capitalize()

    def check(self, info: TreeInfo) -> Iterable[Problem]:  # noqa: ARG002 - each kind of node looks for its own
        """Yield what is wrong with this node alone, not with its children, where ``info`` says it stands."""
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A node as a key: the very same one, however it compares."""

    node: Node

    def __hash__(self) -> int:
        return id(self.node)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.node is other.node


@lru_cache(maxsize=4096)
def _described(same: _Same, _language: str) -> str:
    """Describe a node once for each language: it is asked for with every step that is done."""
    return same.node.describe()


class Action(Node):
    """A node that does something. See “Nodes” and “Background jobs” in the event tree rules.

    ``on_error="continue"`` gives the action a savepoint of its own and lets the tree go on without it. ``retry`` and
    ``timeout`` (seconds) rule its tries in the background.
    """

    on_error: OneOf["stop", "continue"] = "stop"
    retry: RetryPolicy | None = None
    timeout: Annotated[float, Limited(gt=0)] | None = None

    @property
    def outside(self) -> bool:
        """True if the action has an effect outside the database, which no rollback takes back."""
        return False

    @property
    def atomic(self) -> bool:
        """True if the action runs inside the transaction that also marks it as done."""
        return True

    @property
    def retry_policy(self) -> RetryPolicy | None:
        """The policy of its own, None for the project's."""
        return self.retry

    @property
    def time_limit(self) -> float | None:
        """Seconds of its own after which it is given up, None for the project's."""
        return self.timeout

    def execute(self, step: Step) -> Any:
        """Do it, and return a result that JSON can hold, or None. Any error means that it is not done."""
        raise NotImplementedError


@dataclass(frozen=True)
class Problem:
    """Something that a check found: what (``message``), where (``path``), and what to do about it (``hint``)."""

    level: OneOf["error", "warning"]
    code: str
    path: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class FieldFacts:
    """What a check needs to know of a model's field. ``relation`` is the label of the model behind it."""

    name: str
    type_name: str
    null: bool = False
    choices: tuple[Any, ...] = ()
    relation: str = ""
    many: bool = False
    editable: bool = True
    settable: bool = True
    sensitive: bool = False


class TreeInfo(Protocol):
    """What a node may ask about its place in the tree and about the project's models, when it is checked."""

    @property
    def model(self) -> str:
        """Label of the record's model, empty where the event comes without a record."""

    @property
    def foreground(self) -> bool:
        """True if the node runs before the person gets the next page."""

    @property
    def names(self) -> Mapping[str, str]:
        """The records made above: name to label of the model."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters of the Called event: name to type."""

    def problem(self, code: str, at: str, message: str, hint: str = "") -> Problem:
        """Return a problem of this node; ``at`` is the place in the node, such as ``set.status``."""

    def field(self, path: str) -> FieldFacts | None:
        """Return the field that a path leads to, from the record or from a record made above; None for none."""

    def field_of(self, model: str, path: str) -> FieldFacts | None:
        """Return the field that a path leads to from a model; None for none."""

    def field_names(self, model: str) -> list[str]:
        """Return the names of the fields of a model; empty for an unknown model."""

    def has_model(self, model: str) -> bool:
        """Return whether the project has this model."""

    def model_of(self, of: str) -> str | None:
        """Return the label of the one record that ``of`` leads to; None if it leads to no single record."""

    def check_of(self, of: str) -> Iterable[Problem]:
        """Yield what is wrong with an ``of``."""

    def check_value(self, value: AnyValue, at: str) -> Iterable[Problem]:
        """Yield what is wrong with a value, whatever it is for."""

    def check_template(self, text: str, at: str) -> Iterable[Problem]:
        """Yield what is wrong with a template."""

    def check_assignments(self, model: str, values: Mapping[str, AnyValue], at: str) -> Iterable[Problem]:
        """Yield what is wrong with setting fields of a model to values."""

    def check_lookups(self, model: str, where: Mapping[str, AnyValue], at: str) -> Iterable[Problem]:
        """Yield what is wrong with a filter on a model."""

    def check_tree_call(self, tree: str, model: str, params: Mapping[str, AnyValue]) -> Iterable[Problem]:
        """Yield what is wrong with calling a tree for a record of a model (empty for no record)."""


class EventFacts(Protocol):
    """The event that started the run. ``type`` is ``saved``, ``created`` …; ``old`` and ``new`` are plain values."""

    @property
    def type(self) -> str: ...
    @property
    def old(self) -> Mapping[str, Any]: ...
    @property
    def new(self) -> Mapping[str, Any]: ...
    @property
    def changed(self) -> frozenset[str] | set[str] | tuple[str, ...]: ...
    @property
    def is_new(self) -> bool: ...


class Step(Protocol):
    """What an action gets: the record as it is now, the event as it was, and ways to reach the rest."""

    @property
    def record(self) -> Model | None: ...
    @property
    def event(self) -> EventFacts: ...
    @property
    def actor(self) -> Any: ...
    @property
    def tree(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def attempt(self) -> int: ...
    @property
    def background(self) -> bool: ...
    @property
    def now(self) -> datetime: ...
    @property
    def params(self) -> Mapping[str, Any]: ...
    @property
    def records(self) -> Mapping[str, Model]: ...
    @property
    def idempotency_key(self) -> str: ...
    @property
    def using(self) -> str: ...

    def resolve(self, value: AnyValue) -> Any:
        """Return what a value is worth now."""

    def render(self, text: str, html: bool = False) -> str:
        """Return a template filled with plain data; ``html`` escapes what is filled in."""

    def plain(self, record: Model) -> dict[str, Any]:
        """Return the plain data of a record, as templates see it."""

    def model(self, label: str) -> type[Model]:
        """Return the model class of ``app_label.Model``."""

    def target(self, of: str) -> Model | None:
        """Return the record that ``of`` leads to: a name made above, a relation path, or "" for the record itself."""

    def progress(self, fraction: float, text: str = "") -> None:
        """Tell whoever waits how far the step is, 0 to 1."""

    def commit(self) -> AbstractContextManager[None]:
        """Commit the effect made inside together with the mark that the step is done; for ``atomic=False`` only."""

    def save_fields(self, record: Model, names: list[str]) -> None:
        """Save these fields of a record alone: ``record.save(update_fields=names)``."""

    def name_record(self, name: str, instance: Model) -> None:
        """Give a record a name under which nodes below find it."""

    def call_tree(self, key: str, record: Model | None, params: Mapping[str, Any]) -> Any:
        """Fire the Called event of a tree, given by its key or name."""


def existing_target(step: Step, of: str) -> Model:
    """Return the record that ``of`` leads to; raise `TargetMissing` where a relation on the way is empty."""
    target = step.target(of)
    if target is None:
        raise TargetMissing(of, step.path)
    return target


def label_of(model: Any) -> str:
    """Return ``app_label.Model`` for a model class, and text as it is."""
    return model if isinstance(model, str) else getattr(getattr(model, "_meta", None), "label", model)
