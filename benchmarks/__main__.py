"""``python -m benchmarks [NAME …]``: run benchmarks, one after the other. See README.md."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import time

from benchmarks.places import KINDS, places
from benchmarks.report import line

NAMES = ("form_post", "pickup", "drain", "claim", "memory", "save_untouched")


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="The last line of each benchmark is JSON."
    )
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME", help=f"default: {', '.join(NAMES)}")
    parser.add_argument(
        "--on", choices=KINDS, action="append", help="kind of database; may be given again; default: all"
    )
    parser.add_argument("--quick", action="store_true", help="few rounds: to see that it runs, not to measure")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for name in given.names or NAMES:
        run(name, tuple(given.on or KINDS), quick=given.quick)
    return 0


def run(name: str, kinds: tuple[str, ...], *, quick: bool) -> None:
    """Run one benchmark on these kinds of databases and print what it found."""
    benchmark = importlib.import_module(f"benchmarks.{name}")
    print(f"\n{name}: {benchmark.__doc__.strip()}\n", flush=True)
    figures = {}
    began = time.monotonic()
    with places(tuple(kind for kind in kinds if kind in getattr(benchmark, "KINDS", KINDS))) as found:
        for place in found:
            figure = figures[place.kind] = benchmark.measure(place, quick=quick)
            verdict = "holds" if benchmark.GOAL.holds(figure.value) else "DOES NOT HOLD"
            print(
                f"  {place.kind:14} {figure.value:8.3f} {benchmark.UNIT} ({benchmark.GOAL}: {verdict}; half the rounds {figure.spread[0]} – {figure.spread[1]})"
            )
            for key, value in figure.details.items():
                print(f"  {'':14} {key}: {value}")
    print(f"  {time.monotonic() - began:.0f} s", flush=True)
    print(line(name, benchmark.UNIT, benchmark.GOAL, benchmark.COMPARED_WITH, figures, quick=quick), flush=True)


if __name__ == "__main__":
    sys.exit(main())
