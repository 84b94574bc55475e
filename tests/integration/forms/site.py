"""A little site for the form tests: views and URLs over the shop's models."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib import admin
from django.forms import inlineformset_factory
from django.http import HttpResponse
from django.urls import path

from meanwhile.forms import SubmitAdminMixin, SubmitCreateView, SubmitUpdateView, WaitingView
from tests.shop.models import Booking, Ticket

Tickets = inlineformset_factory(Booking, Ticket, fields=["passenger", "paid"], extra=1)


class BookingForm(forms.ModelForm):
    password = forms.CharField(required=False, widget=forms.PasswordInput)
    photo = forms.FileField(required=False)

    class Meta:
        model = Booking
        fields = ["name", "email", "notes"]


class Book(SubmitCreateView):
    form_class = BookingForm
    template_name = "forms_site/form.html"
    waiting_url = "wait"


class BookWithTickets(Book):
    formset_classes = {"tickets": Tickets}


class Change(SubmitUpdateView):
    model = Booking
    fields = ["name", "email", "notes"]
    formset_classes = {"tickets": Tickets}
    template_name = "forms_site/form.html"
    success_url = "/done/{id}/"


class Wait(WaitingView):
    model = Booking
    flag = "ready"
    done_url = "done"
    give_up_after = timedelta(minutes=10)


class TicketInline(admin.TabularInline):
    model = Ticket
    extra = 0


class BookingAdmin(SubmitAdminMixin, admin.ModelAdmin):
    fields = ["name", "email", "notes"]
    list_display = ["id", "name"]
    list_editable = ["name"]
    inlines = [TicketInline]


office = admin.AdminSite(name="office")
office.register(Booking, BookingAdmin)

urlpatterns = [
    path("book/", Book.as_view(), name="book"),
    path("book-with-tickets/", BookWithTickets.as_view()),
    path("change/<int:pk>/", Change.as_view()),
    path("wait/<int:pk>/", Wait.as_view(), name="wait"),
    path("done/<int:pk>/", lambda request, pk: HttpResponse(f"done {pk}"), name="done"),
    path("office/", office.urls),
    path("admin/", admin.site.urls),
]
