"""Events: what makes a tree fire. Pure.

In JSON each event says which it is: ``{"event": "updated", "model": "shop.Booking", "fields": ["price"]}``. Models are
given as classes or as ``"app_label.Model"``. See “Events” in the event tree rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar
from typing import Literal as OneOf

from pydantic import Discriminator

from meanwhile.actions.base import ModelLabel, label_of
from meanwhile.actions.values import Name
from meanwhile.parts import Part, python_only
from meanwhile.trees.event_parameters import ParameterType, named_types, validated
from meanwhile.trees.received_event import Received
from meanwhile.trees.scheduled_event import Scheduled


class _Event(Part):
    tag: ClassVar[str] = "event"


class _OfModel(_Event):
    # Each event below has a constructor of its own although it adds nothing: type checkers make one up otherwise.
    model: ModelLabel

    @python_only
    def __init__(self, model: Any, /) -> None:
        self._fill({"model": label_of(model)})


class Saved(_OfModel):
    """A record was created or updated."""

    event: OneOf["saved"] = "saved"

    @python_only
    def __init__(self, model: Any, /) -> None:
        super().__init__(model)


class Created(_OfModel):
    """A record was created."""

    event: OneOf["created"] = "created"

    @python_only
    def __init__(self, model: Any, /) -> None:
        super().__init__(model)


class Updated(_OfModel):
    """A record was updated; with fields, one of them has another value than before: ``Updated(Booking, "price")``."""

    event: OneOf["updated"] = "updated"
    fields: tuple[Name, ...] = ()

    @python_only
    def __init__(self, model: Any, /, *fields: str) -> None:
        self._fill({"model": label_of(model), "fields": fields})


class Deleted(_OfModel):
    """A record was deleted; the event carries its last values."""

    event: OneOf["deleted"] = "deleted"

    @python_only
    def __init__(self, model: Any, /) -> None:
        super().__init__(model)


class Submitted(_OfModel):
    """A person submitted a form, and the record, its many-to-many rows and its inlines are saved."""

    event: OneOf["submitted"] = "submitted"

    @python_only
    def __init__(self, model: Any, /) -> None:
        super().__init__(model)


class Called(_Event):
    """Another tree or Python called this tree by name: ``Called(Booking, parameters={"amount": Decimal})``.

    A type is one of ``str int float bool decimal date datetime`` or the Python type itself. Without a model the tree
    runs without a record.
    """

    event: OneOf["called"] = "called"
    model: ModelLabel | None = None
    parameters: dict[Name, ParameterType] = {}

    @python_only
    def __init__(self, model: Any = None, /, *, parameters: dict[str, Any] | None = None) -> None:
        self._fill({"model": label_of(model), "parameters": named_types(parameters)})

    def validate_parameters(self, given: Mapping[str, Any], of: str = "") -> dict[str, Any]:
        """Return parameters converted to their types; ``of`` is what an error calls the tree.

        Raises `ParameterError` that names every missing, unknown and wrong one.
        """
        return validated(self.parameters, given, of)


WITH_PARAMETERS = (Called, Received, Scheduled)
"""The events that declare parameters."""

AnyEvent = Saved | Created | Updated | Deleted | Submitted | Called | Scheduled | Received
"""Any of the events, for annotations of functions."""

Event = Annotated[
    Saved | Created | Updated | Deleted | Submitted | Called | Scheduled | Received, Discriminator("event")
]
"""Any of the events, as a document holds it."""
