from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AirportConfig(AppConfig):
    name = "demo.airport"
    verbose_name = _("The airport")
    label = "demo_airport"
