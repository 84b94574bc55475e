"""What pages of the measured site can call; loaded only where Meanwhile is installed."""

from __future__ import annotations

from benchmarks.project.models import Untouched
from meanwhile.remote import Controller, action


class EchoController(Controller):
    """As small as an action can be."""

    @action
    def echo(self, message: str) -> str:
        """Return the message."""
        return message

    @action
    def ask(self, message: str) -> str:
        """Return the message after a question to the database."""
        Untouched.objects.filter(name=message).exists()
        return message
