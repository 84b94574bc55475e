"""An error as a text that can be stored and shown."""

from __future__ import annotations

from meanwhile.exceptions import MeanwhileError
from meanwhile.queue import sql


def describe(error: BaseException) -> str:
    """Return an error as one text that can be stored, whatever the error is: our own messages as they are, others
    with the name of their type."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a broken __str__ must not hide that there was an error
        text = ""
    if isinstance(error, MeanwhileError) and text:
        return sql.text(text)
    return sql.text(f"{type(error).__name__}: {text}" if text else type(error).__name__)
