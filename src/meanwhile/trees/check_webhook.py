"""Check what a Call Webhook asks of the project's settings: its secrets, and where it may go."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.actions import webhook_address
from meanwhile.actions.base import Problem
from meanwhile.actions.call_webhook import CallWebhook
from meanwhile.actions.webhook_address import Address
from meanwhile.actions.webhook_request import secret_problem
from meanwhile.sensitive import is_sensitive
from meanwhile.trees.check_info import Surroundings
from meanwhile.webhook_settings import MayBePrivate

END_OF_HOST = re.compile(r"[/?#]")


def check_webhook(node: CallWebhook, info: Surroundings) -> Iterator[Problem]:
    """Yield a problem for each secret that can't be used, for a private address, and for a secret in a header."""
    address = _fixed_address(node.url)
    for place in ("sign_with", "authorize_with"):
        name = getattr(node, place)
        if name and (problem := secret_problem(name, place, address)):
            yield info.problem("meanwhile.E144", place, problem, _hint())
    if node.authorize_in and not node.authorize_with:
        text = _("A header is named for a secret, and no secret.")
        yield info.problem("meanwhile.E144", "authorize_with", text, _hint())
    if address is not None and not _may_be_called(address):
        text = _("%(host)s is not on the public internet.") % {"host": address.host}
        hint = _("If it may be called all the same, name it in MEANWHILE[“WEBHOOK_ALLOW_PRIVATE”].")
        yield info.problem("meanwhile.E145", "url", text, hint)
    for name, text in node.headers.items():
        if text and "{{" not in text and is_sensitive(name.replace("-", "_")):
            message = _("The header “%(name)s” looks like a secret, which everybody who sees the tree can read.")
            hint = _("Put it into WEBHOOK_SECRETS, and name it in “authorize_with”.")
            yield info.problem("meanwhile.W141", f"headers.{name}", message % {"name": name}, hint)


def _fixed_address(url: str) -> Address | None:
    """Return the address, as far as its host is written in the tree; None for a host that is filled in later."""
    beginning = url.partition("{")[0]
    is_fixed = "{" not in url or END_OF_HOST.search(beginning.partition("://")[2])
    try:
        return webhook_address.read(beginning if is_fixed else "")
    except ValueError:
        return None


def _may_be_called(address: Address) -> bool:
    """Say whether a host that needs no look-up may be called; of others the request finds out."""
    ip = webhook_address.ip_of(address.host)
    allowed = [MayBePrivate.read(text) for text in conf.get().webhook_allow_private]
    if ip is not None:
        return webhook_address.may_be_called(address, ip, allowed)
    is_here = address.host == "localhost" or address.host.endswith(".localhost")
    return not is_here or any(one.covers(address.host, address.port, None) for one in allowed)


def _hint() -> str:
    known = ", ".join(sorted(conf.get().webhook_secrets)) or _("none")
    return _("Name one of WEBHOOK_SECRETS (%(names)s), and there the hosts that it may be sent to.") % {"names": known}
