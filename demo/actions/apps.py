from __future__ import annotations

from django.apps import AppConfig


class ActionsConfig(AppConfig):
    name = "demo.actions"
    label = "demo_actions"
