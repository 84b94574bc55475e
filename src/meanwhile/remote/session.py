"""The session of a request whose answer is streamed: Django's middleware has done its part before the actions run."""

from __future__ import annotations

import logging
from typing import Any

from django.http import HttpRequest

logger = logging.getLogger("meanwhile.remote")


def begin(request: HttpRequest) -> None:
    """Note that what was changed until now has been saved by the middleware."""
    marked: Any = request
    session = getattr(request, "session", None)
    if session is not None:
        session.modified = False
        marked._meanwhile_session_key = session.session_key  # noqa: SLF001 - it is our own mark


def save(request: HttpRequest) -> None:
    """Save the session if an action changed it, which is done: if that fails it is logged.

    A session can't begin here, as by a login, and no message can be left for the next page: cookies would come too
    late.
    """
    messages = getattr(request, "_messages", None)
    if messages is not None and messages.added_new:
        messages.added_new = False
        logger.warning("An action left a message for the next page, which is lost: return it to the page instead")
    session = getattr(request, "session", None)
    if session is None or not session.modified:
        return
    session.modified = False
    try:
        key = session.session_key
        if key is not None:
            session.save()
    except Exception:
        logger.warning("The session that an action changed could not be saved", exc_info=True)
        return
    begun_with = getattr(request, "_meanwhile_session_key", None)
    if (key is None and not session.is_empty()) or (key is not None and key != begun_with):
        logger.warning(
            "An action began a session, as a login does, and it is lost: the answer's headers are sent already. "
            "Log in by a view of its own"
        )


def forget(request: HttpRequest) -> None:
    """Take back what a failed action changed in the session."""
    session: Any = getattr(request, "session", None)
    if session is not None and session.modified:
        session.modified = False
        vars(session).pop("_session_cache", None)  # it is read again when it is next used
