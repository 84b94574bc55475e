"""The event Received: another system sent JSON to the tree's own address. Pure.

In JSON: ``{"event": "received", "model": "shop.Booking", "match": ["name"], "fields": {"name": "customer.name"}}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar
from typing import Literal as OneOf

from pydantic import AfterValidator, StrictBool, StringConstraints

from meanwhile.actions.base import ModelLabel, label_of
from meanwhile.actions.values import Name
from meanwhile.parts import Part, python_only
from meanwhile.texts import gettext as _
from meanwhile.trees.event_parameters import ParameterType, named_types, validated

MOST_PARTS = 20


def _json_path(path: str) -> str:
    parts = path.split(".")
    if not all(part.strip() for part in parts) or len(parts) > MOST_PARTS:
        raise ValueError(_("“%(path)s” is no path in JSON such as “email” or “customer.email”") % {"path": path})
    return path


JsonPath = Annotated[str, StringConstraints(max_length=500), AfterValidator(_json_path)]
"""Keys of JSON objects with dots between, from the outermost in; a number counts in a list: ``order.items.0.sku``."""


class Received(Part):
    """Another system sent JSON to the tree's own address, with an API key: a record is found or made, then it fires.

        Received(Booking, match=["reference"], fields={"reference": "order.id", "email": "customer.email"},
                 parameters={"amount": Decimal}, paths={"amount": "order.amount"})

    ``fields`` says which value of the JSON a field gets; a list of names is for values that stand there by the same
    names. ``match`` names the fields that find the record, which is then updated; without any each request makes a
    new one. ``create=False`` refuses what finds none. ``parameters`` are declared as `Called` does; ``paths`` says
    where they stand, by default by their own names.
    """

    tag: ClassVar[str] = "event"

    event: OneOf["received"] = "received"
    model: ModelLabel
    match: tuple[Name, ...] = ()
    fields: dict[Name, JsonPath] = {}
    create: StrictBool = True
    parameters: dict[Name, ParameterType] = {}
    paths: dict[Name, JsonPath] = {}

    @python_only
    def __init__(
        self,
        model: Any,
        /,
        *,
        match: Iterable[str] = (),
        fields: Mapping[str, str] | Iterable[str] = (),
        create: bool = True,
        parameters: Mapping[str, Any] | None = None,
        paths: Mapping[str, str] | None = None,
    ) -> None:
        self._fill(
            {
                "model": label_of(model),
                "match": (match,) if isinstance(match, str) else match,
                "fields": fields if isinstance(fields, Mapping) else {name: name for name in fields},
                "create": create,
                "parameters": named_types(parameters),
                "paths": paths or {},
            }
        )

    def sources(self) -> dict[str, str]:
        """Return where each field of the record gets its value from: field to path, those that find the record first.

        A field of ``match`` that ``fields`` does not name is taken from its own name.
        """
        return {**{name: self.fields.get(name, name) for name in self.match}, **self.fields}

    def parameter_sources(self) -> dict[str, str]:
        """Return where each parameter gets its value from: name to path."""
        return {name: self.paths.get(name, name) for name in self.parameters}

    def validate_parameters(self, given: Mapping[str, Any], of: str = "") -> dict[str, Any]:
        """Return parameters converted to their types; ``of`` is what an error calls the tree.

        Raises `ParameterError` that names every missing, unknown and wrong one.
        """
        return validated(self.parameters, given, of)
