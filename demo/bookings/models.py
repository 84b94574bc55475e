"""What the airline keeps: flights with seats, bookings, and the mails it has sent."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

STATUSES = {
    "draft": pgettext_lazy("booking", "draft"),
    "received": pgettext_lazy("booking", "received"),
    "confirmed": pgettext_lazy("booking", "confirmed"),
}
"""How the status of a booking reads; a tree of the Studio may set any other."""


class Flight(models.Model):
    number = models.CharField(_("number"), max_length=10, unique=True)
    origin = models.CharField(_("origin"), max_length=60)
    destination = models.CharField(_("destination"), max_length=60)
    starts = models.DateTimeField(_("departure"))
    places = models.PositiveIntegerField(_("places left"))

    class Meta:
        ordering = ["starts"]
        verbose_name, verbose_name_plural = _("flight"), _("flights")

    def __str__(self) -> str:
        return f"{self.number} {self.origin} – {self.destination}"


class Seat(models.Model):
    flight = models.ForeignKey(Flight, on_delete=models.CASCADE, related_name="seats", verbose_name=_("flight"))
    row = models.PositiveSmallIntegerField(_("row"))
    letter = models.CharField(_("letter"), max_length=1)
    price = models.DecimalField(_("price"), max_digits=8, decimal_places=2)
    free = models.BooleanField(_("free"), default=True)

    class Meta:
        ordering = ["row", "letter"]
        verbose_name, verbose_name_plural = _("seat"), _("seats")
        constraints = [models.UniqueConstraint(fields=["flight", "row", "letter"], name="one_seat_of_a_name")]

    def __str__(self) -> str:
        return f"{self.row}{self.letter}"


class AnyBooking(models.Model):
    """What both kinds of booking have: what is typed, and what the trees fill in."""

    flight = models.ForeignKey(Flight, on_delete=models.PROTECT, related_name="+", verbose_name=_("flight"))
    name = models.CharField(_("passenger's name"), max_length=100)
    email = models.EmailField(_("e-mail address"))
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("booked by"),
    )
    booked_at = models.DateTimeField(_("booked at"), default=timezone.now, editable=False)

    status = models.CharField(_("status"), max_length=20, default="draft", editable=False)
    reference = models.CharField(_("reference"), max_length=20, blank=True, editable=False)
    starts = models.DateTimeField(_("departure"), null=True, editable=False)
    seat = models.ForeignKey(
        Seat, null=True, editable=False, on_delete=models.SET_NULL, related_name="+", verbose_name=_("seat")
    )
    price = models.DecimalField(_("price"), max_digits=8, decimal_places=2, null=True, editable=False)
    ticket = models.CharField(_("ticket"), max_length=20, blank=True, editable=False)
    ready = models.BooleanField(_("ready"), default=False, editable=False)

    class Meta:
        abstract = True
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.reference or gettext("Booking %(number)s") % {"number": self.pk}

    @property
    def status_in_words(self) -> str:
        """The status as people read it."""
        return str(STATUSES.get(self.status, self.status))


class Booking(AnyBooking):
    """A booking that is answered at once and finished in the background."""

    class Meta(AnyBooking.Meta):
        verbose_name, verbose_name_plural = _("booking"), _("bookings")

    def get_absolute_url(self) -> str:
        return reverse("booking", args=[self.pk])


class AllAtOnceBooking(AnyBooking):
    """A booking whose tree does the same in the foreground: its person waits for all of it."""

    waited = models.FloatField(_("seconds waited"), null=True, editable=False)

    class Meta(AnyBooking.Meta):
        verbose_name, verbose_name_plural = _("all-at-once booking"), _("all-at-once bookings")

    def get_absolute_url(self) -> str:
        return reverse("all-at-once", args=[self.pk])


class Mail(models.Model):
    """A mail the airline has sent: the demo's mail backend keeps it here instead of sending it."""

    sender = models.CharField(_("sender"), max_length=200)
    recipients = models.TextField(_("recipients"))
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    html = models.TextField(blank=True)
    sent = models.DateTimeField(_("sent"), default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name, verbose_name_plural = _("mail"), _("mails")

    def __str__(self) -> str:
        return self.subject
