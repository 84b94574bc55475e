from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActionsConfig(AppConfig):
    name = "demo.actions"
    verbose_name = _("Actions")
    label = "demo_actions"
