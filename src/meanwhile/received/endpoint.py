"""The addresses that other systems send to: ``POST <include>/received/<key of the tree>/`` with an API key.

Without a good key for a tree, every address answers the same, whether there is such a tree or not.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, transaction
from django.http import HttpRequest, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from meanwhile import conf
from meanwhile.clock import Clock, SystemClock
from meanwhile.exceptions import UnknownTree
from meanwhile.received import keys
from meanwhile.received.models import ApiKey
from meanwhile.received.payload import unstorable
from meanwhile.received.problems import ReceivedRefused
from meanwhile.received.rate import seconds_to_wait
from meanwhile.received.receive import Answer, Request, busy, receive
from meanwhile.received.remembered import digest_of, key_of
from meanwhile.remote import wire
from meanwhile.trees import registry
from meanwhile.trees.document import EventTree
from meanwhile.trees.received_event import Received

DEEPEST = 32
"""Lists and objects inside one another in what is sent."""

MOST_WRONG_KEYS = 60
"""Wrong keys of one address in a minute; after these the answer is 429. A right key is let in all the same: behind a
proxy all senders may have one address."""

logger = logging.getLogger("meanwhile.received")


@csrf_exempt  # no browser sends the key by itself, so nobody can be made to send it
@transaction.non_atomic_requests
@login_not_required
def endpoint(request: HttpRequest, key: str) -> JsonResponse:
    """Take in one request for the tree of this key, and answer in JSON."""
    clock: Clock = SystemClock()
    try:
        answer = _answered(request, key, clock)
    except ReceivedRefused as refusal:
        return refused(refusal)
    except wire.RequestRefused as refusal:
        return refused(ReceivedRefused(refusal.status, refusal.code, refusal.message))
    except (Error, ImproperlyConfigured):
        logger.exception("A request could not be accepted", extra={"tree": key})
        return refused(busy())
    response = JsonResponse(answer.content, status=answer.status)
    response["Cache-Control"] = "no-store"
    if answer.again:
        response["Idempotent-Replayed"] = "true"
    return response


class _TooMany(ReceivedRefused):
    """The sender has to wait for some seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(429, "too_many", _("Too many requests. Try again in %(n)s seconds.") % {"n": seconds})
        self.seconds = seconds


def refused(refusal: ReceivedRefused) -> JsonResponse:
    """Return the answer to a request that is refused; errors look as those of client actions do."""
    error = wire.error(refusal.code, refusal.message, refusal.fields or None)
    response = JsonResponse({"error": error}, status=refusal.status)
    response["Cache-Control"] = "no-store"
    match refusal:
        case _TooMany(seconds=seconds):
            response["Retry-After"] = str(seconds)
        case ReceivedRefused(code="unauthorized"):
            response["WWW-Authenticate"] = 'Bearer realm="meanwhile"'
        case ReceivedRefused(code="method_not_allowed"):
            response["Allow"] = "POST"
        case ReceivedRefused(code="busy" | "in_progress"):
            response["Retry-After"] = "1"
    return response


def _answered(request: HttpRequest, key: str, clock: Clock) -> Answer:
    if request.method != "POST":
        raise ReceivedRefused(405, "method_not_allowed", _("Send it by POST."))
    api_key = _let_in(request, key, clock)
    tree, event = _tree(key)
    if request.content_type != "application/json":
        raise ReceivedRefused(415, "unsupported_media_type", _("Send it as application/json."))
    idempotency_key = key_of(request.headers.get("Idempotency-Key", ""))
    body = _body(request, conf.get().received_max_body)
    document = wire.read_object(body, wire.Limits(1, conf.get().received_max_body, DEEPEST), keys_once=True)
    check_storable(document)
    accepted = Request(document, digest_of(body), idempotency_key)
    return receive(tree, event, accepted, api_key=api_key, clock=clock)


def check_storable(document: Mapping[str, Any]) -> None:
    """Refuse JSON data with a text that no database keeps. Raises `RequestRefused`."""
    if unstorable(document):
        raise wire.malformed(_("A text in it has a character that can't be stored."))


def _let_in(request: HttpRequest, key: str, clock: Clock) -> ApiKey:
    now, settings = clock.now(), conf.get()
    header = request.headers.get("Authorization", "")
    api_key = keys.authenticate(header, key, now=now, using=settings.database)
    if api_key is None:
        address = str(request.META.get("REMOTE_ADDR", ""))
        if seconds := seconds_to_wait(f"wrong {address}", MOST_WRONG_KEYS, now=now):
            raise _TooMany(seconds)
        logger.warning("A request without a good API key was refused", extra={"tree": key[:100], "address": address})
        text = _("The API key is missing or wrong, or it is not for this address.")
        raise ReceivedRefused(401, "unauthorized", text)
    if seconds := seconds_to_wait(f"key {api_key.pk}", settings.received_rate, now=now):
        raise _TooMany(seconds)
    keys.note_use(api_key, now=now, using=settings.database)
    return api_key


def _tree(key: str) -> tuple[EventTree, Received]:
    """Return the tree of a key that the sender may call. Raises `ReceivedRefused` where there is none now."""
    try:
        tree = registry.current().get(key)
    except UnknownTree:
        tree = None
    if tree is None or not tree.enabled or not isinstance(tree.on, Received):
        raise ReceivedRefused(404, "not_found", _("Nothing is received at this address now."))
    return tree, tree.on


def _body(request: HttpRequest, limit: int) -> bytes:
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            raise wire.too_large(limit)
        return request.read(limit + 1)
    except (UnreadablePostError, ValueError):
        raise wire.malformed(_("The request could not be read.")) from None
