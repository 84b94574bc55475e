"""Tells the airport of a passenger, over HTTP and signed. For the demo the airport is a page of this very site."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext_noop as _

from demo.bookings.models import Booking
from meanwhile import Background, Called, CallWebhook, EventTree, Field, Retry

EventTree(
    _("Tell the airport"),
    key="tell-the-airport",
    on=Called(Booking),
    description=_("Calls another system, here one that this site plays itself."),
    do=[
        Background(
            CallWebhook(
                f"{settings.AIRPORT}/airport/notices/",
                body={
                    "reference": Field("reference"),
                    "passenger.name": Field("name"),
                    "passenger.ticket": Field("ticket"),
                },
                sign_with="airport",
                label=_("Send the passenger’s data"),
                retry=Retry(max_attempts=3, first=3 * settings.DEMO_PACE, factor=2, jitter=0),
            ),
            label=_("As soon as possible"),
        ),
    ],
)
