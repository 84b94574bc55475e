"""Make stored values fit: without characters that no database takes, and not longer than a payload may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meanwhile.queue import sql

LONGEST_ESCAPE = len("\\ud83d\\ude00")
PLAIN = 2 * 64 + 32
"""Bytes of JSON that a name needs at most, here and in ``changed``, with a number or nothing."""


def clean(stored: dict[str, Any]) -> dict[str, Any]:
    """Return a stored ``old`` or ``new`` with each character replaced that no database takes: NUL, half a pair."""
    for value in stored["values"].values():
        if isinstance(value, list | dict) or (isinstance(value, str) and "\0" in value):
            return {**stored, "values": _cleaned(stored["values"])}
    return stored  # as nearly all are


def _cleaned(data: Any) -> Any:
    match data:
        case str():
            return sql.text(data, len(data))
        case list():
            return [_cleaned(item) for item in data]
        case dict():
            return {_cleaned(name): _cleaned(value) for name, value in data.items()}
        case _:
            return data


def cut_to(limit: int, event: dict[str, Any]) -> dict[str, Any]:
    """Leave out the longest values of a stored event until it has at most ``limit`` bytes of JSON.

    The names of those left out join the ones in ``cut``.
    """
    if _surely_fits(limit, event):
        return event
    size = len(sql.as_json(event))
    sides = {side: dict(event[side]["values"]) for side in ("old", "new")}
    cut = {side: list(event[side]["cut"]) for side in sides}
    lengths = sorted(
        ((len(sql.as_json(value)), side, name) for side, values in sides.items() for name, value in values.items()),
        reverse=True,
    )
    for length, side, name in lengths:
        if size <= limit:
            break
        del sides[side][name]
        cut[side].append(name)
        size -= length  # its name only moves
    return {**event, **{side: {"values": sides[side], "cut": sorted(cut[side])} for side in sides}}


def _surely_fits(limit: int, event: Mapping[str, Any]) -> bool:
    """Say, without writing any JSON, that an event is far from the limit, as nearly all are."""
    room = limit
    for side in ("old", "new"):
        values = event[side]["values"]
        room -= PLAIN * len(values)
        for value in values.values():
            if isinstance(value, str):
                room -= LONGEST_ESCAPE * len(value)
            elif isinstance(value, list | dict):
                return False
    return room > 0
