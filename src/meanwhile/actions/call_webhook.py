"""Call Webhook: tell another system over HTTP, with a JSON body of the record's values, signed if it is to be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Any
from typing import Literal as OneOf

from pydantic import Field as Limited
from pydantic import StringConstraints

from meanwhile.actions import webhook_address
from meanwhile.actions.base import Action, Problem, Step, TreeInfo
from meanwhile.actions.values import Value, to_values
from meanwhile.parts import python_only
from meanwhile.texts import gettext as _

__all__ = ["CallWebhook"]

WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
OF_THE_REQUEST = frozenset({
    "accept-encoding", "authorization", "connection", "content-encoding", "content-length", "cookie", "expect", "host",
    "idempotency-key", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding",
    "upgrade", "webhook-id", "webhook-signature", "webhook-timestamp",
})  # fmt: skip
"""Headers that a request gets otherwise, or that no tree may set."""

IN_BRACES = re.compile(r"{{.*?}}", re.DOTALL)
GRACE = 5.0
"""Seconds that a step has besides those of its request, so that it is the request that says what took too long."""

Text = Annotated[str, StringConstraints(max_length=10_000)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=200)]
SecretName = Annotated[str, StringConstraints(max_length=100)]


class CallWebhook(Action):
    """Call another system: ``CallWebhook("https://crm.example/hooks", body={"number": Field("number")})``.

    The URL and the values of ``headers`` are templates; what is filled into the URL is percent-encoded. ``body`` is
    sent as JSON; a dot in a key makes an object in an object. ``sign_with`` and ``authorize_with`` name secrets of
    ``WEBHOOK_SECRETS``. Its effect is outside the database: put it under Background, where it happens at least once.
    Every try carries the same ``Idempotency-Key``. See “Nodes” and “Background jobs” in the event tree rules.
    """

    kind: OneOf["call_webhook"] = "call_webhook"
    url: Text = ""
    method: OneOf["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    headers: Annotated[dict[Key, Text], Limited(max_length=50)] = {}
    body: Annotated[dict[Key, Value], Limited(max_length=500)] = {}
    sign_with: SecretName = ""
    authorize_with: SecretName = ""
    authorize_in: Annotated[str, StringConstraints(max_length=200)] = ""

    @python_only
    def __init__(self, url: str = "", /, **options: Any) -> None:
        options.setdefault("url", url)
        self._fill({**options, "body": to_values(options.pop("body", {}), "CallWebhook.body")})

    @property
    def outside(self) -> bool:
        """True: what the other system does can't be taken back."""
        return True

    @property
    def time_limit(self) -> float | None:
        """Seconds after which the step is given up; the request itself is given up before."""
        from meanwhile import conf

        return (self.timeout or conf.get().webhook_timeout) + GRACE

    def describe(self) -> str:
        """Name host and path, if there are any yet."""
        address = webhook_address.in_words(self.url)
        return _("Call %(address)s") % {"address": address} if address else self.describe_kind()

    def describe_kind(self) -> str:
        """Say that it is a webhook."""
        return _("Call Webhook")

    def check(self, info: TreeInfo) -> Iterable[Problem]:
        """Look for an address, headers and a body that can't be sent, whatever they are filled with."""
        yield from info.check_template(self.url, "url")
        if problem := url_problem(self.url):
            hint = _("Write an address such as https://crm.example/hooks.")
            yield info.problem("meanwhile.E141", "url", problem, hint)
        yield from self._check_headers(info)
        yield from self._check_body(info)

    def execute(self, step: Step) -> dict[str, Any]:
        """Send the request. Raises `WebhookFailed`, and `ValueProblem` for what can't be sent."""
        from meanwhile.actions.webhook_request import compose
        from meanwhile.actions.webhook_sending import deliver

        return deliver(compose(self, step), seconds=self.timeout)

    def _check_headers(self, info: TreeInfo) -> Iterator[Problem]:
        hint = _("Secrets are named in “authorize_with”; the request sets its other headers itself.")
        named = [(name, f"headers.{name}") for name in self.headers]
        if self.authorize_in:
            named.append((self.authorize_in, "authorize_in"))
        often = Counter(name.lower() for name, _place in named)
        for name, place in named:
            own = place == "authorize_in" and name.lower() == "authorization"
            if not HEADER.fullmatch(name) or (name.lower() in OF_THE_REQUEST and not own):
                text = _("The header “%(name)s” can't be set.") % {"name": name}
                yield info.problem("meanwhile.E142", place, text, hint)
            elif often[name.lower()] > 1:
                text = _("The header “%(name)s” is there twice.") % {"name": name}
                yield info.problem("meanwhile.E142", place, text, _("Remove one of them."))
        for name, text in self.headers.items():
            yield from info.check_template(text, f"headers.{name}")

    def _check_body(self, info: TreeInfo) -> Iterator[Problem]:
        for key, value in self.body.items():
            yield from info.check_value(value, f"body.{key}")
        if self.body and self.method not in WITH_BODY:
            text = _("A %(method)s request has no body.") % {"method": self.method}
            hint = _("Put the values into the address, or choose another method.")
            yield info.problem("meanwhile.E143", "body", text, hint)
        for key in self.body:
            if problem := key_problem(key, self.body):
                yield info.problem("meanwhile.E143", f"body.{key}", problem, _("Choose another key."))


def url_problem(url: str) -> str:
    """Return what is wrong with the template of an address, whatever it is filled with; empty for nothing."""
    if not url.strip():
        return _("No address is called.")
    if "{%" in url or "{#" in url:
        return _("The address holds a tag, and only values in {{ … }} can be filled in there.")
    try:
        webhook_address.read(IN_BRACES.sub("x", url))
    except ValueError as error:
        return _("The address can't be called: %(problem)s.") % {"problem": error}
    return ""


def key_problem(key: str, keys: Iterable[str]) -> str:
    """Return what is wrong with a key of a body; empty for nothing."""
    if not all(key.split(".")):
        return _("“%(key)s” is no key: nothing stands before or behind a dot.") % {"key": key}
    if any(other.startswith(f"{key}.") for other in keys):
        return _("“%(key)s” can't be a value and an object with values in it.") % {"key": key}
    return ""
