"""Django's check against forged requests, with an answer that a queue can act on.

The endpoint checks by itself, also where a project leaves out Django's middleware, and refuses in JSON. The refusal
carries a fresh token: an expired one, or one that changed with a login in another tab, is renewed without a reload.
Reading it from another site is prevented by the browser, as for any page with a form.
"""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token


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
    return get_token(request)


def set_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Give the answer the cookie that belongs to a renewed token."""
    _check().process_response(request, response)


def _check() -> CsrfCheck:
    return CsrfCheck(lambda _request: HttpResponse())
