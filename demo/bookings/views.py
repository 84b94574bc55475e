"""The demo's pages. Only `Book` and `Waiting` know Meanwhile's forms; the rest is plain Django."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.generic import DetailView, ListView, TemplateView

from demo.bookings import tree_page
from demo.bookings.forms import AllAtOnceForm, BookingForm
from demo.bookings.models import AllAtOnceBooking, AnyBooking, Booking, Mail
from demo.bookings.seat_map import seat_map
from demo.bookings.seed import ACCOUNTS
from demo.bookings.timeline import timeline, waiting_jobs, work_of
from meanwhile import TransitionError
from meanwhile.forms import SubmitCreateView, WaitingView, may_watch, submitted_pks
from meanwhile.queue import control
from meanwhile.queue.models import Job


class Home(TemplateView):
    template_name = "bookings/home.html"
    extra_context = {"accounts": ACCOUNTS}


class Book(SubmitCreateView):
    """The booking form: answered as soon as the foreground actions are done."""

    form_class = BookingForm
    template_name = "bookings/book.html"
    waiting_url = "booking-wait"

    def get_initial(self) -> dict[str, Any]:
        user = self.request.user
        return {"name": user.get_username().title(), "email": user.email} if user.is_authenticated else {}

    def form_valid(self, form: Any) -> HttpResponse:
        form.instance.booked_by = self.request.user if self.request.user.is_authenticated else None
        return super().form_valid(form)


class BookAllAtOnce(Book):
    """The same form with everything in the foreground. Its tree differs, and nothing else."""

    form_class = AllAtOnceForm
    waiting_url = ""
    remember_in_session = True
    extra_context = {"all_at_once": True}

    def form_valid(self, form: Any) -> HttpResponse:
        pressed = time.monotonic()
        response = super().form_valid(form)
        if self.object is not None:
            waited = time.monotonic() - pressed
            AllAtOnceBooking.objects.filter(pk=self.object.pk).update(waited=waited)
        return response


class Waiting(WaitingView):
    """The page that shows the work on a booking and moves on when it is ready."""

    model = Booking
    flag = "ready"
    poll_every = 1.0
    refresh_every = 2
    give_up_after = timedelta(minutes=3)
    base_template = "bookings/base.html"
    template_name = "bookings/waiting.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say the steps in the language of the person: the labels of trees in Python are in the catalogues, too."""
        context = super().get_context_data(**kwargs)
        return {**context, "steps": [replace(step, label=_(step.label)) for step in context["steps"]]}


class Bookings(ListView):
    """The bookings this person may see, newest first, with the state of their background work."""

    template_name = "bookings/bookings.html"
    context_object_name = "bookings"
    paginate_by = 20

    def get_queryset(self) -> Any:
        return own_bookings(self.request, Booking)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        work = work_of(context["bookings"])
        context["rows"] = [(booking, work.get(str(booking.pk))) for booking in context["bookings"]]
        context["all_at_once"] = own_bookings(self.request, AllAtOnceBooking)[:10]
        return context


class BookingPage(DetailView):
    """One booking: its boarding pass, and when everything happened."""

    model = Booking
    template_name = "bookings/booking.html"
    context_object_name = "booking"

    def get_object(self, queryset: QuerySet[Any] | None = None) -> AnyBooking:
        booking: AnyBooking = super().get_object(queryset)
        if not may_watch(self.request, booking):
            raise PermissionDenied
        return booking

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        booking = self.object
        return super().get_context_data(
            seats=seat_map(booking.flight, booking.seat),
            moments=timeline(booking),
            later=waiting_jobs(booking),
            **kwargs,
        )


class AllAtOncePage(BookingPage):
    model = AllAtOnceBooking


class Mailbox(ListView):
    model = Mail
    template_name = "bookings/mailbox.html"
    context_object_name = "mails"
    paginate_by = 30


class MailPage(DetailView):
    model = Mail
    template_name = "bookings/mail.html"
    context_object_name = "mail"


class Trees(TemplateView):
    """The trees as pictures, and the jobs that wait for their moment."""

    template_name = "bookings/trees.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            trees=tree_page.pictures(),
            jobs=tree_page.later_jobs(self.request),
            **kwargs,
        )


@require_POST
def run_job_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Run a delayed job at once, for whoever may watch its booking."""
    job = get_object_or_404(Job, pk=pk)
    booking = tree_page.booking_of(job)
    if booking is None or not may_watch(request, booking):
        raise PermissionDenied
    try:
        control.run_now(job.pk)
    except TransitionError:
        messages.error(request, _("It does not wait any more."))
    else:
        messages.success(request, _("It runs now: the mail is in the mailbox in a moment."))
    return HttpResponseRedirect(reverse_lazy("trees"))


@require_POST
def log_in_as(request: HttpRequest, username: str) -> HttpResponse:
    """Log in with one click as one of the demo's accounts, and be where one wanted to be."""
    account = next((account for account in ACCOUNTS if account.username == username), None)
    user = account and authenticate(request, username=account.username, password=account.password)
    if account is None or not user:
        raise PermissionDenied
    login(request, user)
    messages.success(request, _("You are %(name)s now.") % {"name": username})
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return HttpResponseRedirect(wanted)
    if account.studio:
        return HttpResponseRedirect(reverse_lazy("meanwhile_studio:record-types"))
    return HttpResponseRedirect(reverse_lazy("bookings" if user.is_superuser else "book"))


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect(reverse_lazy("home"))


def own_bookings(request: HttpRequest, model: type[Model]) -> Any:
    """Return the bookings that this request's person made or, as staff, may see."""
    bookings: Any = model._default_manager.select_related("flight", "seat")
    if request.user.has_perm(f"bookings.view_{model._meta.model_name}"):
        return bookings
    return bookings.filter(pk__in=submitted_pks(request, model)) | (
        bookings.filter(booked_by=request.user) if request.user.is_authenticated else bookings.none()
    )
