"""Orders, and the log that their steps write into. No migrations on purpose: `migrate` creates the tables."""

from __future__ import annotations

from django.db import models


class Order(models.Model):
    name = models.CharField(max_length=100)
    status = models.CharField(max_length=20, default="draft")
    notes = models.TextField(blank=True)
    ready = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Line(models.Model):
    """One database effect. Nothing keeps it from being there twice: that is for the engine to prevent."""

    order = models.BigIntegerField()
    text = models.CharField(max_length=100)

    def __str__(self) -> str:
        return f"{self.order}: {self.text}"
