"""E-mails that code sends while it is only tried: caught instead of sent, whichever way they are sent."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

_caught: ContextVar[list[EmailMessage] | None] = ContextVar("meanwhile_caught_mail", default=None)


@contextmanager
def catching_mail() -> Iterator[list[EmailMessage]]:
    """Yield a list that gets every message that this code would send in the body.

    That is `EmailMessage.send`, and what is given to any subclass of Django's `BaseEmailBackend` (as by
    `send_mass_mail`), which opens no connection either. The first time, those methods are replaced for good by ones
    that ask whether to catch: other threads go on sending meanwhile, and to put them back would be a race with them.
    """
    _prepare()
    messages: list[EmailMessage] = []
    token = _caught.set(messages)
    try:
        yield messages
    finally:
        _caught.reset(token)


def _prepare() -> None:
    if not hasattr(EmailMessage.send, "catches"):
        EmailMessage.send = _asking(EmailMessage.send)  # type: ignore[method-assign]
        # A backend may be imported in the very step that uses it.
        BaseEmailBackend.__init_subclass__ = classmethod(_patch)  # type: ignore[assignment]
    classes: list[type[BaseEmailBackend]] = [BaseEmailBackend]
    while classes:
        backend = classes.pop()
        _patch(backend)
        classes += backend.__subclasses__()


def _patch(backend: type[BaseEmailBackend], /, **_options: Any) -> None:
    """Replace the methods of one class of backends that reach the outside."""
    for name, replace in (("send_messages", _collecting), ("open", _staying_closed)):
        original = vars(backend).get(name)
        if callable(original) and not hasattr(original, "catches"):
            setattr(backend, name, replace(original))


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


def _collecting(original: Callable[..., int | None]) -> Callable[..., int | None]:
    @functools.wraps(original)
    def send_messages(backend: BaseEmailBackend, email_messages: Iterable[EmailMessage], **options: Any) -> int | None:
        caught = _caught.get()
        if caught is None:
            return original(backend, email_messages, **options)
        found = list(email_messages)
        caught.extend(found)
        return len(found)

    send_messages.catches = True  # type: ignore[attr-defined]
    return send_messages


def _staying_closed(original: Callable[..., bool | None]) -> Callable[..., bool | None]:
    @functools.wraps(original)
    def open_(backend: BaseEmailBackend, *args: Any, **options: Any) -> bool | None:
        return original(backend, *args, **options) if _caught.get() is None else False

    open_.catches = True  # type: ignore[attr-defined]
    return open_
