"""The few statements that are written by hand, because they run for every job, and what they share.

Table and column names below are this app's own constants; every value is a parameter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from django.utils.dateparse import parse_datetime

TABLE = "meanwhile_job"
"""The table of `Job`."""

PAUSE = "meanwhile_queuepause"
"""The table of `QueuePause`."""

LONGEST_TEXT = 10_000
"""Characters of an error that are kept."""

# What stands behind a backslash in JSON: a whole surrogate pair, any other escape, or one character.
_ESCAPES = re.compile(r"\\(ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|u[0-9a-f]{4}|.)")
UNSTORABLE_ESCAPES = {"u0000"}
SURROGATES = ("ud8", "ud9", "uda", "udb", "udc", "udd", "ude", "udf")
LONE_ESCAPE = len("u0000")

ENCODER = DjangoJSONEncoder(separators=(",", ":"), allow_nan=False)

SERIAL = "state IN ('ready', 'running') AND NOT (serial_key = '')"
"""The condition of the index ``meanwhile_job_serial``, letter by letter: SQLite uses a partial index only where it
reads the same condition, with its constants written out. The same goes for ``state = 'running'``."""

BEGUN = "state IN ('ready', 'running') AND started IS NOT NULL AND NOT (serial_key = '')"
"""The condition of the index ``meanwhile_job_begun``: the few serial jobs that run, or wait for their next try."""


def moment(connection: BaseDatabaseWrapper, value: datetime | None) -> Any:
    """Return an aware moment as a parameter for a DateTimeField column of this database, under ``USE_TZ = True``."""
    if value is None:
        return None
    if value.tzinfo is UTC and connection.vendor == "sqlite" and connection.timezone is UTC:
        return str(value.replace(tzinfo=None))  # what comes of the way below, which is a long one
    if not timezone.is_aware(value):
        msg = f"A moment of the queue must be aware, {value!r} is naive."
        raise ValueError(msg)
    return connection.ops.adapt_datetimefield_value(value)


def read_moment(connection: BaseDatabaseWrapper, value: Any) -> datetime:
    """Return what a bare cursor read from a DateTimeField column, as an aware moment."""
    read = parse_datetime(value) if isinstance(value, str) else value
    if not isinstance(read, datetime):
        msg = f"The queue's table holds {value!r} where a moment should be."
        raise TypeError(msg)
    if timezone.is_aware(read):
        return read
    return timezone.make_aware(read, connection.timezone)


def as_json(value: Any) -> str:
    """Return a JSON text as `JSONField(encoder=DjangoJSONEncoder)` would store it.

    Raises `TypeError` for what JSON can't hold, and `ValueError` for what one of the databases would refuse: numbers
    that are not finite, NUL characters and halves of surrogate pairs.
    """
    written = ENCODER.encode(value)
    for escape in _ESCAPES.findall(written) if "\\u" in written else ():
        if escape in UNSTORABLE_ESCAPES or (len(escape) == LONE_ESCAPE and escape.startswith(SURROGATES)):
            message = f"The character \\{escape} can't be stored in a database."
            raise ValueError(message)
    return written


def text(value: str, length: int = LONGEST_TEXT) -> str:
    """Return a text as any text column takes it: without NUL and halves of surrogate pairs, cut to ``length``."""
    return value[:length].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def from_json(value: Any) -> Any:
    """Return what a JSON column read by a bare cursor holds (text on SQLite and with Django's psycopg adapters)."""
    return json.loads(value) if isinstance(value, str | bytes) else value


def assignments(values: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Return the ``a = %s, b = %s`` part of an UPDATE, and its parameters. Keys are column names of `TABLE`."""
    return ", ".join(f"{column} = %s" for column in values), list(values.values())


def is_postgresql(connection: BaseDatabaseWrapper) -> bool:
    """Say whether this connection speaks to PostgreSQL (else it is SQLite)."""
    return connection.vendor == "postgresql"
