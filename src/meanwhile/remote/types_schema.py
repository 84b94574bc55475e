"""What pages can call, as JSON Schema: every action's parameters and result, with the types that they share."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import models
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, PydanticSerializationError, core_schema

from meanwhile.remote.bound import BoundAction
from meanwhile.remote.controller import Controller

DIALECT = "https://json-schema.org/draft/2020-12/schema"
REF = "#/$defs/{model}"

Schema = dict[str, Any]
Lane = Literal["foreground", "background"]


@dataclass(frozen=True, kw_only=True)
class DescribedAction:
    """One action: the schema of its parameters by name, which of them must be given, and the schema of its result."""

    name: str
    doc: str
    lane: Lane
    durable: bool
    parameters: Mapping[str, Schema]
    required: tuple[str, ...]
    result: Schema


@dataclass(frozen=True, kw_only=True)
class DescribedController:
    """One controller, with its actions sorted by name."""

    name: str
    doc: str
    actions: list[DescribedAction] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Described:
    """All controllers, sorted by name, and the named types that their schemas refer to."""

    controllers: list[DescribedController]
    definitions: Mapping[str, Schema]


def describe(actions: Iterable[BoundAction]) -> Described:
    """Return what these actions take and give, in an order that depends on their names alone.

    Raises `TypeError` naming the action for an annotation that can't be used.
    """
    ordered = sorted(actions, key=lambda action: action.name)
    adapters = [entry for action in ordered for entry in _adapters(action)]
    schemas, shared = TypeAdapter.json_schemas(adapters, ref_template=REF, schema_generator=_Generator)
    found: dict[str, DescribedController] = {}
    for action in ordered:
        controller, _, _ = action.name.rpartition(".")
        entry = found.setdefault(controller, DescribedController(name=controller, doc=_own_doc(action.controller)))
        entry.actions.append(_described(action, schemas))
    definitions = shared.get("$defs", {})
    return Described(
        controllers=list(found.values()), definitions={name: definitions[name] for name in sorted(definitions)}
    )


def as_json_schema(described: Described) -> Schema:
    """Return one JSON Schema document: an object of controllers, each an object of actions with params and result."""
    document: Schema = {
        "$schema": DIALECT,
        "title": "Controllers",
        "description": "What pages can call.",
        "type": "object",
        "properties": {controller.name: _controller_schema(controller) for controller in described.controllers},
    }
    return document | ({"$defs": dict(described.definitions)} if described.definitions else {})


class _Generator(GenerateJsonSchema):
    """As pydantic writes schemas, for a reader in JavaScript: decimals are text, and what has no schema is anything."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:  # noqa: ARG002 - pydantic's
        """Decimals are text: a number of JavaScript would not keep their digits."""
        return {"type": "string", "format": "decimal"}

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:
        """A record that is returned becomes its model and key."""
        cls = schema["cls"]
        if isinstance(cls, type) and issubclass(cls, models.Model):
            text = {"type": "string"}
            return {
                "type": "object",
                "properties": {"model": {**text, "const": cls._meta.label}, "pk": text},
                "required": ["model", "pk"],
            }
        return {}

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,
    ) -> bool:
        """What is returned has all of its fields, also those with a default."""
        if self.mode == "serialization" and field["type"] != "typed-dict-field":
            return field.get("serialization_exclude_if") is None
        return super().field_is_required(field, total)

    def handle_invalid_for_json_schema(self, schema: CoreSchema, error_info: str) -> JsonSchemaValue:  # noqa: ARG002
        """Leave open what JSON Schema can't say."""
        return {}


def _adapters(action: BoundAction) -> list[tuple[tuple[str, str], JsonSchemaMode, TypeAdapter[Any]]]:
    signature = action.signature
    found: list[tuple[tuple[str, str], JsonSchemaMode, TypeAdapter[Any]]] = [
        ((action.name, name), "validation", adapter) for name, adapter in signature.types.items()
    ]
    return [*found, ((action.name, ""), "serialization", signature.result_type)]


def _described(action: BoundAction, schemas: Mapping[Any, Schema]) -> DescribedAction:
    signature = action.signature
    parameters = {}
    for name, adapter in signature.types.items():
        schema = _untitled(schemas[(action.name, name), "validation"])
        parameters[name] = (
            schema if name in signature.required else schema | _default(adapter, signature.defaults[name])
        )
    return DescribedAction(
        name=action.method,
        doc=inspect.getdoc(action.function) or "",
        lane="background" if action.background else "foreground",
        durable=action.durable,
        parameters=parameters,
        required=signature.required,
        result=_untitled(schemas[(action.name, ""), "serialization"]),
    )


def _default(adapter: TypeAdapter[Any], value: Any) -> Schema:
    try:
        default = adapter.dump_python(value, mode="json", by_alias=True, warnings="error")
        json.dumps(default, allow_nan=False)
    except (PydanticSerializationError, ValueError):
        return {}
    return {"default": default}


def _untitled(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "title"}


def _own_doc(controller: type[Controller]) -> str:
    return inspect.cleandoc(vars(controller).get("__doc__") or "")


def _controller_schema(controller: DescribedController) -> Schema:
    schema: Schema = {"type": "object"}
    if controller.doc:
        schema["description"] = controller.doc
    return schema | {"properties": {action.name: _action_schema(action) for action in controller.actions}}


def _action_schema(action: DescribedAction) -> Schema:
    schema: Schema = {"type": "object"}
    if action.doc:
        schema["description"] = action.doc
    params = {
        "type": "object",
        "properties": dict(action.parameters),
        "required": list(action.required),
        "additionalProperties": False,
    }
    properties = {"params": params, "result": action.result}
    return schema | {"properties": properties, "x-lane": action.lane, "x-durable": action.durable}
