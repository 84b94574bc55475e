from __future__ import annotations

from django.contrib import admin

from demo.bookings.models import AllAtOnceBooking, Booking, Flight, Mail
from meanwhile.forms import SubmitAdminMixin
from meanwhile.studio.admin import RecordRunsAdminMixin


@admin.register(Booking, AllAtOnceBooking)
class BookingAdmin(RecordRunsAdminMixin, SubmitAdminMixin, admin.ModelAdmin):
    list_display = ["__str__", "name", "flight", "seat", "status", "ready", "booked_at"]
    list_select_related = ["flight", "seat"]
    fields = ["flight", "name", "email"]


@admin.register(Flight)
class FlightAdmin(admin.ModelAdmin):
    list_display = ["number", "origin", "destination", "starts", "places"]


@admin.register(Mail)
class MailAdmin(admin.ModelAdmin):
    list_display = ["subject", "recipients", "sent"]
