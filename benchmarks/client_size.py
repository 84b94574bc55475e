"""The browser's code as a page gets it from a build step: bundled and minified by esbuild, and once more by terser.

The value is the worse of two shares: the queue with the promise face of 4 kB, both faces of 7 kB, after gzip. A kB is
1,000 bytes. What is loaded only when it is needed (durable actions) stands among the details, and so does what the
files weigh as they are served without a build step, each by itself and with all its comments.
"""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.measure import tidy
from benchmarks.places import ROOT, Place
from benchmarks.report import Figure, Goal

UNIT = "of the allowed size"
GOAL = Goal("at most", 1)
COMPARED_WITH = "4 kB for the queue with the promise face, 7 kB with the classic face beside it, after gzip"
KINDS = ("browser",)

SOURCES = ROOT / "src" / "meanwhile" / "static" / "meanwhile"
TOOLS = ROOT / "node_modules" / ".bin"

QUEUE = 'export { createQueue } from "./queue.js";'
PROMISE = f'{QUEUE} export {{ createServer, ActionError }} from "./server.js";'
CLASSIC = f'{PROMISE} export {{ $A, createComponent }} from "./classic.js";'
PAGE = 'export * from "./client.js";'
DURABLE = 'export * from "./durable.js";'
INSPECTOR = 'export * from "./inspector.js";'

ALLOWED = {"queue_and_promise_face": (PROMISE, 4000), "with_the_classic_face": (CLASSIC, 7000)}
OTHERS = {
    "queue_alone": (QUEUE, ("./durable.js",)),
    "a_whole_page_with_the_promise_face": (PAGE, ("./durable.js",)),
    "a_whole_page_with_both_faces": (f"{PAGE} {CLASSIC}", ("./durable.js",)),
    "durable_actions_on_demand": (DURABLE, ("./action.js", "./post.js", "./lines.js")),
    "inspector_on_demand": (INSPECTOR, ("./client.js", "./queue.js", "./action.js")),
}
"""Further entries, and the modules that are not counted with each of them."""


def lacking() -> str:
    """Say what this machine has not got for it; an empty text if nothing."""
    return "" if all((TOOLS / tool).exists() for tool in ("esbuild", "terser")) else "esbuild and terser (npm install)"


def measure(place: Place, *, quick: bool) -> Figure:  # noqa: ARG001 - it takes no longer
    """Measure the files."""
    # The page's own queue is not part of the classic face: a page may bring another.
    sizes = {name: _sizes(place, entry, ("./durable.js", "./client.js")) for name, (entry, _most) in ALLOWED.items()}
    value = max(sizes[name]["minified_gzip"] / most for name, (_entry, most) in ALLOWED.items())
    others = {name: _sizes(place, entry, apart) for name, (entry, apart) in OTHERS.items()}
    return Figure(value, [tidy(value), tidy(value)], {"bytes": {**sizes, **others}})


def _sizes(place: Place, entry: str, apart: tuple[str, ...]) -> dict[str, int]:
    metafile, outfile = place.file("modules.json"), place.file("bundle.js")
    bundle = [TOOLS / "esbuild", "--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=error"]
    apart_from = [f"--external:{name}" for name in apart]
    _run([*bundle, *apart_from, f"--metafile={metafile}", f"--outfile={outfile}"], entry.encode())
    minify = [TOOLS / "terser", "--module", "--ecma", "2022", "--compress", "passes=3", "--mangle"]
    bundled = outfile.read_bytes()
    minified = _run(minify, bundled)
    modules: dict[str, Any] = json.loads(metafile.read_text(encoding="utf-8"))["inputs"]
    plain = [(SOURCES / Path(name).name).read_bytes() for name in modules if name != "<stdin>"]
    return {
        "minified_gzip": _zipped(minified),
        "minified": len(minified),
        "esbuild_alone_gzip": _zipped(bundled),
        "as_served_gzip": sum(map(_zipped, plain)),
        "as_served": sum(map(len, plain)),
        "files": len(plain),
    }


def _run(command: list[Any], given: bytes) -> bytes:
    return subprocess.run(command, input=given, cwd=SOURCES, check=True, stdout=subprocess.PIPE).stdout


def _zipped(content: bytes) -> int:
    return len(gzip.compress(content, 9, mtime=0))
