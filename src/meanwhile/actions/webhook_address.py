"""Where a webhook goes: its address taken apart, and whether a machine may be called. No Django."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from meanwhile.texts import gettext as _
from meanwhile.webhook_settings import IPAddress, MayBePrivate, is_host

PORTS = {"http": 80, "https": 443}
OF_A_PATH = "/%:@!$&'()*+,;=~-._"
OF_A_QUERY = OF_A_PATH + "?"

GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a request. ``path`` and ``query`` are percent-encoded."""

    scheme: str
    host: str
    port: int
    path: str
    query: str = ""

    @property
    def authority(self) -> str:
        """Host and, where it is not the usual one, port, as the header ``Host`` has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def target(self) -> str:
        """What the first line of the request asks for."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def url(self) -> str:
        """All of it."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def shown(self) -> str:
        """Host and path, without the query, whose values may be secret."""
        return f"{self.authority}{self.path}"


def read(url: str) -> Address:
    """Return an address taken apart. Raises ValueError, with words for people, for one that can't be called."""
    text = url.strip()
    if any(ord(sign) <= ord(" ") or ord(sign) == 127 for sign in text):
        raise ValueError(_("it holds a space or a control character"))
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(_("it is no web address")) from None
    if parts.scheme not in PORTS:
        raise ValueError(_("it has to begin with https:// or http://"))
    if "@" in parts.netloc:
        raise ValueError(_("it holds a user name or a password; name a secret instead"))
    host = _ascii(host)
    if not is_host(host) or port == 0:
        raise ValueError(_("it names no host"))
    if any(unquote(part) in {".", ".."} for part in parts.path.split("/")):
        raise ValueError(_("a part of its path is “.” or “..”, which leads elsewhere"))
    path = quote(parts.path, safe=OF_A_PATH) or "/"
    return Address(parts.scheme, host, port or PORTS[parts.scheme], path, quote(parts.query, safe=OF_A_QUERY))


def in_words(url: str) -> str:
    """Return an address as titles have it, also a template of one: without scheme and query."""
    return url.strip().partition("?")[0].partition("#")[0].rpartition("://")[2].rstrip("/")


def ip_of(host: str) -> IPAddress | None:
    """Return the IP address that a host is written as, None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def may_be_called(address: Address, ip: IPAddress, allowed: Iterable[MayBePrivate]) -> bool:
    """Say whether a request may go to one of its host's IP addresses."""
    return is_public(ip) or any(one.covers(address.host, address.port, ip) for one in allowed)


def is_public(ip: IPAddress) -> bool:
    """Say whether an IP address is on the public internet: not private, loopback, link-local, multicast, reserved or
    shared, and no IPv6 address in which such an IPv4 address is hidden."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast and not ip.is_reserved
    hidden = ip.ipv4_mapped or ip.sixtofour or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else None)
    if hidden is not None:
        return is_public(hidden)
    return ip in GLOBAL_UNICAST and ip.is_global and not ip.is_multicast


def _ascii(host: str) -> str:
    host = host.rstrip(".")
    if host.isascii():
        return host.lower()
    try:
        return host.encode("idna").decode().lower()
    except UnicodeError:
        return ""
