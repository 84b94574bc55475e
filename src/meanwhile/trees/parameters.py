"""Check the parameters of a Called tree against the types that its event declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from meanwhile.exceptions import ParameterError
from meanwhile.trees.events import PYTHON_TYPES, Called


def checked(event: Called, given: Mapping[str, Any], *, of: str) -> dict[str, Any]:
    """Return the parameters with their declared types. Raises `ParameterError`, which names each wrong, missing or
    unknown one."""
    problems = {name: "is no parameter of this tree" for name in given if name not in event.parameters}
    values: dict[str, Any] = {}
    for name, kind in event.parameters.items():
        if name not in given:
            problems[name] = f"is missing, it must be of type {kind}"
            continue
        try:
            values[name] = TypeAdapter(PYTHON_TYPES[kind]).validate_python(given[name])
        except ValidationError as error:
            problems[name] = f"must be of type {kind}: {error.errors()[0]['msg']}"
    if problems:
        raise ParameterError(problems, of=of)
    return values
