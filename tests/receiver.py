"""A web server on this machine that takes what webhooks send, and answers as a test wants."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

Behaviour = bytes | Callable[[socket.socket], None]


@dataclass(frozen=True)
class Received:
    line: str
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)


def answer(status: str = "200 OK", content: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


class Receiver:
    """Answers one request after the other with what it is given, the last for all that follow.

    ``held`` is called while a request is taken and not answered yet.
    """

    def __init__(self, *behaviours: Behaviour, held: Callable[[], None] = lambda: None) -> None:
        self.received: list[Received] = []
        self._behaviours, self._held = behaviours or (answer(),), held
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.done = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.done.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _peer = self._socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                self._take(connection)

    def _take(self, connection: socket.socket) -> None:
        connection.settimeout(20)
        with connection.makefile("rb") as file:
            line = file.readline().decode("latin-1").strip()
            if not line:
                return
            headers = {}
            while text := file.readline().decode("latin-1").strip():
                name, _colon, value = text.partition(":")
                headers[name.lower()] = value.strip()
            content = file.read(int(headers.get("content-length", 0)))
        behaviour = self._behaviours[min(len(self.received), len(self._behaviours) - 1)]
        self.received.append(Received(line, headers, content))
        self._held()
        if isinstance(behaviour, bytes):
            connection.sendall(behaviour)
        else:
            behaviour(connection)


def dripping(start: bytes, done: threading.Event) -> Callable[[socket.socket], None]:
    """Send a beginning, and then a byte now and then until the test is over, nobody listens, or for ten seconds."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(start)
        for _byte in range(200):
            if done.wait(0.05):
                return
            connection.sendall(b"a")

    return drip
