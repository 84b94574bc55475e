"""A model whose records other systems send."""

from __future__ import annotations

from django.db import models


class Order(models.Model):
    """Has a number of its own, and a field that nothing may show."""

    number = models.CharField(max_length=20, unique=True)
    amount = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    note = models.TextField(blank=True)
    password = models.CharField(max_length=10, blank=True)
    internal = models.CharField(max_length=20, blank=True, editable=False)

    def __str__(self) -> str:
        return self.number
