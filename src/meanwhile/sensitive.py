"""Which fields never enter history, templates or error texts (spec, "History")."""

from __future__ import annotations

import re
from functools import lru_cache

from meanwhile import conf

ALWAYS = "password"


def is_sensitive(name: str) -> bool:
    """Say whether a field of this name is kept out: it matches one of ``SENSITIVE_FIELDS``, or is a password."""
    return any(pattern.search(name) for pattern in patterns(conf.get().sensitive_fields))


@lru_cache(maxsize=8)
def patterns(given: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Return compiled patterns for the names of sensitive fields, that of passwords always among them."""
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in (*given, ALWAYS))
