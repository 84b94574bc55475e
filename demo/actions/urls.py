"""The addresses of the pages that call actions."""

from __future__ import annotations

from django.urls import path

from demo.actions import views

urlpatterns = [
    path("echo/", views.Echo.as_view(), name="echo"),
    path("report/", views.Report.as_view(), name="report"),
    path("airports/", views.Airports.as_view(), name="airports"),
]
