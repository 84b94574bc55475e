"""What the form benchmark needs of the site's database."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model, login
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from benchmarks.project.models import Booking


def log_in() -> str:
    """Make a person and a session in which that person is logged in; return its key."""
    user = get_user_model().objects.create_user("ada", "ada@example.com")
    request = HttpRequest()
    request.session = SessionStore()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    assert SESSION_KEY in request.session
    return str(request.session.session_key)


def outcome() -> dict[str, int]:
    """Count what the posts left behind, so that a figure can't come from work that was not done."""
    found = {
        "bookings": Booking.objects.count(),
        "updated": Booking.objects.filter(status="received", reference__startswith="B-").count(),
    }
    if not settings.PLAIN:
        from meanwhile.queue.models import Job
        from meanwhile.trees.models import Run

        found |= {"jobs": Job.objects.count(), "runs": Run.objects.count()}
    return found
