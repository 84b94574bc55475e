"""Compose the request of a Call Webhook: templates filled, the body made JSON, signed, and nothing smuggled in.

The signature is that of Standard Webhooks: HMAC-SHA256 over ``id.timestamp.body``
(https://www.standardwebhooks.com).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.template.base import Lexer, TokenType
from django.utils.html import escape
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.actions import webhook_address
from meanwhile.actions.assignment import HIDDEN, secret_names
from meanwhile.actions.base import Step
from meanwhile.actions.call_webhook import WITH_BODY, key_problem, url_problem
from meanwhile.actions.values import to_jsonable
from meanwhile.actions.webhook_address import Address
from meanwhile.exceptions import ValueProblem, WebhookFailed
from meanwhile.sensitive import is_sensitive
from meanwhile.webhook_settings import MayBePrivate, WebhookSecret

if TYPE_CHECKING:
    from meanwhile.actions.call_webhook import CallWebhook

FITS_A_HEADER = re.compile(r"[\t -~\xa0-\xff]*")
USER_AGENT = "django-meanwhile"
SHORT = 3
"""Words of no more letters are no secret by themselves."""

SECRET_HEADERS = frozenset({"webhook-signature"})


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A request, ready to be sent. ``secret_headers`` are those whose values nobody may see, in small letters."""

    method: str
    address: Address
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    secret_headers: frozenset[str] = frozenset()

    @property
    def shown_headers(self) -> list[tuple[str, str]]:
        """The headers that people may see; of the others the names."""
        return [(name, HIDDEN if name.lower() in self.secret_headers else value) for name, value in self.headers]

    def without_secrets(self, text: str) -> str:
        """Return a text in which no secret of the request stands, such as an answer that repeats it, also as JSON, in
        an address or in HTML."""
        for secret in self.secrets:
            in_json = json.dumps(secret)[1:-1]
            written = {
                secret,
                in_json,
                in_json.replace("/", "\\/"),
                quote(secret),
                quote(secret, safe=""),
                escape(secret),
            }
            for one in sorted(written, key=len, reverse=True):
                text = text.replace(one, HIDDEN)
        return text


def compose(node: CallWebhook, step: Step) -> WebhookRequest:
    """Return the request that a Call Webhook sends in this step. Raises `ValueProblem` and `WebhookFailed`."""
    address = _address(node, step)
    body = _body(node, step, address)
    headers = {"User-Agent": USER_AGENT, "Accept": "*/*", **({"Content-Type": "application/json"} if body else {})}
    for name, text in node.headers.items():
        _put(headers, name, _header_value(name, step.render(text)))
    key = step.idempotency_key
    headers |= {"Idempotency-Key": key, "webhook-id": key}
    unshown: list[str] = []
    hidden = set(SECRET_HEADERS)
    if node.sign_with:
        secret = _secret(node.sign_with, "sign_with", address)
        unshown.append(secret.text)
        timestamp = str(int(step.now.timestamp()))
        signed = signature(secret.key, key, timestamp, body)
        headers |= {"webhook-timestamp": timestamp, "webhook-signature": signed}
        unshown.append(signed.partition(",")[2])
    if node.authorize_with:
        secret = _secret(node.authorize_with, "authorize_with", address)
        # Behind a scheme, as in “Basic dXNlcjpw”, the last word is what is secret.
        unshown += [secret.text, *[word for word in secret.text.split()[1:] if len(word) > SHORT]]
        name = node.authorize_in or "Authorization"
        _put(headers, name, secret.text if node.authorize_in else f"Bearer {secret.text}")
        hidden.add(name.lower())
    return WebhookRequest(node.method, address, tuple(headers.items()), body, tuple(unshown), frozenset(hidden))


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """Return the value of the header ``webhook-signature``."""
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def secret_problem(name: str, place: str, address: Address | None) -> str:
    """Return why a secret can't be used for this (``sign_with``, ``authorize_with``) at an address; empty if it can.

    ``address`` is None where it is not known yet.
    """
    secret = conf.get().webhook_secrets.get(name)
    if secret is None:
        return _("There is no secret “%(name)s” in WEBHOOK_SECRETS.") % {"name": name}
    if not secret.hosts:
        if place == "sign_with":
            return ""
        return _("The secret “%(name)s” names no hosts that it may be sent to.") % {"name": name}
    if address is not None and address.host not in secret.hosts:
        return _("The secret “%(name)s” is not for %(host)s.") % {"name": name, "host": address.host}
    if address is not None and place == "authorize_with" and not _is_private_way(address):
        text = _("The secret “%(name)s” is sent over https:// alone, unless WEBHOOK_ALLOW_PRIVATE names the host.")
        return text % {"name": name}
    return ""


def _is_private_way(address: Address) -> bool:
    """Say whether nobody on the way reads what is sent: it is encrypted, or the host is one of the project's own."""
    if address.scheme == "https":
        return True
    allowed = (MayBePrivate.read(text) for text in conf.get().webhook_allow_private)
    return any(one.covers(address.host, address.port, webhook_address.ip_of(address.host)) for one in allowed)


def _address(node: CallWebhook, step: Step) -> Address:
    if problem := url_problem(node.url):
        raise WebhookFailed(webhook_address.in_words(node.url), problem, permanent=True)
    url = step.render(percent_encoding(node.url))
    try:
        return webhook_address.read(url)
    except ValueError as error:
        problem = _("The address can't be called: %(problem)s.") % {"problem": error}
        raise WebhookFailed(webhook_address.in_words(node.url), problem, permanent=True) from None


def percent_encoding(template: str) -> str:
    """Return the template of an address in which each value is percent-encoded, whatever it holds."""
    parts = []
    for token in Lexer(template).tokenize():
        is_value = token.token_type is TokenType.VAR
        parts.append(f"{{{{ {token.contents}|urlencode:'' }}}}" if is_value else token.contents)
    return "".join(parts)


def _secret(name: str, place: str, address: Address) -> WebhookSecret:
    if problem := secret_problem(name, place, address):
        raise WebhookFailed(address.shown, problem, permanent=True)
    return conf.get().webhook_secrets[name]


def _put(headers: dict[str, str], name: str, value: str) -> None:
    """Set a header in the place of one of the same name, in whichever letters."""
    for known in [one for one in headers if one.lower() == name.lower()]:
        del headers[known]
    headers[name] = value


def _header_value(name: str, text: str) -> str:
    value = text.strip()
    if not FITS_A_HEADER.fullmatch(value):
        shown = HIDDEN if is_sensitive(name.replace("-", "_")) else value
        raise ValueProblem(f"headers.{name}", shown, _("it has to fit on one line, in letters of Western Europe"))
    return value


def _body(node: CallWebhook, step: Step, address: Address) -> bytes:
    if not node.body:
        return b""
    if node.method not in WITH_BODY:
        problem = _("A %(method)s request has no body.") % {"method": node.method}
        raise WebhookFailed(address.shown, problem, permanent=True)
    values = dict(_values(node, step))
    body = json.dumps(_nested(values), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    limit = conf.get().webhook_max_body
    if len(body) > limit:
        text = _("The request would have %(size)s bytes, and %(limit)s are allowed (WEBHOOK_MAX_BODY).")
        raise WebhookFailed(address.shown, text % {"size": len(body), "limit": limit}, permanent=True)
    return body


def _values(node: CallWebhook, step: Step) -> Iterator[tuple[str, Any]]:
    secret = secret_names(node.body)
    for key, value in node.body.items():
        if problem := key_problem(key, node.body):
            raise ValueProblem(f"body.{key}", None, problem)
        worth = step.resolve(value)
        try:
            yield key, to_jsonable(worth.pk if hasattr(worth, "_meta") else worth)
        except ValueError as error:
            raise ValueProblem(f"body.{key}", HIDDEN if key in secret else worth, str(error)) from None


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with an object for each dot in their keys."""
    whole: dict[str, Any] = {}
    for key, value in values.items():
        *above, last = key.split(".")
        inner = whole
        for part in above:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return whole
