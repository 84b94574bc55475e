"""Catch in a test what Call Webhook would send, and choose what comes back. Nothing leaves the machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.apps import apps

from meanwhile.actions.webhook_request import WebhookRequest
from meanwhile.actions.webhook_sending import Answer
from meanwhile.exceptions import WebhookFailed


@dataclass(frozen=True)
class SentWebhook:
    """One request. ``headers`` has names in small letters; ``body`` is what was sent as JSON, None for nothing."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: Any

    @property
    def idempotency_key(self) -> str:
        """The text that stays the same over all tries of a step."""
        return self.headers["idempotency-key"]


@contextmanager
def webhooks(
    status: int | Sequence[int] = 200, answer: Any = None, *, headers: Mapping[str, str] | None = None
) -> Iterator[list[SentWebhook]]:
    """Catch the requests of the body, in all threads, and yield the list of them.

    They are answered with ``status``; several are for one request after the other, and the last of them for all that
    follow; 0 is a host that can't be reached. ``answer`` is a text, or is sent as JSON.

        with webhooks([503, 200]) as sent:
            booking.save()
            advance_to(timezone.now() + timedelta(minutes=5))
        assert sent[0].body == {"number": 7}
        assert sent[0].idempotency_key == sent[1].idempotency_key
    """
    stand_in = _StandIn([status] if isinstance(status, int) else list(status), answer, headers or {})
    config: Any = apps.get_app_config("meanwhile")
    real, config.send_webhook = config.send_webhook, stand_in
    try:
        yield stand_in.sent
    finally:
        config.send_webhook = real


class _StandIn:
    """Stands in for what sends."""

    def __init__(self, statuses: list[int], answer: Any, headers: Mapping[str, str]) -> None:
        text = answer if isinstance(answer, str) else "" if answer is None else json.dumps(answer)
        self.sent: list[SentWebhook] = []
        self._statuses = statuses or [HTTPStatus.OK]
        self._answer, self._headers = text.encode(), {name.lower(): value for name, value in headers.items()}

    def __call__(self, request: WebhookRequest, *, seconds: float) -> Answer:  # noqa: ARG002 - takes no time
        status = self._statuses[min(len(self.sent), len(self._statuses) - 1)]
        headers = {name.lower(): value for name, value in request.headers}
        body = json.loads(request.body) if request.body else None
        self.sent.append(SentWebhook(request.method, request.address.url, headers, body))
        if not status:
            raise WebhookFailed(request.address.shown, "It can't be reached: the test wants it so.")
        return Answer(status, self._headers, self._answer)
