"""What one of 100 small client actions in a request costs the server, against a bare Django JSON view called once.

Both are measured inside Django, from the request to the end of its answer, without a web server around it: that costs
the 100 actions once and the view each time, and is part of `remote_batch`.
"""

from __future__ import annotations

from benchmarks.child import Child, child
from benchmarks.measure import alternating, median, ratios, spread, tidy
from benchmarks.places import Place
from benchmarks.report import Figure, Goal
from benchmarks.requests import BATCH
from benchmarks.requests import COMPARED_WITH as VIEW

UNIT = "of the bare view's cost"
GOAL = Goal("at most", 0.15)
COMPARED_WITH = f"one request to {VIEW}"

SIDES = ("plain", "batch", "single")


def measure(place: Place, *, quick: bool) -> Figure:
    """Measure on one kind of database."""
    rounds, times = (3, 20) if quick else (30, 200)
    database = place.database()
    with child(database) as inside:
        session = inside.ask("form_post:log_in")
        taken: dict[str, list[float]] = {side: [] for side in SIDES}
        for side in SIDES:
            _seconds(inside, side, session, times)
        for order in alternating(SIDES, rounds):
            for side in order:
                taken[side].append(_seconds(inside, side, session, times))
    by_round = ratios([seconds / BATCH for seconds in taken["batch"]], taken["plain"])
    details = {
        "us_of_the_view": tidy(median(taken["plain"]) * 1e6),
        "us_of_an_action_in_a_batch": tidy(median(taken["batch"]) / BATCH * 1e6),
        "us_of_a_single_action": tidy(median(taken["single"]) * 1e6),
        "single_action_against_the_view": tidy(median(ratios(taken["single"], taken["plain"]))),
    }
    return Figure(median(by_round), spread(by_round), details)


def _seconds(inside: Child, side: str, session: str, times: int) -> float:
    match side:
        case "plain":
            return float(inside.ask("remote:one_plain", session=session, times=times))
        case "single":
            return float(inside.ask("remote:one_batch", session=session, n=1, times=times))
        case _:
            return float(inside.ask("remote:one_batch", session=session, n=BATCH, times=max(2, times // 20)))
