"""The test site behind a real web server, and a client that notes when each line of an answer arrives."""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tests.integration.remote.page import ENDPOINT, Page
from tests.servers.running import PATIENCE, ROOT, running

TOKEN = "a" * 32


@dataclass(frozen=True)
class Line:
    """A line of an answer, and the seconds after the request at which it was there."""

    content: dict[str, Any]
    at: float


class Served:
    """A server that runs, as one person's page uses it."""

    def __init__(self, port: int, page: Page) -> None:
        self._port = port
        self._session = page.client.cookies["sessionid"].value

    def send(self, *calls: tuple[str, dict[str, Any]], lane: str = "foreground") -> list[Line]:
        """Send actions and return the lines of the answer."""
        with closing(self.connection()) as client:
            start = time.monotonic()
            self.request(client, *calls, lane=lane)
            response = client.getresponse()
            assert response.status == 200, response.read()
            return [Line(json.loads(line), time.monotonic() - start) for line in iter(response.readline, b"")]

    def request(self, client: http.client.HTTPConnection, *calls: Any, lane: str = "foreground") -> None:
        """Send actions on a connection, and don't wait for the answer."""
        actions = [{"id": str(n), "action": name, "params": params} for n, (name, params) in enumerate(calls, 1)]
        headers = {
            "Content-Type": "application/json",
            "Cookie": f"sessionid={self._session}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
        }
        client.request("POST", ENDPOINT, json.dumps({"lane": lane, "actions": actions}), headers)

    def connection(self) -> http.client.HTTPConnection:
        """Return a new connection to the server."""
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)


@contextmanager
def served(name: str, page: Page) -> Iterator[Served]:
    """Serve the test site with this server on the test's own database."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.integration.remote.site_settings",
        "MEANWHILE_TEST_DB_NAME": str(connection.settings_dict["NAME"]),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }
    with running(
        name, wsgi="tests.servers.wsgi:application", asgi="tests.servers.asgi:application", environment=environment
    ) as port:
        yield Served(port, page)
