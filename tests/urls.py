"""The test site: Django's admin, and what a test module adds with its own `urls` marker."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]
