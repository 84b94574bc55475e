"""The person's side of event trees: submit a record, get the next page at once, watch the rest being done.

A form and its waiting page:

    from meanwhile.forms import SubmitCreateView, WaitingView

    class Book(SubmitCreateView):
        model = Booking
        fields = ["name", "email"]
        waiting_url = "booking-wait"

    urlpatterns = [
        path("book/", Book.as_view()),
        path("bookings/<pk>/wait/", WaitingView.as_view(model=Booking, flag="ready"), name="booking-wait"),
    ]
"""

from __future__ import annotations

from meanwhile.forms.access import may_see, may_watch
from meanwhile.forms.admin import SubmitAdminMixin
from meanwhile.forms.middleware import ActorMiddleware
from meanwhile.forms.remembered import submitted_pks
from meanwhile.forms.submit import SubmitCreateView, SubmitMixin, SubmitUpdateView
from meanwhile.forms.waiting import WaitingView

__all__ = [
    "ActorMiddleware",
    "SubmitAdminMixin",
    "SubmitCreateView",
    "SubmitMixin",
    "SubmitUpdateView",
    "WaitingView",
    "may_see",
    "may_watch",
    "submitted_pks",
]
