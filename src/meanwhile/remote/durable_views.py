"""What pages ask about durable actions: the list, the state of one (once, or as it changes), and to cancel one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from functools import wraps
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import OperationalError, transaction
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from meanwhile.exceptions import TransitionError
from meanwhile.queue import control
from meanwhile.queue.models import Job
from meanwhile.queue.states import OPEN
from meanwhile.remote import durable, wire
from meanwhile.remote.access import CallRefused, not_found
from meanwhile.remote.durable_state import changed_since, etag_of, has_ended, state_of
from meanwhile.remote.endpoint import check_csrf, refused
from meanwhile.texts import gettext as _
from meanwhile.trees.runner import current_clock

MOST_LISTED = 50
LOOK_EVERY = 0.25
"""Seconds between two looks at the row of an action that somebody follows live."""

LOOKS = 120
"""After so many, half a minute, the page asks anew: nothing on the way may take the answer for dead."""

STATUS = {"login_required": 401, "not_found": 404}

View = Callable[..., HttpResponseBase]


def _answers(*methods: str) -> Callable[[View], View]:
    """Let a view answer these methods alone, refuse in JSON, and be stored nowhere."""

    def decorate(view: View) -> View:
        @csrf_exempt  # the one that writes checks by itself and answers in JSON
        @transaction.non_atomic_requests  # on SQLite one that only asks would wait for who writes
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = _answer(request, *args, **kwargs)
            patch_cache_control(response, private=True, no_store=True)
            patch_vary_headers(response, ["Accept", "Cookie"])
            return response

        def _answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in methods:
                text = _("This address takes %(methods)s.") % {"methods": ", ".join(methods)}
                response = refused(request, wire.RequestRefused(405, "method_not_allowed", text))
                response["Allow"] = ", ".join(methods)
                return response
            try:
                return view(request, *args, **kwargs)
            except wire.RequestRefused as refusal:
                return refused(request, refusal)
            except CallRefused as refusal:
                return refused(request, wire.RequestRefused(STATUS[refusal.code], refusal.code, refusal.message))

        return answer

    return decorate


@_answers("GET", "HEAD")
def durable_list(request: HttpRequest) -> HttpResponseBase:
    """Tell a person's durable actions that are kept, the newest first; of one action with ``?action=``."""
    jobs = durable.of_person(request, request.GET.get("action", ""), MOST_LISTED)
    return JsonResponse({"durable": [state_of(job) for job in jobs]})


@_answers("GET", "HEAD")
def durable_state(request: HttpRequest, durable_id: str) -> HttpResponseBase:
    """Tell how one stands: with an ETag, or under ASGI line by line as it changes, if the page can read that."""
    job = _found(request, durable_id)
    if (
        isinstance(request, ASGIRequest)
        and request.method == "GET"
        and wire.CONTENT_TYPE in request.headers.get("Accept", "")
    ):
        response = StreamingHttpResponse(_live(job, state_of(job)), content_type=wire.CONTENT_TYPE)
        response["X-Accel-Buffering"] = "no"
        response["Content-Encoding"] = "identity"  # no middleware may keep lines back to compress them
        return response
    state = state_of(job)
    etag = etag_of(state)
    told = get_conditional_response(request, etag=etag, response=JsonResponse(state))
    assert told is not None  # with an answer at hand there always is one
    told["ETag"] = etag
    return told


@_answers("POST")
def durable_cancel(request: HttpRequest, durable_id: str) -> HttpResponseBase:
    """Cancel one that waits or runs, and tell how it stands; one that has ended stays as it is.

    A running one keeps running until it tells its progress or comes to its end; nothing that it wrote in its
    transaction is kept.
    """
    check_csrf(request)
    job = _found(request, durable_id)
    try:
        if job.state in OPEN:
            job = control.cancel(job.pk, clock=current_clock())
    except TransitionError:  # it ended in this very moment
        job = _found(request, durable_id)
    except Job.DoesNotExist:
        raise not_found() from None
    except OperationalError:
        raise wire.RequestRefused(503, "server_error", _("It can't be cancelled right now. Try again.")) from None
    return JsonResponse(state_of(job))


def _found(request: HttpRequest, wanted: str) -> Job:
    job = durable.find(request, wanted)
    if job is None:
        raise not_found()
    return job


async def _live(job: Job, state: dict[str, Any]) -> AsyncIterator[bytes]:
    """Yield a line for each change until the end, or until half a minute is over."""
    yield _line(state)
    try:
        for _look in range(LOOKS):
            if has_ended(state):
                return
            await asyncio.sleep(LOOK_EVERY)
            changed = await sync_to_async(changed_since)(job)
            if changed is not None:
                job = changed
                state = await sync_to_async(state_of)(job)
                yield _line(state)
    except Job.DoesNotExist:
        pass  # the next question is told so
    if not has_ended(state):
        yield _line({"again": True})


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"
