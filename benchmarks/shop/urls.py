"""Pages of the site with the Studio: the Studio, the admin, and a page of its own about a record."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from benchmarks.shop.views import OrderView

urlpatterns = [
    path("order/<int:pk>/", OrderView.as_view()),
    path("studio/", include("meanwhile.studio.urls")),
    path("admin/", admin.site.urls),
]
