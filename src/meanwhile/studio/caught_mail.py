"""E-mails that code sends while it is only tried: caught instead of sent."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.mail import EmailMessage

_caught: ContextVar[list[EmailMessage] | None] = ContextVar("meanwhile_caught_mail", default=None)


@contextmanager
def catching_mail() -> Iterator[list[EmailMessage]]:
    """Yield a list that gets every message that this code would send in the body.

    The first time, `EmailMessage.send` is replaced for good by one that asks whether to catch: other threads go on
    sending meanwhile, and to put it back would be a race with them.
    """
    if not hasattr(EmailMessage.send, "catches"):
        EmailMessage.send = _asking(EmailMessage.send)  # type: ignore[method-assign]
    messages: list[EmailMessage] = []
    token = _caught.set(messages)
    try:
        yield messages
    finally:
        _caught.reset(token)


def _asking(original: Callable[..., int]) -> Callable[..., int]:
    @functools.wraps(original)
    def send(message: EmailMessage, *args: Any, **options: Any) -> int:
        caught = _caught.get()
        if caught is None:
            return original(message, *args, **options)
        caught.append(message)
        return 1

    send.catches = True  # type: ignore[attr-defined]
    return send
