"""The requests to the endpoint that a page makes, as the browser's network saw them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

ENDPOINT = "/meanwhile/actions/"
CLIENT = "/static/meanwhile/client.js"
LAST_NEWS = 50
"""Milliseconds in which the browser tells what it has seen."""

NOTE_EVENTS = f"""
async () => {{
  const {{ queue }} = await import("{CLIENT}");
  window.noted = [];
  queue.subscribe(({{ type, request }}) => {{
    if (request) window.noted.push([type, ...request.actions.map((action) => action.params.message)]);
  }});
}}
"""


@dataclass(frozen=True)
class Sent:
    """One request; times are seconds after the first one started."""

    lane: str
    actions: list[str]
    params: list[dict[str, Any]]
    status: int
    started: float
    ended: float

    @property
    def messages(self) -> list[str]:
        return [params["message"] for params in self.params]


class RequestLog:
    """Collects a page's requests to the endpoint from now on.

    It listens to the browser's network itself: where a script reads an answer to its end, Chromium often says that the
    request was cancelled at that very moment, and Playwright then has no times for it.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._sent: dict[str, dict[str, Any]] = {}
        network = page.context.new_cdp_session(page)
        network.on("Network.requestWillBeSent", self._starts)
        network.on("Network.responseReceived", self._answered)
        network.on("Network.loadingFinished", self._ends)
        network.on("Network.loadingFailed", self._ends)
        network.send("Network.enable")

    def sent(self) -> list[Sent]:
        """Wait until the requests have ended, and return them in the order in which they started."""
        self._page.wait_for_timeout(LAST_NEWS)
        while not all("ended" in noted for noted in self._sent.values()):
            self._page.wait_for_timeout(LAST_NEWS)
        first = min((noted["started"] for noted in self._sent.values()), default=0)
        return [_sent(noted, first) for noted in self._sent.values()]

    def _starts(self, event: dict[str, Any]) -> None:
        request = event["request"]
        if request["method"] == "POST" and request["url"].endswith(ENDPOINT):
            self._sent[event["requestId"]] = {"body": json.loads(request["postData"]), "started": event["timestamp"]}

    def _answered(self, event: dict[str, Any]) -> None:
        if noted := self._sent.get(event["requestId"]):
            noted["status"] = event["response"]["status"]

    def _ends(self, event: dict[str, Any]) -> None:
        if noted := self._sent.get(event["requestId"]):
            noted["ended"] = event["timestamp"]


def _sent(noted: dict[str, Any], first: float) -> Sent:
    actions = noted["body"]["actions"]
    return Sent(
        lane=noted["body"]["lane"],
        actions=[action["action"] for action in actions],
        params=[action["params"] for action in actions],
        status=noted.get("status", 0),
        started=noted["started"] - first,
        ended=noted["ended"] - first,
    )
