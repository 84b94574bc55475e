"""The typed parameters of a function: its annotations, as something that validates, dumps and describes. Pure.

Whatever is called from outside Python (an action from a tree, a controller from a page) gets its arguments here.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any, get_type_hints

from pydantic import (
    ConfigDict,
    PydanticUndefinedAnnotation,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticSerializationError

from meanwhile.exceptions import ParameterError, ResultNotStorable
from meanwhile.texts import gettext as _

_LOOSE = ConfigDict(arbitrary_types_allowed=True, ser_json_inf_nan="constants")
_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any, config=_LOOSE)
_NOT_DUMPED = (PydanticSerializationError, ValueError, TypeError, RecursionError)


def signature_of(function: Callable[..., Any], inject: Collection[str] = (), name: str = "") -> Signature:
    """Return the parameters of a function, without those that are handed in by name (``inject``).

    ``name`` is what errors call the function. Raises `TypeError` for parameters that can't be named by a caller
    (``*args``, ``**kwargs``, positional-only). Annotations are evaluated on first use, so that they may name what is
    defined later in the module.
    """
    name = name or getattr(function, "__qualname__", repr(function))
    parameters = inspect.signature(function).parameters
    for parameter in parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            msg = f"{name}: the parameter {parameter} can't be given by name; write it as a plain named parameter."
            raise TypeError(msg)
    return Signature(
        function=function,
        name=name,
        injected=tuple(key for key in parameters if key in inject),
        defaults={key: p.default for key, p in parameters.items() if key not in inject},
        positional=tuple(
            key for key, p in parameters.items() if key not in inject and p.kind is p.POSITIONAL_OR_KEYWORD
        ),
    )


@dataclass(frozen=True)
class Signature:
    """The parameters of a function by name, and its result. ``defaults`` holds ``inspect.Parameter.empty`` for none."""

    function: Callable[..., Any]
    name: str
    injected: tuple[str, ...]
    defaults: Mapping[str, Any]
    positional: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that a caller gives."""
        return tuple(self.defaults)

    @property
    def required(self) -> tuple[str, ...]:
        """Those without a default."""
        return tuple(key for key, default in self.defaults.items() if default is inspect.Parameter.empty)

    def validate(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments converted to their types, defaults left to the function.

        Raises `ParameterError` that names every missing, unknown and wrong parameter.
        """
        problems = self.misnamed(given)
        problems |= {key: _("is missing") for key in self.required if key not in given}
        values: dict[str, Any] = {}
        for key, value in given.items():
            if key in problems:
                continue
            try:
                values[key] = self._types[key].validate_python(value)
            except ValidationError as error:
                problems[key] = told(error)
        if problems:
            raise ParameterError(problems, of=self.name)
        return values

    def misnamed(self, given: Collection[str]) -> dict[str, str]:
        """Return a text for each name that is no parameter."""
        known = ", ".join(self.names) or _("none")
        text = _("is no parameter; it takes: %(known)s") % {"known": known}
        return {key: text for key in given if key not in self.defaults}

    def jsonable(self, key: str, value: Any) -> Any:
        """Return one argument as JSON holds it, checked against its type. Raises `ParameterError`."""
        try:
            return _dumped(self._types[key], self._types[key].validate_python(value))
        except ValidationError as error:
            raise ParameterError({key: told(error)}, of=self.name) from None
        except _NOT_DUMPED as error:
            raise ParameterError({key: str(error)}, of=self.name) from None

    def dump_result(self, value: Any) -> Any:
        """Return the function's result as JSON holds it; a record becomes its model and key.

        The annotation says how; a result of another type than annotated is stored as what it is, because its effect
        is done. Raises `ResultNotStorable`.
        """
        if hasattr(value, "_meta") and hasattr(value, "pk"):
            return {"model": value._meta.label, "pk": str(value.pk)}
        try:
            return _dumped(self._result, value)
        except _NOT_DUMPED:
            pass
        try:
            return _dumped(_ANYTHING, value)
        except _NOT_DUMPED as error:
            raise ResultNotStorable(self.name, value, str(error)) from None

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema of the parameters as one object; a type without a schema allows anything."""
        properties: dict[str, Any] = {}
        for key, adapter in self._types.items():
            properties[key] = _schema(adapter)
            if key not in self.required:
                try:
                    properties[key]["default"] = adapter.dump_python(self.defaults[key], mode="json", warnings="error")
                except PydanticSerializationError:
                    continue
        return {
            "type": "object",
            "properties": properties,
            "required": list(self.required),
            "additionalProperties": False,
        }

    @property
    def types(self) -> Mapping[str, TypeAdapter[Any]]:
        """What validates each parameter. Raises `TypeError` for an annotation that can't be used."""
        return self._types

    @property
    def result_type(self) -> TypeAdapter[Any]:
        """What dumps the result. Raises `TypeError` for an annotation that can't be used."""
        return self._result

    @cached_property
    def _types(self) -> dict[str, TypeAdapter[Any]]:
        hints = self._hints
        return {key: _adapter(hints.get(key, Any), f"{self.name}({key}=…)") for key in self.defaults}

    @cached_property
    def _result(self) -> TypeAdapter[Any]:
        return _adapter(self._hints.get("return", Any), f"{self.name}() → …")

    @cached_property
    def _hints(self) -> dict[str, Any]:
        # The types of injected parameters are often imported for type checkers alone, and are not needed here.
        wanted = {key: hint for key, hint in _annotations(self.function).items() if key not in self.injected}
        try:
            return get_type_hints(
                SimpleNamespace(__annotations__=wanted),
                globalns=getattr(inspect.unwrap(self.function), "__globals__", {}),
                include_extras=True,
            )
        except NameError as error:
            msg = f"{self.name}: the annotation {error.name!r} is not defined when the module runs; import it for real."
            raise TypeError(msg) from error


def told(error: ValidationError) -> str:
    """Return what a validation of one value found, in a line."""
    texts = []
    for item in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in item["loc"])
        texts.append(f"{place}: {item['msg']}" if place else item["msg"])
    return "; ".join(texts)


def _dumped(adapter: TypeAdapter[Any], value: Any) -> Any:
    dumped = adapter.dump_python(value, mode="json", warnings="error")
    json.dumps(dumped, allow_nan=False)
    return dumped


def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    return dict(inspect.get_annotations(inspect.unwrap(function)))


def _adapter(hint: Any, place: str) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(hint, config=_LOOSE)
    except PydanticUndefinedAnnotation as error:
        msg = f"{place}: the annotation {error.name!r} is not defined; import it for real."
        raise TypeError(msg) from error
    except PydanticUserError:  # a model or dataclass, which has a configuration of its own
        pass
    try:
        return TypeAdapter(hint)
    except PydanticUserError as error:
        msg = f"{place}: the annotation can't be used: {error.message}"
        raise TypeError(msg) from error


def _schema(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    from pydantic.errors import PydanticInvalidForJsonSchema

    try:
        return adapter.json_schema()
    except PydanticInvalidForJsonSchema:
        return {}
