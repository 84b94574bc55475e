"""The models the tests work with: a small booking office.

The app has no migrations on purpose: `migrate` creates its tables as the models stand.
"""

from __future__ import annotations

from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=100)
    email = models.EmailField(blank=True)

    def __str__(self) -> str:
        return self.name


class Seat(models.Model):
    number = models.CharField(max_length=10)
    price = models.DecimalField(max_digits=8, decimal_places=2, default=0)

    def __str__(self) -> str:
        return self.number


class Booking(models.Model):
    name = models.CharField(max_length=100)
    email = models.EmailField(blank=True)
    status = models.CharField(max_length=20, default="draft")
    seat = models.ForeignKey(Seat, null=True, blank=True, on_delete=models.SET_NULL, related_name="bookings")
    price = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    starts = models.DateTimeField(null=True, blank=True)
    day = models.DateField(null=True, blank=True)
    ready = models.BooleanField(default=False)
    reference = models.CharField(max_length=40, blank=True)
    notes = models.TextField(blank=True)
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.SET_NULL, related_name="bookings")

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="tickets")
    passenger = models.CharField(max_length=100)
    paid = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.passenger


from tests.shop.models_capture import *  # noqa: E402, F403
from tests.shop.models_received import *  # noqa: E402, F403
