"""A person's browser, as small as can be: one kept connection, one prepared request, hardly any work of its own."""

from __future__ import annotations

import json
import socket
import time
from typing import Any
from urllib.parse import urlencode

FORM = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "day": "2027-03-01",
    "seats": "1",
    "notes": "A window, please.",
}
CSRF = "b" * 32
END_OF_HEAD = b"\r\n\r\n"
END_OF_CHUNKS = b"\r\n0\r\n\r\n"


class Connection:
    """Posts the same body again and again."""

    def __init__(self, port: int, path: str, session: str, body: bytes, content_type: str) -> None:
        head = (
            f"POST {path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Content-Type: {content_type}",
            f"Content-Length: {len(body)}",
            f"X-CSRFToken: {CSRF}",
            f"Cookie: csrftoken={CSRF}; sessionid={session}",
        )
        self._request = "\r\n".join([*head, "", ""]).encode() + body
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exchange(self) -> tuple[float, bytes, bytes]:
        """Post, wait for the whole answer, and return the seconds it took, the answer's head and its body as sent."""
        began = time.perf_counter()
        self._socket.sendall(self._request)
        head, body = self._read()
        return time.perf_counter() - began, head, body

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _read(self) -> tuple[bytes, bytes]:
        data = self._more()
        while END_OF_HEAD not in data:
            data += self._more()
        head, _, body = data.partition(END_OF_HEAD)
        lower = head.lower()
        if b"transfer-encoding: chunked" in lower:
            while not (b"\r\n" + body).endswith(END_OF_CHUNKS):
                body += self._more()
            return head, body
        lines = (line for line in lower.split(b"\r\n") if line.startswith(b"content-length:"))
        length = next((int(line.split(b":")[1]) for line in lines), 0)
        while len(body) < length:
            body += self._more()
        return head, body

    def _more(self) -> bytes:
        part = self._socket.recv(65536)
        if not part:
            raise RuntimeError("the web server hung up")
        return part


class Client(Connection):
    """Posts a form."""

    def __init__(self, port: int, path: str, session: str) -> None:
        body = urlencode({**FORM, "csrfmiddlewaretoken": CSRF}).encode()
        super().__init__(port, path, session, body, "application/x-www-form-urlencoded")

    def post(self) -> float:
        """Send the form, wait for the redirect to the next page, and return the seconds it took."""
        took, head, body = self.exchange()
        if not head.startswith(b"HTTP/1.1 302"):
            raise RuntimeError(f"the form was not accepted: {head[:500]!r} {body[:500]!r}")
        return took


class JsonClient(Connection):
    """Posts JSON; ``wanted`` is a piece of text that a right answer has so and so often."""

    def __init__(self, port: int, path: str, session: str, content: Any, wanted: tuple[bytes, int]) -> None:
        super().__init__(port, path, session, json.dumps(content).encode(), "application/json")
        self._wanted, self._times = wanted

    def post(self) -> float:
        """Send it and return the seconds until the answer was there as a whole."""
        took, head, body = self.exchange()
        if not head.startswith(b"HTTP/1.1 200") or body.count(self._wanted) != self._times:
            raise RuntimeError(f"not the wanted answer: {head[:500]!r} {body[:500]!r}")
        return took
