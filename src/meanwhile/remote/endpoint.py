"""The one address that pages send their actions to (client actions, "On the wire")."""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import Error, transaction
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.http.request import UnreadablePostError
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from meanwhile import conf
from meanwhile.remote import csrf, registry, wire
from meanwhile.remote.access import is_logged_in, login_required
from meanwhile.remote.answer import AsyncAnswer, SyncAnswer
from meanwhile.remote.throttle import Slot
from meanwhile.remote.work import Step, Work, busy_text, take_slot, takes_slot, too_many_text
from meanwhile.texts import gettext as _

GZIP = "django.middleware.gzip.GZipMiddleware"

logger = logging.getLogger("meanwhile.remote")


@csrf_exempt  # it checks by itself and answers in JSON
@transaction.non_atomic_requests
def endpoint(request: HttpRequest) -> HttpResponseBase:
    """Run the actions of one request, and answer with a line for each as it ends."""
    try:
        work = _accepted(request)
    except wire.RequestRefused as refusal:
        return refused(request, refusal)
    except Error:
        logger.exception("A request could not be accepted")
        return refused(request, wire.RequestRefused(503, "server_error", busy_text()))
    answer: Any = AsyncAnswer(work) if isinstance(request, ASGIRequest) else SyncAnswer(work)
    response = StreamingHttpResponse(answer, content_type=wire.CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # nginx hands on what it gets
    if GZIP in settings.MIDDLEWARE:
        response["Content-Encoding"] = "identity"  # that middleware leaves it alone, instead of keeping lines back
    return response


def refused(request: HttpRequest, refusal: wire.RequestRefused) -> JsonResponse:
    """Return the answer to a request that is refused as a whole."""
    error = wire.error(refusal.code, refusal.message)
    if refusal.code == "csrf" and (token := csrf.renewed_token(request)):
        error["token"] = token
    response = JsonResponse({"error": error}, status=refusal.status)
    response["Cache-Control"] = "no-store"
    match refusal.code:
        case "csrf":
            csrf.set_cookie(request, response)
        case "too_many":
            response["Retry-After"] = "1"
        case "method_not_allowed":
            response["Allow"] = "POST"
    return response


def check_csrf(request: HttpRequest) -> None:
    """Refuse a request that may be forged. Raises `RequestRefused`."""
    problem = csrf.problem_of(request)
    if problem:
        logger.warning("Forbidden: %s", problem, extra={"path": request.path})
        text = _("This page has been open for a long time. Please try again, or load it again.")
        raise wire.RequestRefused(403, "csrf", f"{text} ({problem})" if settings.DEBUG else text)


def owner_of(request: HttpRequest) -> str:
    """Return who a request comes from, as background places are counted: a user, else a session, else an address."""
    user = getattr(request, "user", None)
    if is_logged_in(user):
        return f"u:{user.pk}"[:200]  # type: ignore[union-attr]
    session = getattr(request, "session", None)
    if session is not None:
        session.keys()  # reads it: a key that anybody may have sent, and no session has, is forgotten then
        if session.session_key:
            return f"s:{hashlib.sha256(session.session_key.encode()).hexdigest()[:40]}"  # whoever has a key is let in
    return f"a:{request.META.get('REMOTE_ADDR', '')}"[:200]


def _accepted(request: HttpRequest) -> Work:
    if request.method != "POST":
        raise wire.RequestRefused(405, "method_not_allowed", _("Actions are sent by POST."))
    if request.content_type != "application/json":
        raise wire.RequestRefused(415, "unsupported_media_type", _("Actions are sent as application/json."))
    check_csrf(request)
    settings_ = conf.get()
    limits = wire.Limits(settings_.remote_max_actions, settings_.remote_max_body, settings_.remote_max_depth)
    batch = wire.parse(_body(request, limits.body), limits)
    known = registry.current().actions()
    steps = [Step(call, known.get(call.action)) for call in batch.calls]
    _ask_for_login(request, steps)
    owner, slot = "", None
    if batch.lane == "background" or any(step.bound and step.bound.background for step in steps):
        owner = owner_of(request)
        slot = _slot_for(batch, steps, owner)
    return Work(request, steps, owner=owner, slot=slot)


def _body(request: HttpRequest, limit: int) -> bytes:
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            raise wire.too_large(limit)
        return request.read(limit + 1)
    except (UnreadablePostError, ValueError):
        raise wire.RequestRefused(400, "malformed", _("The request could not be read.")) from None


def _ask_for_login(request: HttpRequest, steps: list[Step]) -> None:
    """Refuse all of it where nothing of it is for somebody who is not logged in."""
    public = [step.bound.public for step in steps if step.bound is not None]
    if public and not any(public) and not is_logged_in(getattr(request, "user", None)):
        raise wire.RequestRefused(401, "login_required", login_required().message)


def _slot_for(batch: wire.Batch, steps: list[Step], owner: str) -> Slot | None:
    """Take the place of a background request. In a foreground one each background action takes its own."""
    bound = steps[0].bound
    if batch.lane == "foreground" or bound is None or (bound.background and not takes_slot(bound)):
        return None
    slot = take_slot(owner)
    if slot is None:
        raise wire.RequestRefused(429, "too_many", too_many_text())
    return slot
