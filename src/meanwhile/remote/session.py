"""The session of a request whose answer is streamed: Django's middleware has done its part before the actions run."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError
from django.http import HttpRequest

logger = logging.getLogger("meanwhile.remote")


def begin(request: HttpRequest) -> None:
    """Note that what was changed until now has been saved by the middleware."""
    session = getattr(request, "session", None)
    if session is not None:
        session.modified = False


def save(request: HttpRequest) -> None:
    """Save the session if an action changed it. A session can't begin here: its cookie would come too late."""
    session = getattr(request, "session", None)
    if session is None or not session.modified:
        return
    session.modified = False
    if session.session_key is None:
        if not session.is_empty():
            logger.warning("An action began a session, which is lost: the answer's headers are sent already")
        return
    try:
        session.save()
    except (UpdateError, DatabaseError):
        logger.warning("The session that an action changed could not be saved", exc_info=True)


def forget(request: HttpRequest) -> None:
    """Take back what a failed action changed in the session."""
    session: Any = getattr(request, "session", None)
    if session is not None and session.modified:
        session.modified = False
        vars(session).pop("_session_cache", None)  # it is read again when it is next used
