"""The wire of a webhook: one request, one answer, with an end to its time and its size.

It is Python's own HTTP client over a socket of ours. So nothing is read from the environment (proxies, .netrc), no
redirect is followed, and no compression is asked for. The host is resolved once and the connection is made to the very
address that was looked at, so that a name can't lead elsewhere a moment later; the certificate has to be the host's.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.actions.webhook_address import Address, may_be_called
from meanwhile.actions.webhook_request import WebhookRequest
from meanwhile.actions.webhook_sending import Answer
from meanwhile.exceptions import WebhookFailed
from meanwhile.webhook_settings import MayBePrivate


def send(request: WebhookRequest, *, seconds: float) -> Answer:
    """Send a request, all within so many seconds. Raises `WebhookFailed`."""
    limit = conf.get().webhook_max_answer
    deadline = Deadline(seconds)
    with _told(request.address, seconds):
        connection = _Connection(request.address, deadline)
        try:
            connection.connect()
            response = _answered(connection, request)
            content, is_cut = _content(response, limit)
        finally:
            connection.shut()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, content, is_cut)


class Deadline:
    """The end of a span of time that begins now."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left. Raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Connection(http.client.HTTPConnection):
    """A connection to one of the addresses of a host that may be called."""

    def __init__(self, address: Address, deadline: Deadline) -> None:
        super().__init__(address.host, address.port)
        self._address, self._deadline = address, deadline
        self._socket: socket.socket | None = None

    def connect(self) -> None:
        """Connect to the first of the host's addresses that answers."""
        self._socket = _connected(self._address, self._deadline)
        self.sock = _Wire(self._socket, self._deadline)

    def shut(self) -> None:
        """Close the socket."""
        self.close()
        if self._socket is not None:
            self._socket.close()


class _Wire:
    """A socket as `http.client` uses it, each of whose waits ends with the deadline: a peer that sends a byte now and
    then does not outlast it."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock, self._deadline = sock, deadline

    def sendall(self, data: Any) -> None:
        rest = memoryview(data)
        while rest:
            self._sock.settimeout(self._deadline.left())
            rest = rest[self._sock.send(rest) :]

    def makefile(self, _mode: str = "rb", *_args: Any, **_options: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock, self._deadline))

    def close(self) -> None:
        """The socket stays open: `http.client` lets go of it before the answer is read."""


class _Reader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._sock, self._deadline = sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv_into(buffer)


def _answered(connection: _Connection, request: WebhookRequest) -> http.client.HTTPResponse:
    """Send a request and return the answer, also of who answers and hangs up before having read all of it."""
    try:
        _write(connection, request)
    except TimeoutError:
        raise
    except OSError as failure:
        try:
            return connection.getresponse()
        except (OSError, http.client.HTTPException):
            raise failure from None
    return connection.getresponse()


def _write(connection: http.client.HTTPConnection, request: WebhookRequest) -> None:
    connection.putrequest(request.method, request.address.target, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", request.address.authority)
    connection.putheader("Accept-Encoding", "identity")
    connection.putheader("Connection", "close")
    for name, value in request.headers:
        connection.putheader(name, value.encode("latin-1"))
    if request.body or request.method != "GET":
        connection.putheader("Content-Length", str(len(request.body)))
    connection.endheaders(request.body or None)


def _content(response: http.client.HTTPResponse, limit: int) -> tuple[bytes, bool]:
    """Return what is read of an answer, and whether that is not all of it.

    The status is there by now, and says whether the other system has done what it was asked: what breaks off behind it
    is no failure.
    """
    content = b""
    try:
        while len(content) <= limit and (part := response.read1(limit + 1 - len(content))):
            content += part
    except (OSError, http.client.HTTPException):
        return content[:limit], True
    return content[:limit], len(content) > limit


def _connected(address: Address, deadline: Deadline) -> socket.socket:
    found = _resolved(address, deadline)
    allowed = [MayBePrivate.read(text) for text in conf.get().webhook_allow_private]
    ips = [ipaddress.ip_address(place[0].partition("%")[0]) for _family, place in found]
    if not all(may_be_called(address, ip, allowed) for ip in ips):
        raise _forbidden(address)
    failure: OSError = OSError(_("it has no address"))
    for number, (family, place) in enumerate(found):
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:  # this machine has no IPv6 at all
            failure = error
            continue
        try:
            sock.settimeout(deadline.left() / (len(found) - number))
            sock.connect(place)
            return _secured(sock, address, deadline)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
    raise failure


def _secured(sock: socket.socket, address: Address, deadline: Deadline) -> socket.socket:
    if address.scheme == "http":
        return sock
    sock.settimeout(deadline.left())
    return _trust().wrap_socket(sock, server_hostname=address.host)


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Return what the certificates of other systems are compared with: those that this machine trusts."""
    return ssl.create_default_context()


def _resolved(address: Address, deadline: Deadline) -> list[tuple[int, Any]]:
    """Return (family, socket address) of a host. Asked in a thread of its own: nothing ends the question in time."""
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
            answers.put([(family, place) for family, _kind, _protocol, _name, place in found])
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, name="meanwhile-resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, Exception):
        raise answer
    return list(dict.fromkeys(answer))


def _forbidden(address: Address) -> WebhookFailed:
    text = _(
        "The host leads to an address that is not public, and such are not called. If this one may be, name it in"
        " MEANWHILE[“WEBHOOK_ALLOW_PRIVATE”]."
    )
    return WebhookFailed(address.shown, text, permanent=True)


@contextmanager
def _told(address: Address, seconds: float) -> Iterator[None]:
    """Put what goes wrong on the way into words."""
    try:
        yield
    except TimeoutError:
        text = _("No answer came within %(seconds)g seconds.") % {"seconds": seconds}
        raise WebhookFailed(address.shown, text) from None
    except (socket.gaierror, UnicodeError):
        raise WebhookFailed(address.shown, _("There is no host of this name.")) from None
    except ssl.SSLCertVerificationError as error:
        text = _("Its certificate is not trusted: %(reason)s.") % {"reason": error.verify_message.rstrip(".")}
        raise WebhookFailed(address.shown, text) from None
    except OSError as error:
        reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        text = _("It can't be reached: %(reason)s.") % {"reason": reason or error}
        raise WebhookFailed(address.shown, text) from None
    except http.client.HTTPException:
        raise WebhookFailed(address.shown, _("What came back is no answer of a web server.")) from None
