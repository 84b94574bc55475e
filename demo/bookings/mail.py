"""The demo's mail server: keeps mails for the mailbox page, is a little slow, and refuses some addresses."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from demo.bookings.models import Mail

REFUSED_DOMAIN = "refused.example"


class MailboxBackend(BaseEmailBackend):
    """Stores each mail as a `Mail`; an address at refused.example is refused, as a real server would."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            time.sleep(settings.DEMO_PACE)
            _refuse(message)
            Mail.objects.create(
                sender=message.from_email,
                recipients=", ".join(message.recipients()),
                subject=message.subject,
                body=str(message.body),
                html=_html_of(message),
            )
        return len(email_messages)


def _refuse(message: EmailMessage) -> None:
    refused = [address for address in message.recipients() if address.endswith(REFUSED_DOMAIN)]
    if refused:
        raise smtplib.SMTPRecipientsRefused(dict.fromkeys(refused, (550, b"mailbox unavailable")))


def _html_of(message: EmailMessage) -> str:
    alternatives = getattr(message, "alternatives", ())
    return next((str(content) for content, kind in alternatives if kind == "text/html"), "")
