"""Models in the shapes that capturing a save must get right."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now, Upper


class Place(models.Model):
    """A parent table."""

    name = models.CharField(max_length=50)
    city = models.CharField(max_length=50, blank=True)


class Airport(Place):
    """A multi-table child."""

    code = models.CharField(max_length=3, blank=True)


class Terminal(Airport):
    """A child of a child."""

    gates = models.IntegerField(default=0)


class FamousPlace(Place):
    """A proxy."""

    class Meta:
        proxy = True


class Runway(models.Model):
    """Goes with its airport."""

    airport = models.ForeignKey(Airport, on_delete=models.CASCADE, related_name="runways")
    length = models.IntegerField(default=0)


class Stamped(models.Model):
    """An abstract base."""

    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class Parcel(Stamped):
    """Unique, ordered through a nullable relation, with fields of many types."""

    tag = models.CharField(max_length=20, unique=True)
    weight = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    pieces = models.IntegerField(default=1)
    ratio = models.FloatField(null=True)
    day = models.DateField(null=True)
    hour = models.TimeField(null=True)
    at = models.DateTimeField(null=True)
    took = models.DurationField(null=True)
    ident = models.UUIDField(null=True)
    flags = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    data = models.BinaryField(default=b"")
    label = models.FileField(upload_to="labels", blank=True)
    place = models.ForeignKey(Place, null=True, on_delete=models.SET_NULL)
    password = models.CharField(max_length=128, blank=True)

    class Meta:
        ordering = ["place__name"]


class Invoice(models.Model):
    """Values made by the database."""

    net = models.IntegerField(default=0)
    text = models.CharField(max_length=50, default="")
    gross = models.GeneratedField(
        expression=models.F("net") * 2,
        output_field=models.DecimalField(max_digits=9, decimal_places=2),
        db_persist=True,
    )
    loud = models.GeneratedField(
        expression=Upper("text"), output_field=models.CharField(max_length=50), db_persist=True
    )
    booked = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=10, db_default="new")


class Country(models.Model):
    """A key set by hand."""

    iso = models.CharField(max_length=2, primary_key=True)
    name = models.CharField(max_length=50, blank=True)


class Token(models.Model):
    """A key made in Python."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=50, blank=True)


class Permit(models.Model):
    """Its key is a relation."""

    country = models.OneToOneField(Country, primary_key=True, on_delete=models.CASCADE)
    days = models.IntegerField(default=0)


class Leg(models.Model):
    """A key of two fields."""

    pk = models.CompositePrimaryKey("flight", "number")
    flight = models.IntegerField()
    number = models.IntegerField()
    note = models.CharField(max_length=50, blank=True)


class Lounge(models.Model):
    """Has its own idea of saving and deleting."""

    name = models.CharField(max_length=50)
    slug = models.CharField(max_length=50, blank=True)
    visits = models.IntegerField(default=0)

    def save(self, *args: Any, **options: Any) -> None:
        self.slug = self.name.lower()
        super().save(*args, **options)

    def save_base(self, *args: Any, **options: Any) -> None:
        if self.name != "not to be saved":
            super().save_base(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        self.name = "deleted"
        return super().delete(*args, **options)


class Node(models.Model):
    """Points to its own kind."""

    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")


class SpecialNode(Node):
    """A proxy of a model that cascades to itself."""

    class Meta:
        proxy = True


class Unheard(models.Model):
    """Nobody listens to it."""

    name = models.CharField(max_length=50)
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE)


class UnheardLine(models.Model):
    """Nobody listens to it either."""

    owner = models.ForeignKey(Unheard, on_delete=models.CASCADE)
