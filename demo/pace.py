"""How slow the demo's slow things are."""

from __future__ import annotations

import time

from django.conf import settings


def take_time(seconds: float) -> None:
    """Stand in for the work of another system: so many seconds, times ``DEMO_PACE``."""
    time.sleep(seconds * settings.DEMO_PACE)
