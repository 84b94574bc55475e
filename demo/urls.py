"""The demo's addresses."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from demo.bookings import views

urlpatterns = [
    path("", views.Home.as_view(), name="home"),
    path("book/", views.Book.as_view(), name="book"),
    path("book/all-at-once/", views.BookAllAtOnce.as_view(), name="book-all-at-once"),
    path("bookings/", views.Bookings.as_view(), name="bookings"),
    path("bookings/<int:pk>/", views.BookingPage.as_view(), name="booking"),
    path("bookings/<int:pk>/wait/", views.Waiting.as_view(), name="booking-wait"),
    path("bookings/all-at-once/<int:pk>/", views.AllAtOncePage.as_view(), name="all-at-once"),
    path("", include("demo.actions.urls")),
    path("", include("demo.airport.urls")),
    path("meanwhile/", include("meanwhile.urls")),
    path("mailbox/", views.Mailbox.as_view(), name="mailbox"),
    path("mailbox/<int:pk>/", views.MailPage.as_view(), name="mail"),
    path("tree/", views.Trees.as_view(), name="trees"),
    path("tree/jobs/<int:pk>/run-now/", views.run_job_now, name="run-job-now"),
    path("login/<slug:username>/", views.log_in_as, name="log-in-as"),
    path("logout/", views.log_out, name="log-out"),
    path("studio/", include("meanwhile.studio.urls")),
    path("admin/", admin.site.urls),
]
