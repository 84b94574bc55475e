"""Send the request of a Call Webhook, and say what its answer means: done, to be tried again, or no use."""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Protocol

from django.apps import apps
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.actions.webhook_request import WebhookRequest
from meanwhile.exceptions import WebhookFailed
from meanwhile.queue import sql

TRY_AGAIN = frozenset({408, 425, 429})
"""Refusals (4xx) that another try may mend; so may every failure of the server (5xx)."""

IN_RESULT, IN_ERROR = 2_000, 500
"""Characters of an answer that are kept."""

CONTROLS = {code: None for code in (*range(32), 127) if chr(code) not in "\n\t"}
READABLE = {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "windows-1252"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``headers`` have names in small letters; ``is_cut`` says that more than ``content`` would have
    come."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    is_cut: bool = False


class Sender(Protocol):
    """What sends a request within so many seconds, and returns the answer. Raises `WebhookFailed`."""

    def __call__(self, request: WebhookRequest, *, seconds: float) -> Answer: ...


def deliver(request: WebhookRequest, *, seconds: float | None = None) -> dict[str, Any]:
    """Send a request and return what the history keeps of the answer.

    ``seconds`` is for all of it; None for ``WEBHOOK_TIMEOUT``. Raises `WebhookFailed`.
    """
    send: Sender = apps.get_app_config("meanwhile").send_webhook  # type: ignore[attr-defined]
    settings = conf.get()
    answer = send(request, seconds=seconds or settings.webhook_timeout)
    _check(request, answer)
    result = {
        "request": f"{request.method} {request.address.shown}",
        "status": answer.status,
        "answer": _text(request, answer)[:IN_RESULT],
        "bytes": len(answer.content),
        **({"cut": True} if answer.is_cut else {}),
    }
    return _fitted(result, settings.max_history_value)


def _check(request: WebhookRequest, answer: Answer) -> None:
    status = answer.status
    if status // 100 == 2:
        return
    facts: dict[str, Any] = {"status": _status_in_words(status)}
    if status // 100 == 3:
        facts["where"] = request.without_secrets(_pointed_to(answer)) or _("nowhere")
        text = _("It answered %(status)s and points to %(where)s. Redirects are not followed: write the new address.")
        raise WebhookFailed(request.address.shown, text % facts, status=status, permanent=True)
    words = _text(request, answer)[:IN_ERROR].strip()
    text = _("It answered %(status)s: %(answer)s") if words else _("It answered %(status)s.")
    raise WebhookFailed(
        request.address.shown,
        text % {**facts, "answer": words},
        status=status,
        permanent=status < 500 and status not in TRY_AGAIN,
        retry_after=_retry_after(answer),
    )


def _status_in_words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _pointed_to(answer: Answer) -> str:
    where = answer.headers.get("location", "").partition("?")[0].partition("#")[0]
    scheme, slashes, rest = where.rpartition("://")
    host, slash, path = rest.partition("/")
    where = "".join((scheme, slashes, host.rpartition("@")[2], slash, path)) if slashes else where
    return where.translate(CONTROLS)[:200]


def _retry_after(answer: Answer) -> float:
    """Return the seconds that the other system asks to wait, 0 if it says nothing that can be read."""
    given = answer.headers.get("retry-after", "").strip()
    if given.isdecimal() and given.isascii():
        return float(given[:9])
    try:
        moment = parsedate_to_datetime(given)
    except (ValueError, OverflowError):  # a zone may be any number of hours away
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, math.ceil((moment - datetime.now(UTC)).total_seconds()))


def _text(request: WebhookRequest, answer: Answer) -> str:
    """Return an answer as text, without secrets; nothing for one that is compressed, which was not asked for."""
    if answer.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
        return ""
    charset = answer.headers.get("content-type", "").lower().rpartition("charset=")[2].strip("\"' ")
    text = answer.content.decode(charset if charset in READABLE else "utf-8", "replace")
    return request.without_secrets(text.translate(CONTROLS))


def _fitted(result: dict[str, Any], limit: int) -> dict[str, Any]:
    """Cut the answer so that the history keeps the whole result (``MAX_HISTORY_VALUE``)."""
    answer = result["answer"]
    room = limit - len(sql.as_json({**result, "answer": ""}))
    fits = bisect.bisect_right(range(len(answer) + 1), room, key=lambda length: len(sql.as_json(answer[:length])) - 2)
    return {**result, "answer": answer[: max(fits - 1, 0)]}
