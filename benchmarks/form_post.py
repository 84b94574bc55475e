"""A form POST whose tree has two foreground updates and a Background of three actions, against it without Meanwhile.

Both are the same `CreateView` behind Django's default middleware, for a person who is logged in, in a web server of one
thread with a kept database connection. No worker runs: the jobs stay queued.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks.child import child
from benchmarks.client import Client
from benchmarks.measure import alternating, median, ratios, spread, tidy
from benchmarks.places import Database, Place
from benchmarks.processes import cpu_seconds, site
from benchmarks.report import Figure, Goal

UNIT = "times the duration"
GOAL = Goal("at most", 1.5)
COMPARED_WITH = "the same POST (same model, same view, default middleware) in a project without Meanwhile"

SIDES = {"plain": "/book/", "meanwhile": "/book/", "by_hand": "/book-by-hand/", "submit_mixin": "/submit/"}
"""The sides by name, and the path of their form. The goal is about the first two; the others are details."""

PLAIN = ("plain", "by_hand")


@dataclass
class Side:
    """One way to post the form: a web server on a database of its own, and seconds a post by round."""

    name: str
    client: Client
    pid: int
    database: Database
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    posts: int = 0

    def round(self, posts: int) -> None:
        """Post so often, and note the median duration and the processor time of one post."""
        before = cpu_seconds(self.pid)
        taken = [self.client.post() for _ in range(posts)]
        self.cpu.append((cpu_seconds(self.pid) - before) / posts)
        self.wall.append(median(taken))
        self.posts += posts


def measure(place: Place, *, quick: bool) -> Figure:
    """Measure on one kind of database."""
    rounds, posts = (2, 20) if quick else (24, 150)
    with ExitStack() as stack:
        sides = [_side(place, name, path, stack) for name, path in SIDES.items()]
        for side in sides:  # imports, prepared statements, the version of the tree
            side.posts += len([side.client.post() for _ in range(20 if quick else 200)])
        for order in alternating(sides, rounds):
            for side in order:
                side.round(posts)
        for side in sides:
            _check(side)
    return _figure({side.name: side for side in sides})


def _side(place: Place, name: str, path: str, stack: ExitStack) -> Side:
    database = place.database(plain=name in PLAIN)
    with child(database) as helper:
        session = helper.ask("form_post:log_in")
    port, pid = stack.enter_context(site(database))
    client = Client(port, path, session)
    stack.callback(client.close)
    return Side(name, client, pid, database)


def _check(side: Side) -> None:
    with child(side.database) as helper:
        found = helper.ask("form_post:outcome")
    wanted = {"bookings": side.posts, "updated": 0 if side.name == "plain" else side.posts}
    if side.name not in PLAIN:
        wanted |= {"jobs": side.posts, "runs": side.posts}
    if found != wanted:
        raise RuntimeError(f"{side.name}: {found} instead of {wanted}")


def _figure(sides: dict[str, Side]) -> Figure:
    plain = sides["plain"]
    by_round = {name: ratios(side.wall, plain.wall) for name, side in sides.items()}
    return Figure(
        median(by_round["meanwhile"]),
        spread(by_round["meanwhile"]),
        {
            "ms": {name: tidy(median(side.wall) * 1000) for name, side in sides.items()},
            "cpu_ms": {name: tidy(sum(side.cpu) / len(side.cpu) * 1000) for name, side in sides.items()},
            "against_by_hand": tidy(median(ratios(sides["meanwhile"].wall, sides["by_hand"].wall))),
            "by_hand_against_plain": tidy(median(by_round["by_hand"])),
            "submit_mixin_against_plain": tidy(median(by_round["submit_mixin"])),
        },
    )
