"""``python -m benchmarks [NAME …]``: run benchmarks, one after the other. See README.md."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import time

from benchmarks.places import KINDS, places
from benchmarks.report import Figure, Goal, line

NAMES = (
    "form_post",
    "pickup",
    "drain",
    "claim",
    "memory",
    "save_untouched",
    "remote_batch",
    "remote_action",
    "remote_single",
    "client_size",
    "studio_lists",
    "studio_editor",
)

WITHOUT_DATABASE = ("browser",)
"""The place of a benchmark that needs no database: there is only one of them."""


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; default: all")
    parser.add_argument("--on", choices=KINDS, action="append", help="kind of database, can be repeated; default: all")
    parser.add_argument("--quick", action="store_true", help="few rounds: to see that it runs, not to measure")
    given = parser.parse_args()
    if unknown := [name for name in given.names if name not in NAMES]:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for name in given.names or NAMES:
        run(name, tuple(given.on or KINDS), quick=given.quick)
    return 0


def run(name: str, kinds: tuple[str, ...], *, quick: bool) -> None:
    """Run one benchmark on these kinds of databases and print what it found, as JSON in the last line."""
    benchmark = importlib.import_module(f"benchmarks.{name}")
    print(f"\n{name}: {benchmark.__doc__.strip()}\n", flush=True)
    if lack := benchmark.lacking() if hasattr(benchmark, "lacking") else "":
        print(f"  left out: this machine has no {lack}", flush=True)
        return
    figures = {}
    began = time.monotonic()
    own = getattr(benchmark, "KINDS", KINDS)
    with places(own if own == WITHOUT_DATABASE else tuple(kind for kind in kinds if kind in own)) as found:
        for place in found:
            figures[place.kind] = benchmark.measure(place, quick=quick)
            _show(place.kind, figures[place.kind], benchmark.UNIT, benchmark.GOAL)
    print(f"  {time.monotonic() - began:.0f} s", flush=True)
    if not figures:
        sys.exit(f"{name} can't be measured here on {', '.join(kinds)}")
    print(line(name, benchmark.UNIT, benchmark.GOAL, benchmark.COMPARED_WITH, figures, quick=quick), flush=True)


def _show(kind: str, figure: Figure, unit: str, goal: Goal) -> None:
    verdict = "holds" if goal.holds(figure.value) else "DOES NOT HOLD"
    low, high = figure.spread
    print(f"  {kind:14} {figure.value:8.3f} {unit} ({goal}: {verdict}; half the rounds {low} – {high})")
    for key, value in figure.details.items():
        print(f"  {'':14} {key}: {value}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
