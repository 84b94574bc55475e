"""The same form in the ways that are compared: the plain view is the same with and without Meanwhile.

And the plain view that a client action is compared with.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.generic import CreateView

from benchmarks.project.models import Booking, Untouched

if TYPE_CHECKING:
    from django.forms import BaseModelForm

    _CreateView = CreateView[Booking, BaseModelForm[Booking]]
else:
    _CreateView = CreateView


class Book(LoginRequiredMixin, _CreateView):
    """Django's own `CreateView`."""

    model = Booking
    fields = ["name", "email", "day", "seats", "notes"]
    success_url = "/done/"


class BookByHand(Book):
    """The same two updates that the tree makes, written into the view and saved one by one, in one transaction."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Save the record and both updates."""
        with transaction.atomic():
            response = super().form_valid(form)
            booking = form.instance
            booking.status = "received"
            booking.save(update_fields=["status"])
            booking.reference = f"B-{booking.pk}"
            booking.save(update_fields=["reference"])
        return response


def done(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The next page."""
    return HttpResponse("done")


def echo(request: HttpRequest) -> JsonResponse:
    """What one would write by hand for a page's script: for people who are logged in, JSON in, JSON out."""
    if not request.user.is_authenticated:
        return JsonResponse({"error": "Please log in."}, status=401)
    message = json.loads(request.body)["message"]
    return JsonResponse({"value": message})


def ask(request: HttpRequest) -> JsonResponse:
    """The same with a question to the database."""
    if not request.user.is_authenticated:
        return JsonResponse({"error": "Please log in."}, status=401)
    message = json.loads(request.body)["message"]
    Untouched.objects.filter(name=message).exists()
    return JsonResponse({"value": message})


if not settings.PLAIN:
    from meanwhile.forms import SubmitMixin

    class Submit(SubmitMixin, Book):
        """The same form with the mixin that shows a failed action on it and lets its person watch the waiting page."""
