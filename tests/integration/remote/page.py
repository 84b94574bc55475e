"""A page as the endpoint sees it: it sends actions and reads the lines of the answer."""

from __future__ import annotations

import json
from typing import Any

from django.core.signals import request_finished
from django.db import close_old_connections
from django.http.response import HttpResponseBase
from django.test import Client

ENDPOINT = "/meanwhile/actions/"


class Page:
    """Sends requests in the name of somebody, or of nobody."""

    def __init__(self, user: Any = None, *, enforce_csrf_checks: bool = False) -> None:
        self.client = Client(enforce_csrf_checks=enforce_csrf_checks, raise_request_exception=True)
        if user is not None:
            self.client.force_login(user)

    def post(self, body: Any, *, content_type: str = "application/json", **headers: Any) -> HttpResponseBase:
        """Send a body, as JSON unless it is bytes already."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(ENDPOINT, data, content_type=content_type, **headers)

    def send(self, *calls: tuple[str, dict[str, Any]], lane: str = "foreground") -> HttpResponseBase:
        """Send actions; their ids are "1", "2", …."""
        actions = [{"id": str(n), "action": name, "params": params} for n, (name, params) in enumerate(calls, 1)]
        return self.post({"lane": lane, "actions": actions})

    def lines(self, *calls: tuple[str, dict[str, Any]], lane: str = "foreground") -> list[dict[str, Any]]:
        """Send actions and return the lines of the answer but the last, which must say that it is whole."""
        return whole(self.send(*calls, lane=lane))

    def call(self, name: str, /, lane: str = "foreground", **params: Any) -> Any:
        """Send one action and return its line."""
        [line] = self.lines((name, params), lane=lane)
        return line

    def code(self, name: str, /, lane: str = "foreground", **params: Any) -> str:
        """Send one action and return the code of its error, or "SUCCESS"."""
        line = self.call(name, lane, **params)
        return line["error"]["code"] if line["state"] == "ERROR" else line["state"]


def whole(response: HttpResponseBase) -> list[dict[str, Any]]:
    """Return the lines of an answer but the last, which must be the end."""
    assert response.status_code == 200, getattr(response, "content", b"")
    assert response["Content-Type"] == "application/x-ndjson"
    *lines, end = [json.loads(line) for line in response.getvalue().splitlines()]
    assert end == {"end": True}
    return lines


def leave(response: HttpResponseBase) -> None:
    """Close an answer as a server does whose client has gone; the test's own connection stays open."""
    request_finished.disconnect(close_old_connections)
    try:
        response.close()
    finally:
        request_finished.connect(close_old_connections)


def refusal(response: HttpResponseBase) -> tuple[int, str]:
    """Return the status and the code of a refusal of the whole request."""
    return response.status_code, json.loads(response.content)["error"]["code"]
