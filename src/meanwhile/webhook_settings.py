"""What a project's settings say about webhooks: the secrets, and which private addresses may be called. No Django."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

STANDARD = "whsec_"
"""How the secrets of the Standard Webhooks scheme begin; the rest is base64."""

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


class WebhookSecret(BaseModel):
    """One of ``WEBHOOK_SECRETS``: a text, or ``{"secret": "…", "hosts": ["crm.example"]}``.

    What signs never leaves the process. What is sent along (``authorize_with``) goes to the ``hosts`` named here and
    to no others, because whoever edits trees in the Studio chooses the address.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    secret: SecretStr = Field(min_length=1, max_length=10_000)
    hosts: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _may_be_a_text(cls, given: Any) -> Any:
        return {"secret": given} if isinstance(given, str | SecretStr) else given

    @field_validator("secret")
    @classmethod
    def _can_be_used(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if not text.isascii() or not text.isprintable() or text != text.strip():
            raise ValueError("it must be made of ASCII letters, digits and signs, without spaces at its ends")
        if text.startswith(STANDARD):
            try:
                base64.b64decode(text.removeprefix(STANDARD), validate=True)
            except binascii.Error:
                raise ValueError(f"what stands behind {STANDARD} must be base64") from None
        return value

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        hosts = tuple(host.lower().rstrip(".") for host in value)
        for host in hosts:
            if not is_host(host):
                raise ValueError(f"{host!r} is no host; write a name such as “crm.example”")
        return hosts

    @property
    def text(self) -> str:
        """The secret itself."""
        return self.secret.get_secret_value()

    @property
    def key(self) -> bytes:
        """What signs."""
        if self.text.startswith(STANDARD):
            return base64.b64decode(self.text.removeprefix(STANDARD))
        return self.text.encode()


@dataclass(frozen=True, slots=True)
class MayBePrivate:
    """One of ``WEBHOOK_ALLOW_PRIVATE``: a network, or a host with or without a port."""

    network: IPNetwork | None = None
    host: str = ""
    port: int | None = None

    @classmethod
    def read(cls, text: str) -> MayBePrivate:
        """Return what ``crm.internal``, ``127.0.0.1:8000`` or ``10.1.0.0/16`` says. Raises ValueError."""
        try:
            return cls(network=ipaddress.ip_network(text, strict=False))
        except ValueError:
            pass
        host, colon, port = text.strip().lower().rstrip(".").partition(":")
        if not is_host(host) or (colon and not (port.isdecimal() and 0 < int(port) < 1 << 16)):
            raise ValueError(f"{text!r} is no host such as “crm.internal” and no network such as “10.1.0.0/16”")
        return cls(host=host, port=int(port) if colon else None)

    def covers(self, host: str, port: int, address: IPAddress | None) -> bool:
        """Say whether a host may be called at an address (None: whatever its addresses are)."""
        if self.network is not None:
            return address is not None and address in self.network
        return host == self.host and self.port in (None, port)


def is_host(text: str) -> bool:
    """Say whether a text is a host's name, or an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return len(text) <= 253 and _HOST.fullmatch(text) is not None
    return True
