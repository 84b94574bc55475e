"""The page of last resort: the database is away, so not even the form can be shown, but what was typed is kept."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string

from meanwhile import conf

RETRY_AFTER = 5
"""Seconds after which a program may try again."""


def try_again_response(request: HttpRequest, problem: str) -> HttpResponse:
    """Return a page that needs no database and holds what was typed, with a button that sends it again.

    Passwords and the like (`SENSITIVE_FIELDS`) are not written into the page; the form asks for them again.
    Rendered without the request, so that no context processor reaches for the database.
    """
    context = {
        "problem": problem,
        "action": request.get_full_path(),
        "typed": typed_input(request),
        "files_lost": bool(request.FILES),
        "csrf_token": get_token(request),
    }
    page = render_to_string("meanwhile/try_again.html", context)
    return HttpResponse(
        page, status=503, headers={"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store, private"}
    )


def typed_input(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what was typed as pairs of name and value, several for a field with several values."""
    secret = [re.compile(pattern, re.IGNORECASE) for pattern in (*conf.get().sensitive_fields, "^csrfmiddlewaretoken$")]
    return [
        (name, value)
        for name, values in request.POST.lists()
        if not any(pattern.search(name) for pattern in secret)
        for value in values
    ]
