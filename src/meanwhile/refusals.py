"""Why a value can't stand in a document, in words for whoever wrote it. Pure; the types of errors are pydantic's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from meanwhile.texts import gettext as _

QUOTED = re.compile(r"'([^']*)'")


def refusal(kind: str, facts: Mapping[str, Any]) -> str:
    """Return what is wrong, as a part of a sentence; empty for a type of error that there are no words for."""
    say = BY_KIND.get(kind) or BY_KIND.get(kind.rpartition("_")[0], lambda _facts: "")
    return say(facts)


def refusal_of_lazy(value: object) -> str:
    """Return why a lazy translation of Django's can't stand in a document; empty for any other value."""
    if type(value).__name__ != "__proxy__":
        return ""
    return _("is a lazy translation, and a document is in one language: write the text itself")


BY_KIND: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "string": lambda _facts: _("must be a text"),
    "string_too_short": lambda facts: (
        _("needs a text")
        if facts.get("min_length") == 1
        else _("must have at least %(limit)s characters") % {"limit": facts.get("min_length")}
    ),
    "string_too_long": lambda facts: _("may have at most %(limit)s characters") % {"limit": facts.get("max_length")},
    "int": lambda _facts: _("must be a whole number"),
    "int_from": lambda _facts: _("must be a whole number"),
    "float": lambda _facts: _("must be a number"),
    "finite": lambda _facts: _("must be a number"),
    "bool": lambda _facts: _("must be yes or no"),
    "dict": lambda _facts: _("must be an object"),
    "too_short": lambda facts: (
        _("needs at least %(limit)s entries, and has %(n)s")
        % {"limit": facts.get("min_length"), "n": facts.get("actual_length")}
    ),
    "too_long": lambda facts: (
        _("may have at most %(limit)s entries, and has %(n)s")
        % {"limit": facts.get("max_length"), "n": facts.get("actual_length")}
    ),
    "greater_than": lambda facts: _("must be more than %(limit)s") % {"limit": facts.get("gt")},
    "greater_than_equal": lambda facts: _("must be at least %(limit)s") % {"limit": facts.get("ge")},
    "less_than": lambda facts: _("must be less than %(limit)s") % {"limit": facts.get("lt")},
    "less_than_equal": lambda facts: _("must be at most %(limit)s") % {"limit": facts.get("le")},
    "literal": lambda facts: (
        _("must be one of: %(known)s") % {"known": ", ".join(QUOTED.findall(str(facts.get("expected", ""))))}
    ),
    "datetime": lambda _facts: _("must be a date and time"),
    "datetime_from_date": lambda _facts: _("must be a date and time"),
    "timezone": lambda _facts: _("must be a date and time with its offset from UTC"),
}
"""What is said of a type of error, also by the type without its last word (``string`` for ``string_type``)."""
