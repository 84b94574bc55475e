"""Where a webhook may go, and how its address is read."""

from __future__ import annotations

import ipaddress

import pytest

from meanwhile.actions import webhook_address
from meanwhile.actions.webhook_address import is_public, may_be_called, read
from meanwhile.webhook_settings import MayBePrivate


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1", "192.0.2.1",
        "192.168.1.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::8.8.8.8", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1", "ff0e::1",
        "2001:db8::1", "2001::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808",
        "100::1", "4000::1",
    ],
)  # fmt: skip
def test_what_is_not_on_the_public_internet(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::", "64:ff9b::808:808"],
)
def test_what_is_on_the_public_internet(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("allowed", "may"),
    [
        ("crm.internal", True),
        ("CRM.internal.", True),
        ("crm.internal:8000", True),
        ("crm.internal:8001", False),
        ("other.internal", False),
        ("internal", False),
        ("10.1.0.0/16", True),
        ("10.1.2.3", True),
        ("10.2.0.0/16", False),
        ("fd00::/8", False),
    ],
)
def test_a_private_address_that_the_project_allows(allowed: str, may: bool) -> None:
    address = read("http://crm.internal:8000/x")
    assert may_be_called(address, ipaddress.ip_address("10.1.2.3"), [MayBePrivate.read(allowed)]) is may


@pytest.mark.parametrize("text", ["", "a b", "http://x", "crm.internal:", "crm.internal:70000", "10.0.0.0/99", "a/b"])
def test_what_no_private_address_is(text: str) -> None:
    with pytest.raises(ValueError, match="no host"):
        MayBePrivate.read(text)


@pytest.mark.parametrize(
    ("url", "whole", "shown"),
    [
        ("https://CRM.example", "https://crm.example/", "crm.example/"),
        (" https://crm.example:443/a?b=c#d ", "https://crm.example/a?b=c", "crm.example/a"),
        ("http://crm.example:443/", "http://crm.example:443/", "crm.example:443/"),
        ("https://crm.example./a", "https://crm.example/a", "crm.example/a"),
        ("https://bücher.example/ä?ö=ü", "https://xn--bcher-kva.example/%C3%A4?%C3%B6=%C3%BC", None),
        ("https://crm.example/a%2Fb%20c", "https://crm.example/a%2Fb%20c", "crm.example/a%2Fb%20c"),
        ("http://[2606:4700::1]:81/x", "http://[2606:4700::1]:81/x", "[2606:4700::1]:81/x"),
        ("https://crm.example?x=1", "https://crm.example/?x=1", "crm.example/"),
    ],
)
def test_an_address_is_read(url: str, whole: str, shown: str | None) -> None:
    address = read(url)
    assert address.url == whole
    assert shown in (None, address.shown)


@pytest.mark.parametrize(
    "url",
    [
        "", "crm.example/x", "ftp://crm.example/", "file:///etc/passwd", "https://", "https:///x",
        "https://a b.example/",
        "https://crm.example/a\r\nX: y", "https://crm.example/\0", "https://ada@crm.example/", "https://a:b@crm.example/",
        "https://crm.example\\@evil.example/", "https://crm.example:0/", "https://crm.example:99999/", "https://[::1/",
        "https://crm%2eexample/", "https://a..b/", "https://-%20-/", "https://\uff0f.example/", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_what_is_no_address_that_can_be_called(url: str) -> None:
    with pytest.raises(ValueError):
        read(url)


@pytest.mark.parametrize(("host", "ip"), [("①②⑦.0.0.1", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("[::1]", "::1")])
def test_a_host_that_is_an_ip_address_is_known_as_one(host: str, ip: str) -> None:
    assert webhook_address.ip_of(read(f"http://{host}/").host) == ipaddress.ip_address(ip)
