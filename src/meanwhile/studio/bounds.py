"""How large a draft may be: asked before anything else is done with what a browser sent. Walks without recursion."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.studio.errors import EditProblem
from meanwhile.trees.limits import Limits, problems_before_reading

DEEPEST_JSON = 120
"""Levels of JSON objects and lists within one another."""


def check_document(document: Any) -> None:
    """Raise `EditProblem` for a draft that is no object, or too large or too deep to be kept."""
    if not isinstance(document, dict):
        raise EditProblem(_("A draft is a JSON object."))
    check_depth(document)
    settings = conf.get()
    problems = problems_before_reading(document, Limits(settings.max_nodes, settings.max_nesting))
    if problems:
        raise EditProblem("; ".join(f"{path}: {text}" if path else text for path, text in problems[:5]))
    try:
        size = len(json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode())
    except (TypeError, ValueError) as error:
        raise EditProblem(_("The draft is no JSON: %(error)s") % {"error": error}) from None
    if size > settings.studio_max_document:
        text = _("The draft has %(size)s bytes, and %(limit)s are allowed (STUDIO_MAX_DOCUMENT).")
        raise EditProblem(text % {"size": size, "limit": settings.studio_max_document})


def check_depth(data: Any) -> None:
    """Raise `EditProblem` for JSON data that is nested too deep to be worked on, whatever it is."""
    waiting = [(data, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEEPEST_JSON:
            raise EditProblem(_("This is nested deeper than %(n)s levels.") % {"n": DEEPEST_JSON})
        if isinstance(value, dict):
            waiting += [(child, depth + 1) for child in value.values()]
        elif isinstance(value, list):
            waiting += [(child, depth + 1) for child in value]
