"""Spans of time as people say them, in the language of who reads."""

from __future__ import annotations

from django.utils.formats import number_format

MINUTE, HOUR, DAY = 60, 3600, 86_400


def span_text(milliseconds: float) -> str:
    """Return so many milliseconds as text: ``12 ms``, ``3.4 s``, ``4 min 5 s``, ``2 h 10 min``, ``3 d 4 h``."""
    if milliseconds < 1:
        return "< 1 ms" if milliseconds > 0 else "0 ms"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < MINUTE:
        return f"{number_format(round(seconds, 1), 1)} s"
    whole = round(seconds)
    for size, unit, below, small in ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "min"), (MINUTE, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // below
            return f"{whole // size} {unit} {rest} {small}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"
