"""Controllers as a project writes them. Only type-checked, never run: what is public keeps its types."""

from __future__ import annotations

from datetime import timedelta
from typing import assert_type

from django.contrib.auth.models import User

from meanwhile import Retry
from meanwhile.remote import Controller, UserError, action, background_action


class ReportController(Controller):
    permissions = "auth.view_user"

    @action
    def echo(self, message: str) -> str:
        self.progress(0.5, "half")
        return message

    @action(permissions=["auth.change_user"], on="user_", check=lambda user, user_: user == user_, atomic=False)
    async def rename(self, user_: User, name: str) -> None:
        if not name:
            raise UserError("A name is needed.")

    @background_action
    def slow(self, n: int) -> int:
        return n

    @background_action(durable=True, retry=Retry(max_attempts=3), timeout=60, keep=timedelta(days=1), public=True)
    def build(self, of: str = "all") -> dict[str, int]:
        return {of: 1}


def methods_keep_their_types(user: User) -> None:
    controller = ReportController(user=user)
    assert_type(controller.echo("hi"), str)
    assert_type(controller.slow(3), int)
    assert_type(controller.build(), dict[str, int])
    controller.echo(3)  # type: ignore[arg-type]
