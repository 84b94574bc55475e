"""A person's browser, as small as can be: one kept connection, one prepared form, hardly any work of its own."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlencode

FORM = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "day": "2027-03-01",
    "seats": "1",
    "notes": "A window, please.",
}
CSRF = "b" * 32


class Client:
    """Posts the same form again and again."""

    def __init__(self, port: int, path: str, session: str) -> None:
        body = urlencode({**FORM, "csrfmiddlewaretoken": CSRF}).encode()
        head = (
            f"POST {path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
            f"Cookie: csrftoken={CSRF}; sessionid={session}",
        )
        self._request = "\r\n".join([*head, "", ""]).encode() + body
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self) -> float:
        """Send the form, wait for the whole answer, a redirect to the next page, and return the seconds it took."""
        began = time.perf_counter()
        self._socket.sendall(self._request)
        answer = self._read()
        took = time.perf_counter() - began
        if not answer.startswith(b"HTTP/1.1 302"):
            raise RuntimeError(f"the form was not accepted: {answer[:500]!r}")
        return took

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _read(self) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += self._more()
        return head

    def _more(self) -> bytes:
        part = self._socket.recv(65536)
        if not part:
            raise RuntimeError("the web server hung up")
        return part
