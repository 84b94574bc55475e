"""100 small foreground actions in one request, against as many requests to a plain Django JSON view.

A web server of one thread, one kept connection, a person who is logged in. The requests to the view go one after the
other, as foreground actions do.
"""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.child import child
from benchmarks.client import JsonClient
from benchmarks.measure import alternating, median, ratios, spread, tidy
from benchmarks.places import Place
from benchmarks.processes import site
from benchmarks.report import Figure, Goal
from benchmarks.requests import BATCH, ENDPOINT, PLAIN, actions, plain
from benchmarks.requests import COMPARED_WITH as VIEW

UNIT = "times as fast"
GOAL = Goal("at least", 10)
COMPARED_WITH = f"{BATCH} requests, one after the other, to {VIEW}"

BATCHES = 5
"""Of them in a round: one takes too little time to be compared."""


def measure(place: Place, *, quick: bool) -> Figure:
    """Measure on one kind of database."""
    rounds = 2 if quick else 40
    database = place.database()
    with child(database) as helper:
        session = helper.ask("form_post:log_in")
    with ExitStack() as stack:
        port, _pid = stack.enter_context(site(database))
        view = JsonClient(port, PLAIN, session, plain(), (b'"value"', 1))
        batch = JsonClient(port, ENDPOINT, session, actions(BATCH), (b'"SUCCESS"', BATCH))
        for client in (view, batch):
            stack.callback(client.close)
            for _ in range(20):
                client.post()
        taken: dict[str, list[float]] = {"single": [], "batch": []}
        for order in alternating(tuple(taken), rounds):
            for side in order:
                if side == "single":
                    taken[side].append(sum(view.post() for _ in range(BATCH)))
                else:
                    taken[side].append(sum(batch.post() for _ in range(BATCHES)) / BATCHES)
    by_round = ratios(taken["single"], taken["batch"])
    ms = {
        f"{BATCH}_requests_to_the_view": tidy(median(taken["single"]) * 1000),
        f"one_request_of_{BATCH}_actions": tidy(median(taken["batch"]) * 1000),
    }
    return Figure(median(by_round), spread(by_round), {"ms": ms})
