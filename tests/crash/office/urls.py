"""A form that places an order, and the order's page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import include, path

from meanwhile.forms import SubmitCreateView
from tests.crash.office.models import Order


class Place(SubmitCreateView):
    model = Order
    fields = ["name", "notes"]
    template_name = "office/form.html"
    success_url = "/order/{id}/"


def show(request: HttpRequest, pk: int) -> HttpResponse:
    order = get_object_or_404(Order, pk=pk)
    return HttpResponse("ready" if order.ready else "waits")


urlpatterns = [
    path("place/", Place.as_view()),
    path("order/<int:pk>/", show),
    path("meanwhile/", include("meanwhile.urls")),
]
