"""The request of a single client action, against a plain Django JSON view: what the way through the endpoint costs.

A web server of one thread, one kept connection, a person who is logged in.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks.child import child
from benchmarks.client import JsonClient
from benchmarks.measure import alternating, median, ratios, spread, tidy
from benchmarks.places import Place
from benchmarks.processes import cpu_seconds, site
from benchmarks.report import Figure, Goal
from benchmarks.requests import COMPARED_WITH as VIEW
from benchmarks.requests import ENDPOINT, PLAIN, actions, plain

UNIT = "times the duration"
GOAL = Goal("at most", 1.3)
COMPARED_WITH = VIEW


@dataclass
class Side:
    """One way to ask, and seconds a request by round."""

    client: JsonClient
    pid: int
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def round(self, requests: int) -> None:
        """Ask so often, and note the median duration and the server's processor time of one request."""
        before = cpu_seconds(self.pid)
        taken = [self.client.post() for _ in range(requests)]
        self.cpu.append((cpu_seconds(self.pid) - before) / requests)
        self.wall.append(median(taken))


def measure(place: Place, *, quick: bool) -> Figure:
    """Measure on one kind of database."""
    rounds, requests = (2, 20) if quick else (40, 200)
    database = place.database()
    with child(database) as helper:
        session = helper.ask("form_post:log_in")
    with ExitStack() as stack:
        port, pid = stack.enter_context(site(database))
        view = Side(JsonClient(port, PLAIN, session, plain(), (b'"value"', 1)), pid)
        action = Side(JsonClient(port, ENDPOINT, session, actions(1), (b'"SUCCESS"', 1)), pid)
        for side in (view, action):
            stack.callback(side.client.close)
            for _ in range(requests):
                side.client.post()
        for order in alternating((view, action), rounds):
            for side in order:
                side.round(requests)
    by_round = ratios(action.wall, view.wall)
    details = {
        "ms": {"view": tidy(median(view.wall) * 1000), "action": tidy(median(action.wall) * 1000)},
        "cpu_ms": {
            "view": tidy(sum(view.cpu) / len(view.cpu) * 1000),
            "action": tidy(sum(action.cpu) / len(action.cpu) * 1000),
        },
    }
    return Figure(median(by_round), spread(by_round), details)
