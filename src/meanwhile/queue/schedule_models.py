"""The table of what comes again and again: one small row for each schedule, and none where there is none."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Schedule(models.Model):
    """When something periodic comes next: the one place where all workers agree on it (`schedule.py`).

    ``fingerprint`` names the times it was worked out by: whoever knows others works it out anew. ``anchor`` is what
    intervals are counted from.
    """

    key = models.CharField(_("key"), max_length=220, primary_key=True)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    anchor = models.DateTimeField(_("counted from"))
    next_at = models.DateTimeField(_("next time"), null=True, blank=True, help_text=_("Empty if it never comes again."))
    last_at = models.DateTimeField(_("last time"), null=True, blank=True)
    last_job = models.BigIntegerField(_("last job"), null=True, blank=True)
    skipped_at = models.DateTimeField(
        _("last skipped"),
        null=True,
        blank=True,
        help_text=_("The last time that was skipped: the run before had not begun yet."),
    )

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering: ClassVar = ["key"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.key
