"""The records of the measured site. The app has no migrations: `migrate` makes its tables as they stand here."""

from __future__ import annotations

from django.db import models


class _Booking(models.Model):
    name = models.CharField(max_length=100)
    email = models.EmailField()
    day = models.DateField()
    seats = models.PositiveSmallIntegerField(default=1)
    notes = models.TextField(blank=True)
    status = models.CharField(max_length=20, default="draft")
    reference = models.CharField(max_length=40, blank=True)
    ready = models.BooleanField(default=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Booking(_Booking):
    """What the form makes; has a tree where Meanwhile is installed."""


class Item(_Booking):
    """What is drained: each has a job that updates one of its fields."""


class Quick(_Booking):
    """What is picked up: its job notes the moment at which it starts."""


class Untouched(_Booking):
    """Has no tree anywhere."""
