"""Where all tests run on a machine that others use too, one that fails and then passes is told and stops nothing."""

from __future__ import annotations

import os

SECOND_TRY = ["--reruns", "1", "-rR"] if os.environ.get("MEANWHILE_REQUIRE_ALL") == "1" else []
"""Arguments of pytest. Without MEANWHILE_REQUIRE_ALL there are none: who works on a test sees each failure of it."""
