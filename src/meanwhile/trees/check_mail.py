"""Check whom an e-mail goes to: what depends on the project's user model."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from meanwhile.actions.base import Problem
from meanwhile.actions.mailing import has_groups
from meanwhile.actions.recipients import Groups
from meanwhile.actions.send_email import SendEmail
from meanwhile.trees.check_info import Surroundings


def check_recipients(node: SendEmail, info: Surroundings) -> Iterator[Problem]:
    """Yield a problem for each `Groups` where the user model has no groups."""
    label = info.user_model()
    users = info.find_model(label)
    if users is None or has_groups(users):
        return
    for place in ("to", "cc", "bcc", "reply_to"):
        for number, recipient in enumerate(getattr(node, place)):
            if isinstance(recipient, Groups):
                yield info.problem(
                    "meanwhile.E125",
                    f"{place}.{number}",
                    _("The user model %(model)s has no groups.") % {"model": label},
                    _("Name users or addresses, or give the user model Django's PermissionsMixin."),
                )
