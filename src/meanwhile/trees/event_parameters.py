"""The parameters that some events declare: their types, and how given ones are checked. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args
from typing import Literal as OneOf

from pydantic import ConfigDict, TypeAdapter, ValidationError

from meanwhile.actions.parameters import told
from meanwhile.exceptions import ParameterError
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
"""The types of parameters, as documents name them."""

FINITE = ConfigDict(allow_inf_nan=False)
"""A parameter goes into a job as JSON, which has no infinity and no NaN."""

MOST_DIGITS = 1000
"""A decimal of more places before or behind its point is none: as a whole number, 1e99999999 takes hours to write."""

_NAMES = {python: name for name, python in PYTHON_TYPES.items()}


def named_types(parameters: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return declared parameters with the names of their types, where Python types are given."""
    return {
        name: _NAMES.get(kind, kind) if isinstance(kind, type) else kind for name, kind in (parameters or {}).items()
    }


def validated(declared: Mapping[str, str], given: Mapping[str, Any], of: str = "") -> dict[str, Any]:
    """Return parameters converted to their types; ``of`` is what an error calls the tree.

    Raises `ParameterError` that names every missing, unknown and wrong one.
    """
    known = ", ".join(declared) or _("none")
    unknown = _("is no parameter; it takes: %(known)s") % {"known": known}
    problems = {name: unknown for name in given if name not in declared}
    values: dict[str, Any] = {}
    for name, kind in declared.items():
        if name not in given:
            problems[name] = _("is missing")
            continue
        try:
            values[name] = TypeAdapter(PYTHON_TYPES[kind], config=FINITE).validate_python(given[name])
        except ValidationError as error:
            problems[name] = told(error)
            continue
        if isinstance(number := values[name], Decimal) and abs(number.adjusted()) > MOST_DIGITS:
            problems[name] = _("must be a number")
    if problems:
        raise ParameterError(problems, of=of)
    return values
