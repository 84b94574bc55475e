"""The parameters of a controller's method: as those of any action, and records by their primary keys."""

from __future__ import annotations

import inspect
import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cached_property
from typing import Annotated, Any, get_args, get_origin

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DataError, models
from pydantic import PlainValidator, WithJsonSchema
from pydantic import ValidationError as PydanticError
from pydantic_core import PydanticCustomError, PydanticSerializationError

from meanwhile.actions.parameters import Signature, signature_of, told
from meanwhile.exceptions import ParameterError
from meanwhile.texts import gettext as _

NOT_FOUND = "record_not_found"
"""The type of the error of a key that no record has."""

UNIONS = (typing.Union, types.UnionType)


class BadParameters(ParameterError):
    """A `ParameterError` that also knows which of the parameters are keys of records that do not exist."""

    def __init__(self, fields: Mapping[str, str], absent: frozenset[str], of: str = "") -> None:
        super().__init__(fields, of)
        self.absent = absent


class MethodSignature(Signature):
    """The parameters of a method without ``self``, and its result."""

    def validate(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments converted to their types. Raises `BadParameters`."""
        if given.keys() <= self.defaults.keys() and self._needed <= given.keys():
            try:
                return {key: self._validators[key](value) for key, value in given.items()}
            except PydanticError:
                pass
        raise self._all_problems(given)

    def result_as_json(self, value: Any) -> bytes:
        """Return the method's result as a JSON text without line breaks. Raises `ResultNotStorable`."""
        try:
            written = self._result.serializer.to_json(value, by_alias=True, warnings="error", fallback=_told_of_record)
        except (PydanticSerializationError, ValueError, TypeError, RecursionError):
            written = b""
        if not written or b"NaN" in written or b"Infinity" in written:  # those are no JSON
            return json.dumps(self.dump_result(value), separators=(",", ":")).encode("ascii")
        return written

    def _all_problems(self, given: Mapping[str, Any]) -> BadParameters:
        problems = self.misnamed(given)
        problems |= {key: _("is missing") for key in self.required if key not in given}
        absent = set()
        for key, value in given.items():
            if key in problems:
                continue
            try:
                self._validators[key](value)
            except PydanticError as error:
                problems[key] = told(error)
                if error.errors(include_url=False, include_input=False)[0]["type"] == NOT_FOUND:
                    absent.add(key)
        return BadParameters(problems, frozenset(absent), of=self.name)

    @cached_property
    def _validators(self) -> dict[str, Callable[[Any], Any]]:
        return {key: adapter.validate_python for key, adapter in self._types.items()}

    @cached_property
    def _needed(self) -> frozenset[str]:
        return frozenset(self.required)


def signature_of_method(method: Callable[..., Any], name: str) -> MethodSignature:
    """Return the parameters of a method without the first, ``self``; a record is validated from its primary key.

    Raises `TypeError` for ``*args``, and for an annotation that is not defined.
    """
    original = inspect.unwrap(method)
    first = next(iter(inspect.signature(original).parameters), "self")
    plain = signature_of(_with_keys(original), inject={first}, name=name)
    return MethodSignature(**{field.name: getattr(plain, field.name) for field in fields(plain)})


def models_of(method: Callable[..., Any]) -> dict[str, type[models.Model]]:
    """Return the models of those parameters that are records (``Booking`` or ``Booking | None``), by parameter."""
    hints = hints_of(inspect.unwrap(method))
    found = {key: model_in(hint) for key, hint in hints.items() if key != "return"}
    return {key: model for key, model in found.items() if model is not None}


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return a function's annotations, evaluated. Raises `TypeError` for one that is not defined."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        msg = f"{function.__qualname__}: the annotation {error.name!r} is not defined when the module runs."
        raise TypeError(msg) from error


def model_in(hint: Any) -> type[models.Model] | None:
    """Return the model of ``Model``, ``Model | None`` and their annotated forms; None for any other annotation."""
    if isinstance(hint, type) and issubclass(hint, models.Model):
        return hint
    if get_origin(hint) is Annotated:
        return model_in(get_args(hint)[0])
    if get_origin(hint) in UNIONS:
        others = [part for part in get_args(hint) if part is not type(None)]
        return model_in(others[0]) if len(others) == 1 else None
    return None


def _with_keys(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of the same parameters, of which those that are records are read from their keys."""
    written: Any = function
    copy = types.FunctionType(
        written.__code__, written.__globals__, written.__name__, written.__defaults__, written.__closure__
    )
    copy.__kwdefaults__ = written.__kwdefaults__
    copy.__qualname__ = written.__qualname__
    copy.__annotations__ = {key: hint if key == "return" else _read(hint) for key, hint in hints_of(function).items()}
    return copy


def _read(hint: Any) -> Any:
    model = model_in(hint)
    if model is None:
        return hint
    may_be_none = get_origin(hint) in UNIONS or (
        get_origin(hint) is Annotated and get_origin(get_args(hint)[0]) in UNIONS
    )
    schema = _schema(model)
    if may_be_none:
        schema = {"anyOf": [schema, {"type": "null"}]}
    return Annotated[hint, PlainValidator(_reader(model, may_be_none)), WithJsonSchema(schema)]


def _reader(model: type[models.Model], may_be_none: bool) -> Callable[[Any], models.Model | None]:
    def read(value: Any) -> models.Model | None:
        if isinstance(value, model) or (value is None and may_be_none):
            return value
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise PydanticCustomError("record_key", "{text}", {"text": _("must be the key of a record")})
        try:
            return model._default_manager.get(pk=model._meta.pk.to_python(value))
        except (ObjectDoesNotExist, ValidationError, ValueError, OverflowError, DataError):
            raise PydanticCustomError(NOT_FOUND, "{text}", {"text": _("does not exist")}) from None

    return read


def _told_of_record(value: Any) -> Any:
    """Return how a record is told, wherever it stands in a result. Raises `PydanticSerializationError` for others."""
    if isinstance(value, models.Model):
        return {"model": value._meta.label, "pk": str(value.pk)}
    raise PydanticSerializationError(f"{type(value).__name__} has no JSON")


def _schema(model: type[models.Model]) -> dict[str, Any]:
    whole = isinstance(model._meta.pk, models.IntegerField)
    return {"type": "integer" if whole else "string"}
