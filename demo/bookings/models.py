"""What the airline keeps: flights with seats, bookings, and the mails it has sent."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone


class Flight(models.Model):
    number = models.CharField(max_length=10, unique=True)
    origin = models.CharField(max_length=60)
    destination = models.CharField(max_length=60)
    starts = models.DateTimeField()
    places = models.PositiveIntegerField("places left")

    class Meta:
        ordering = ["starts"]

    def __str__(self) -> str:
        return f"{self.number} {self.origin} – {self.destination}"


class Seat(models.Model):
    flight = models.ForeignKey(Flight, on_delete=models.CASCADE, related_name="seats")
    row = models.PositiveSmallIntegerField()
    letter = models.CharField(max_length=1)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    free = models.BooleanField(default=True)

    class Meta:
        ordering = ["row", "letter"]
        constraints = [models.UniqueConstraint(fields=["flight", "row", "letter"], name="one_seat_of_a_name")]

    def __str__(self) -> str:
        return f"{self.row}{self.letter}"


class AnyBooking(models.Model):
    """What both kinds of booking have: what is typed, and what the trees fill in."""

    flight = models.ForeignKey(Flight, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("passenger's name", max_length=100)
    email = models.EmailField("e-mail address")
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    booked_at = models.DateTimeField(default=timezone.now, editable=False)

    status = models.CharField(max_length=20, default="draft", editable=False)
    reference = models.CharField(max_length=20, blank=True, editable=False)
    starts = models.DateTimeField(null=True, editable=False)
    seat = models.ForeignKey(Seat, null=True, editable=False, on_delete=models.SET_NULL, related_name="+")
    price = models.DecimalField(max_digits=8, decimal_places=2, null=True, editable=False)
    ticket = models.CharField(max_length=20, blank=True, editable=False)
    ready = models.BooleanField(default=False, editable=False)

    class Meta:
        abstract = True
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.reference or f"Booking {self.pk}"


class Booking(AnyBooking):
    """A booking that is answered at once and finished in the background."""

    def get_absolute_url(self) -> str:
        return reverse("booking", args=[self.pk])


class AllAtOnceBooking(AnyBooking):
    """A booking whose tree does the same in the foreground: its person waits for all of it."""

    waited = models.FloatField("seconds waited", null=True, editable=False)

    class Meta(AnyBooking.Meta):
        verbose_name = "all-at-once booking"

    def get_absolute_url(self) -> str:
        return reverse("all-at-once", args=[self.pk])


class Mail(models.Model):
    """A mail the airline has sent: the demo's mail backend keeps it here instead of sending it."""

    sender = models.CharField(max_length=200)
    recipients = models.TextField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    html = models.TextField(blank=True)
    sent = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.subject
