"""What a trial shows: the steps of each run, what each would have changed, and what it would have sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from django.core.mail import EmailMessage

from meanwhile.actions.webhook_request import WebhookRequest

StepState = Literal["done", "failed", "would", "decided", "queued"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one record before and after a step, as people read values. ``record`` names it."""

    record: str
    field: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TriedMail:
    """A message that would be sent."""

    to: list[str]
    cc: list[str]
    bcc: list[str]
    reply_to: list[str]
    from_email: str
    subject: str
    body: str
    html: str

    @classmethod
    def of(cls, message: EmailMessage) -> TriedMail:
        """Return what a person wants to see of a message."""
        alternatives = getattr(message, "alternatives", ())
        html = next((str(one[0]) for one in alternatives if one[1] == "text/html"), "")
        return cls(
            to=list(message.to),
            cc=list(message.cc),
            bcc=list(message.bcc),
            reply_to=list(message.reply_to),
            from_email=str(message.from_email),
            subject=str(message.subject),
            body=str(message.body),
            html=html,
        )


@dataclass(frozen=True, slots=True)
class TriedRequest:
    """A request of a webhook that would be sent; of headers that hold a secret only the names are shown."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: str

    @classmethod
    def of(cls, request: WebhookRequest) -> TriedRequest:
        """Return what a person wants to see of a request: its body in lines."""
        body = json.dumps(json.loads(request.body), ensure_ascii=False, indent=2) if request.body else ""
        return cls(request.method, request.address.url, request.shown_headers, body)


@dataclass(slots=True)
class TriedStep:
    """One node that was tried.

    ``would`` is the state of an effect outside the database, which was not made. ``also`` names record types of which
    other rows were written; ``runs`` are the runs of other trees that the step set off; ``later`` names what code has
    left for after the commit: callbacks, and jobs of its own.
    """

    path: str
    title: str
    kind: str
    state: StepState = "done"
    message: str = ""
    changes: list[FieldChange] = field(default_factory=list)
    mails: list[TriedMail] = field(default_factory=list)
    requests: list[TriedRequest] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    runs: list[TriedRun] = field(default_factory=list)
    later: list[str] = field(default_factory=list)


@dataclass(slots=True)
class TriedRun:
    """One run: the steps before the page."""

    tree: str
    name: str
    event: str
    record: str
    steps: list[TriedStep] = field(default_factory=list)


@dataclass(slots=True)
class TriedBranch:
    """One job after the page: the Background or Delay at ``path`` of a tree. ``due`` is None for as soon as possible.

    ``ended`` says why it would not be done to its end, empty if it would.
    """

    tree: str
    path: str
    title: str
    when: str
    due: datetime | None
    steps: list[TriedStep] = field(default_factory=list)
    ended: str = ""
    failed: bool = False


@dataclass(slots=True)
class TryOut:
    """What a trial showed. With an ``error`` the foreground would fail, and nothing would be saved at all.

    ``besides`` is what code that listens to Django's signals did when the event itself happened: one step or none.
    """

    run: TriedRun
    typed: list[FieldChange]
    branches: list[TriedBranch] = field(default_factory=list)
    error: str = ""
    timed_out: bool = False
    seconds: float = 0.0
    besides: list[TriedStep] = field(default_factory=list)
    received: str = ""
    """Which record a body that was tried finds or makes, in words."""

    @property
    def foreground(self) -> list[TriedStep]:
        """The steps before the page."""
        return self.run.steps
