"""The three types of record."""

from __future__ import annotations

from django.db import models


class _Paper(models.Model):
    name = models.CharField(max_length=100)
    status = models.CharField(max_length=20, default="new")
    due = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Order(_Paper):
    """What most runs are about."""


class Invoice(_Paper):
    """Has the tree that hardly ever runs."""


class Ticket(_Paper):
    """The third."""
