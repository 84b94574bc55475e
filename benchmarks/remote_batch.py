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
from benchmarks.requests import BATCH, ENDPOINT, PLAIN, PLAIN_WITH_A_QUERY, actions, plain
from benchmarks.requests import COMPARED_WITH as VIEW

UNIT = "times as fast"
GOAL = Goal("at least", 10)
COMPARED_WITH = f"{BATCH} requests, one after the other, to {VIEW}"

BATCHES = 5
"""Of them in a round: one takes too little time to be compared."""

ONE = (b'"value"', 1)
ALL = (b'"SUCCESS"', BATCH)


def measure(place: Place, *, quick: bool) -> Figure:
    """Measure on one kind of database."""
    rounds = 2 if quick else 40
    database = place.database()
    with child(database) as helper:
        session = helper.ask("form_post:log_in")
    with ExitStack() as stack:
        port, _pid = stack.enter_context(site(database))
        sides = {
            "single": JsonClient(port, PLAIN, session, plain(), ONE),
            "batch": JsonClient(port, ENDPOINT, session, actions(BATCH), ALL),
            "single_with_a_query": JsonClient(port, PLAIN_WITH_A_QUERY, session, plain(), ONE),
            "batch_with_a_query": JsonClient(port, ENDPOINT, session, actions(BATCH, "echo.ask"), ALL),
        }
        for client in sides.values():
            stack.callback(client.close)
            for _ in range(20):
                client.post()
        taken: dict[str, list[float]] = {side: [] for side in sides}
        for order in alternating(tuple(sides), rounds):
            for side in order:
                taken[side].append(_seconds(sides[side], batch=side.startswith("batch")))
    by_round = ratios(taken["single"], taken["batch"])
    details = {
        "ms": {side: tidy(median(seconds) * 1000) for side, seconds in taken.items()},
        "with_a_query_in_each": tidy(median(ratios(taken["single_with_a_query"], taken["batch_with_a_query"]))),
    }
    return Figure(median(by_round), spread(by_round), details)


def _seconds(client: JsonClient, *, batch: bool) -> float:
    """Return what one batch takes, or as many requests to the view."""
    times = BATCHES if batch else BATCH
    return sum(client.post() for _ in range(times)) / (BATCHES if batch else 1)
