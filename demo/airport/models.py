"""What the airport's computer has been told. It plays another system: nothing else of the demo knows this table."""

from __future__ import annotations

from django.db import models


class Notice(models.Model):
    """One message, known by the key that the sender gave it: the same message twice is one."""

    key = models.CharField(max_length=100, unique=True)
    reference = models.CharField(max_length=20, db_index=True)
    passenger = models.CharField(max_length=100)
    ticket = models.CharField(max_length=40, blank=True)
    received = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.reference
