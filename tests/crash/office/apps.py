from __future__ import annotations

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    name = "tests.crash.office"
    label = "office"
    default_auto_field = "django.db.models.BigAutoField"
