"""The addresses of client actions: the endpoint, and what there is to know of durable ones."""

from __future__ import annotations

from django.urls import path

from meanwhile.remote import durable_views
from meanwhile.remote.endpoint import endpoint

app_name = "meanwhile_remote"

urlpatterns = [
    path("", endpoint, name="actions"),
    path("durable/", durable_views.durable_list, name="durable"),
    path("durable/<str:durable_id>/", durable_views.durable_state, name="durable-state"),
    path("durable/<str:durable_id>/cancel/", durable_views.durable_cancel, name="durable-cancel"),
]
