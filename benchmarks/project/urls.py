"""Pages of the measured site."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path

from benchmarks.project import views

urlpatterns = [
    path("done/", views.done),
    path("book/", views.Book.as_view()),
    path("book-by-hand/", views.BookByHand.as_view()),
    path("echo/", views.echo),
    path("ask/", views.ask),
]
if not settings.PLAIN:
    urlpatterns += [
        path("submit/", views.Submit.as_view()),
        path("meanwhile/", include("meanwhile.urls")),
    ]
