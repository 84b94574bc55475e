"""Send Email: plain text and HTML, from templates over plain data, through Django's mail settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any
from typing import Literal as OneOf

from pydantic import StringConstraints

from meanwhile.actions.base import Action, Problem, Step, TreeInfo
from meanwhile.actions.recipients import Addresses, Groups, Recipient, Users, to_recipients
from meanwhile.parts import python_only
from meanwhile.texts import gettext as _

__all__ = ["Addresses", "Groups", "SendEmail", "Users"]

Text = Annotated[str, StringConstraints(max_length=200_000)]


class SendEmail(Action):
    """Send an e-mail: ``SendEmail(to="{{ record.email }}", subject="Your booking", body="Dear {{ record.name }}, …")``.

    ``to``, ``cc``, ``bcc`` and ``reply_to`` are templates of addresses, lists of these, `Users` or `Groups`. Its
    effect is outside the database: put it under Background, where it happens at least once. Every try carries the same
    ``Message-ID`` and ``X-Idempotency-Key``. See “Nodes” and “Background jobs” in the event tree rules.
    """

    kind: OneOf["send_email"] = "send_email"
    to: tuple[Recipient, ...] = ()
    subject: Annotated[str, StringConstraints(max_length=2_000)] = ""
    body: Text = ""
    html: Text = ""
    cc: tuple[Recipient, ...] = ()
    bcc: tuple[Recipient, ...] = ()
    reply_to: tuple[Recipient, ...] = ()
    from_email: Annotated[str, StringConstraints(max_length=2_000)] = ""

    @python_only
    def __init__(self, /, to: Any = (), subject: str = "", body: str = "", **options: Any) -> None:
        for name in ("cc", "bcc", "reply_to"):
            if name in options:
                options[name] = to_recipients(options[name])
        self._fill({"to": to_recipients(to), "subject": subject, "body": body, **options})

    @property
    def outside(self) -> bool:
        """True: a sent mail can't be taken back."""
        return True

    def describe(self) -> str:
        """Name the subject, if there is one yet."""
        if not self.subject:
            return self.describe_kind()
        return _("Send e-mail “%(subject)s”") % {"subject": self.subject}

    def describe_kind(self) -> str:
        """Say that it is an e-mail."""
        return _("Send Email")

    def check(self, info: TreeInfo) -> Iterable[Problem]:
        """Look for templates that can't be filled and for a mail to nobody."""
        for name, text in self._templates():
            yield from info.check_template(text, name)
        if not (self.to or self.cc or self.bcc):
            yield info.problem(
                "meanwhile.E123",
                "to",
                _("The e-mail goes to nobody."),
                _("Name a recipient in “to”, “cc” or “bcc”."),
            )

    def execute(self, step: Step) -> dict[str, Any]:
        """Send it. Raises `ValueProblem` for an address or subject that can't be used and for a mail to nobody."""
        from meanwhile.actions.mailing import compose

        message = compose(self, step)
        message.send()
        return {"recipients": len(message.recipients()), "message_id": message.extra_headers["Message-ID"]}

    def _templates(self) -> Iterator[tuple[str, str]]:
        for name in ("subject", "body", "html", "from_email"):
            yield name, getattr(self, name)
        for name in ("to", "cc", "bcc", "reply_to"):
            for number, recipient in enumerate(getattr(self, name)):
                if isinstance(recipient, Addresses):
                    yield f"{name}.{number}", recipient.addresses
