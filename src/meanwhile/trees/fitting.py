"""Make stored values fit: without characters that no database takes, and not longer than a payload may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meanwhile.queue import sql

LONGEST_ESCAPE = len("\\ud83d\\ude00")
PLAIN = 64
"""Bytes of JSON that a number, a date or nothing needs at most."""


def clean(data: Any) -> Any:
    """Return JSON data with each NUL character and half of a surrogate pair replaced; a text without is not copied."""
    match data:
        case str():
            return data if data.isascii() and "\0" not in data else sql.text(data, len(data))
        case list():
            return [clean(item) for item in data]
        case dict():
            return {clean(name): clean(value) for name, value in data.items()}
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
    most = 0
    for side in ("old", "new"):
        for name, value in event[side]["values"].items():
            if isinstance(value, list | dict):
                return False
            most += PLAIN + 2 * len(name) + (LONGEST_ESCAPE * len(value) if isinstance(value, str) else 0)
    return most < limit
