"""Django's check against forged requests, with an answer that a queue can act on.

The endpoint checks by itself, also where a project leaves out Django's middleware, and refuses in JSON. The refusal
carries a fresh token: an expired one, or one that changed with a login in another tab, is renewed without a reload.
Reading it from another site is prevented by the browser, as for any page with a form.
"""

from __future__ import annotations

import re
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CSRF_SECRET_LENGTH, CSRF_TOKEN_LENGTH, CsrfViewMiddleware, get_token
from django.utils.crypto import salted_hmac

TOKEN = re.compile(f"[0-9A-Za-z]{{{CSRF_TOKEN_LENGTH}}}")


class CsrfCheck(CsrfViewMiddleware):
    """Django's check, which here returns why a request is refused."""

    def _reject(self, request: HttpRequest, reason: str) -> Any:  # noqa: ARG002 - Django's signature
        return reason

    def is_foreign(self, request: HttpRequest) -> bool:
        """Say whether the request comes from a page of another site."""
        return "HTTP_ORIGIN" in request.META and not self._origin_verified(request)  # type: ignore[attr-defined]


def problem_of(request: HttpRequest) -> str:
    """Return why a request may be forged, in Django's words; an empty text if it is fine."""
    marked = cast("Any", request)
    marked.csrf_processing_done = False  # what another middleware found out is no reason to trust it
    return str(_check().process_view(request, cast("Any", None), (), {}) or "")


def renewed_token(request: HttpRequest) -> str:
    """Return a token for the next request; an empty text for a page of another site."""
    check = _check()
    if check.is_foreign(request):
        return ""
    if "CSRF_COOKIE" not in request.META:
        check.process_request(request)
    if "CSRF_COOKIE" not in request.META and (secret := _secret_of_page(request)):
        request.META.update(CSRF_COOKIE=secret, CSRF_COOKIE_NEEDS_UPDATE=True)
    return get_token(request)


def _secret_of_page(request: HttpRequest) -> str:
    """Return the secret for a new cookie; an empty text if any will do.

    A page has up to four requests under way. When the cookie is gone, all are refused at the same time, and all must be
    given the same one: of different ones the last would undo the tokens of the others. What they have in common is the
    session or else the token that the page was made with, which another site can't make a browser send.
    """
    session = getattr(request, "session", None)
    token = request.META.get(settings.CSRF_HEADER_NAME, "")
    common = getattr(session, "session_key", None) or (token if TOKEN.fullmatch(token) else "")
    return salted_hmac(__name__, common, algorithm="sha256").hexdigest()[:CSRF_SECRET_LENGTH] if common else ""


def set_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Give the answer the cookie that belongs to a renewed token."""
    _check().process_response(request, response)


def _check() -> CsrfCheck:
    return CsrfCheck(lambda _request: HttpResponse())
