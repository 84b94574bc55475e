"""The addresses of trees on Received."""

from __future__ import annotations

from django.urls import path

from meanwhile.received.endpoint import endpoint

app_name = "meanwhile_received"

urlpatterns = [
    path("<slug:key>/", endpoint, name="received"),
]
