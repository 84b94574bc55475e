"""What a step's history keeps of its result, and at what length."""

from __future__ import annotations

import math
from typing import Any

from meanwhile import conf
from meanwhile.exceptions import ResultNotStorable
from meanwhile.queue import sql
from meanwhile.queue.error_text import describe


def storable_result(label: str, result: Any) -> dict[str, Any]:
    """Return what a step's history keeps of its result: ``result``, or ``cut`` (its bytes of JSON) if it is too long.

    Raises `ResultNotStorable`.
    """
    if result is None:
        return {}
    try:
        if _surely_fits(result, conf.get().max_history_value):
            return {"result": result}
        size = len(sql.as_json(result))
    except (TypeError, ValueError, RecursionError) as problem:
        raise ResultNotStorable(label, result, describe(problem)) from problem
    return {"result": result} if size <= conf.get().max_history_value else {"cut": size}


def _surely_fits(result: Any, limit: int) -> bool:
    """Say of what nearly all steps return, a few words and numbers, that it can be stored, without writing its JSON."""
    if type(result) is not dict:
        return _room(result) <= limit
    return sum(map(_room, result)) + sum(map(_room, result.values())) <= limit


def _room(value: Any) -> float:
    """Return how many bytes of JSON a part of a result takes at most, infinite if that can't be told at a glance."""
    if type(value) is str and value.isascii() and value.isprintable():
        return 2 * len(value) + 4
    if type(value) is list:
        return 4 + sum(map(_room, value))
    return math.inf
