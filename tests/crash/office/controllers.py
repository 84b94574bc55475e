"""What a page of the office can ask for."""

from __future__ import annotations

import os
import time

from meanwhile.remote import Controller, background_action
from tests.crash.office.models import Line
from tests.crash.office.trees import sign, wait_for


class OfficeController(Controller):
    @background_action(durable=True)
    def hold(self, number: int) -> dict[str, int]:
        """Stand inside the action's transaction, with a write in it, until the test lets it go on."""
        self.progress(0.5, "before the write")
        Line.objects.create(order=number, text=f"by {os.getpid()}")
        sign(f"held-{number}-{os.getpid()}")
        wait_for("go")
        return {"by": os.getpid()}

    @background_action(durable=True)
    def count(self, number: int) -> int:
        """Take some time before the write, and behind it."""
        self.progress(0.1)
        time.sleep(0.02)
        Line.objects.create(order=number, text="counted")
        time.sleep(0.01)
        self.progress(0.9)
        return number
