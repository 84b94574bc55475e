"""The table of client actions: who has which of the few places for background requests."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class BackgroundSlot(models.Model):
    """A place that a background request takes while it runs, so that one person has at most three, on all servers."""

    owner = models.CharField(
        _("owner"), max_length=200, help_text=_("Whose request it is: a user, session or address.")
    )
    slot = models.SmallIntegerField(_("place"))
    token = models.CharField(_("token"), max_length=32, help_text=_("Drawn anew for each request."))
    holder = models.CharField(_("process"), max_length=200, help_text=_("The process that runs it."))
    until = models.DateTimeField(_("until"), help_text=_("When the place is free again in any case."))

    class Meta:
        verbose_name = _("background place")
        verbose_name_plural = _("background places")
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "slot"], name="meanwhile_slot_of_owner")]

    def __str__(self) -> str:
        return f"{self.owner} #{self.slot}"
