"""Settings of the test site as a server of its own serves it, on the database of the test that starts it."""

from __future__ import annotations

from tests.settings import *  # noqa: F403

MEANWHILE = {"AUTOSTART": False}
