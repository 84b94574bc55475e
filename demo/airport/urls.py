"""The airport's addresses."""

from __future__ import annotations

from django.urls import path

from demo.airport import views

urlpatterns = [
    path("airport/", views.Desk.as_view(), name="airport"),
    path("airport/tell/<int:pk>/", views.tell, name="airport-tell"),
    path("airport/notices/", views.take, name="airport-notices"),
]
