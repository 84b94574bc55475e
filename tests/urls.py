"""The test site: Django's admin, Meanwhile's addresses, and what a test module adds with its own `urls` marker."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("meanwhile/", include("meanwhile.urls")),
]
