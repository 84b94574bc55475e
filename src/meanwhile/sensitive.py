"""Which fields never enter history, templates or error texts (spec, "History")."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from meanwhile import conf

ALWAYS = "password"


def is_sensitive(name: str) -> bool:
    """Say whether a field of this name is kept out: it matches one of ``SENSITIVE_FIELDS``, or is a password."""
    return matches(name, conf.get().sensitive_fields)


@lru_cache(maxsize=4096)
def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Say whether a name matches one of some regular expressions, anywhere and in any case, or is a password's."""
    return any(re.search(pattern, name, re.IGNORECASE) for pattern in (*patterns, ALWAYS))


def without_sensitive(value: Any) -> Any:
    """Return JSON data without the keys of sensitive names, at any depth."""
    match value:
        case dict():
            return {key: without_sensitive(part) for key, part in value.items() if not is_sensitive(str(key))}
        case list():
            return [without_sensitive(part) for part in value]
    return value
