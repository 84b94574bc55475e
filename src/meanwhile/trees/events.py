"""Events: what makes a tree fire. Pure.

In JSON each event says which it is: ``{"event": "updated", "model": "shop.Booking", "fields": ["price"]}``. Models are
given as classes or as ``"app_label.Model"``. See “Events” in the event tree rules.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, get_args
from typing import Literal as OneOf

from pydantic import ConfigDict, Discriminator, TypeAdapter, ValidationError

from meanwhile.actions.base import ModelLabel, label_of
from meanwhile.actions.parameters import told
from meanwhile.actions.values import Name
from meanwhile.exceptions import ParameterError
from meanwhile.parts import Part, python_only
from meanwhile.texts import gettext as _

ParameterType = OneOf["str", "int", "float", "bool", "decimal", "date", "datetime"]
PARAMETER_TYPES: tuple[str, ...] = get_args(ParameterType)
PYTHON_TYPES: dict[str, type] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "decimal": Decimal,
    "date": datetime.date,
    "datetime": datetime.datetime,
}
"""The types of parameters of a Called event, as documents name them."""

FINITE = ConfigDict(allow_inf_nan=False)
"""A parameter goes into a job as JSON, which has no infinity and no NaN."""

_NAMES = {python: name for name, python in PYTHON_TYPES.items()}


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
        types = {
            name: _NAMES.get(kind, kind) if isinstance(kind, type) else kind
            for name, kind in (parameters or {}).items()
        }
        self._fill({"model": label_of(model), "parameters": types})

    def validate_parameters(self, given: Mapping[str, Any], of: str = "") -> dict[str, Any]:
        """Return parameters converted to their types; ``of`` is what an error calls the tree.

        Raises `ParameterError` that names every missing, unknown and wrong one.
        """
        known = ", ".join(self.parameters) or _("none")
        unknown = _("is no parameter; it takes: %(known)s") % {"known": known}
        problems = {name: unknown for name in given if name not in self.parameters}
        values: dict[str, Any] = {}
        for name, kind in self.parameters.items():
            if name not in given:
                problems[name] = _("is missing")
                continue
            try:
                values[name] = TypeAdapter(PYTHON_TYPES[kind], config=FINITE).validate_python(given[name])
            except ValidationError as error:
                problems[name] = told(error)
        if problems:
            raise ParameterError(problems, of=of)
        return values


AnyEvent = Saved | Created | Updated | Deleted | Submitted | Called
"""Any of the events, for annotations of functions."""

Event = Annotated[Saved | Created | Updated | Deleted | Submitted | Called, Discriminator("event")]
"""Any of the events, as a document holds it."""
