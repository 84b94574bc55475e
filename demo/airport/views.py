"""The airport's computer: what it takes from outside, and a page that shows what it was told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView

from demo.airport.models import Notice
from demo.bookings.models import Booking
from demo.bookings.views import own_bookings
from meanwhile import call_tree

OLDEST = 300
"""Seconds after which a signature is not believed any more: somebody may have kept the request."""


class Desk(TemplateView):
    """The bookings that the airport can be told of, and what it has been told of them."""

    template_name = "airport/desk.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        bookings = own_bookings(self.request, Booking)
        notices = Notice.objects.filter(reference__in=bookings.values("reference"))
        return super().get_context_data(bookings=bookings[:10], notices=notices[:20], **kwargs)


@require_POST
def tell(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the airport told of a booking, in the background."""
    call_tree("tell-the-airport", get_object_or_404(own_bookings(request, Booking), pk=pk))
    messages.success(request, _("The airport is told in a moment: load the page again to see it."))
    return HttpResponseRedirect(reverse("airport"))


@csrf_exempt
@require_POST
def take(request: HttpRequest) -> JsonResponse:
    """Take a notice from another system that can sign it. The same one a second time changes nothing."""
    if not _is_genuine(request):
        return JsonResponse({"error": "The signature is not ours."}, status=401)
    try:
        given = json.loads(request.body)
        passenger = given["passenger"]
        facts = {"reference": given["reference"], "passenger": passenger["name"], "ticket": passenger["ticket"]}
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"error": "This is no notice."}, status=400)
    key = request.headers.get("Idempotency-Key", "")
    notice, is_new = Notice.objects.get_or_create(key=key, defaults=facts)
    return JsonResponse({"notice": notice.pk}, status=201 if is_new else 200)


def _is_genuine(request: HttpRequest) -> bool:
    """Check a signature as Standard Webhooks says."""
    message, timestamp = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > OLDEST:
        return False
    signed = b".".join((message.encode(), timestamp.encode(), request.body))
    wanted = base64.b64encode(hmac.new(settings.AIRPORT_SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(request.headers.get("webhook-signature", ""), f"v1,{wanted}")
