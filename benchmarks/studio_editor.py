"""The Studio's editor with a tree of 500 nodes, in Chromium: how soon it is open, and how soon an edit shows.

The value is the worst of all as a share of what is allowed: a second to open, 100 ms for each kind of edit. Of an edit
it is the time from the key or the click until the frame with what it changed is painted. Each round opens the page in a
browser that has nothing of it, and does each edit once.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.child import Child, child
from benchmarks.measure import median, percentile, spread, tidy
from benchmarks.places import Place
from benchmarks.processes import site
from benchmarks.report import Figure, Goal

UNIT = "of the time allowed"
GOAL = Goal("at most", 1)
COMPARED_WITH = "1 s from the click on a link until the tree can be edited, 100 ms from an edit until it shows"
KINDS = ("sqlite-normal", "postgres")

NODES = 500
ALLOWED_MS = {"open": 1000.0}
AN_EDIT_MS = 100.0
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")

WHEN_READY = """
new MutationObserver((_, watch) => {
  if (!document.querySelector("meanwhile-editor[data-ready]")) return;
  watch.disconnect();
  requestAnimationFrame(() => setTimeout(() => (window.benchReady = performance.now())));
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-ready"] });
"""
"""Notes when the first frame with the tree is painted, counted from the beginning of the navigation."""

UNTIL_SHOWN = """
([act, shown]) => new Promise((done) => {
  const isShown = new Function("return " + shown);
  const began = performance.now();
  new Function(act)();
  const look = () => isShown() ? setTimeout(() => done(performance.now() - began)) : requestAnimationFrame(look);
  requestAnimationFrame(look);
})
"""
"""Does something and gives the milliseconds until the frame is painted in which it shows."""

PRESS = """
const row = document.querySelector('.mw-row[aria-selected="true"]');
row.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, %s }));
"""
ROWS = "document.querySelectorAll('.mw-row').length"
HERE = "document.querySelector('.mw-row[aria-selected=\"true\"]').dataset.path"

EDITS: dict[str, tuple[str, str]] = {
    "type a name": (
        """const name = document.getElementById("mw-f-label");
        name.value = "Named"; name.dispatchEvent(new Event("input", { bubbles: true }));""",
        "document.querySelector('.mw-row[aria-selected=\"true\"] .mw-row__title').textContent === 'Named'",
    ),
    "insert a node": ("window.benchChosen.click();", f"{ROWS} === window.benchRows + 1"),
    "move a node": (PRESS % 'altKey: true, key: "ArrowDown"', f"{HERE} !== window.benchPath"),
    "duplicate a node": (PRESS % 'ctrlKey: true, key: "d"', f"{ROWS} === window.benchRows + 1"),
    "delete a node": (PRESS % 'key: "Delete"', f"{ROWS} === window.benchRows - 1"),
    "undo": (PRESS % 'ctrlKey: true, key: "z"', f"{ROWS} === window.benchRows + 1"),
    "redo": (PRESS % 'ctrlKey: true, shiftKey: true, key: "z"', f"{ROWS} === window.benchRows - 1"),
}
"""What is done, and what must hold when it shows. An undo takes the deletion back, a redo does it again."""


def lacking() -> str:
    """Say what this machine has not got for it; an empty text if nothing."""
    if importlib.util.find_spec("playwright") is None:
        return "Playwright"
    return "" if _chromium() else "Chromium"


def measure(place: Place, *, quick: bool) -> Figure:
    """Measure on one kind of database."""
    rounds = 2 if quick else 15
    database = place.database(BENCH_STUDIO="1")
    taken: dict[str, list[float]] = {"open": [], "open again": [], **{name: [] for name in EDITS}}
    with child(database) as inside:
        made = inside.ask("studio_editor:prepare", nodes=NODES)
        with site(database) as (port, _pid), _browser() as new_context:
            for number in range(rounds + 1):
                found = _round(new_context, f"http://127.0.0.1:{port}", made)
                if number:  # the first round fills the server's caches
                    for name, ms in found.items():
                        taken[name].append(ms)
                _check(inside, made["tree"], NODES + (number + 1) * 1)
    shares = {name: [ms / ALLOWED_MS.get(name, AN_EDIT_MS) for ms in taken[name]] for name in ("open", *EDITS)}
    worst = max(shares, key=lambda name: median(shares[name]))
    details = {name: {"ms": tidy(median(ms)), "p95_ms": tidy(percentile(ms, 95))} for name, ms in taken.items()}
    return Figure(median(shares[worst]), spread(shares[worst]), {"worst": worst, "nodes": NODES, **details})


def _round(new_context: Callable[[], Any], address: str, made: dict[str, str]) -> dict[str, float]:
    context = new_context()
    context.add_cookies([{"name": "sessionid", "value": made["session"], "url": address}])
    context.add_init_script(WHEN_READY)
    page = context.new_page()
    found = {}
    for name in ("open", "open again"):
        page.goto(f"{address}/studio/trees/{made['tree']}/", wait_until="commit")
        page.wait_for_function("window.benchReady")
        found[name] = float(page.evaluate("window.benchReady"))
    page.locator(".mw-row").nth(NODES // 2).click()
    for name, (act, shown) in EDITS.items():
        _ready(page)
        if name == "insert a node":
            page.get_by_role("button", name="New", exact=True).click()
            page.get_by_role("menuitem", name="Action", exact=True).click()
            page.evaluate("window.benchChosen = document.querySelectorAll('.mw-pop')[1].querySelector('button')")
        page.evaluate(f"window.benchRows = {ROWS}; window.benchPath = {HERE}")
        found[name] = float(page.evaluate(UNTIL_SHOWN, [act, shown]))
    _ready(page)
    context.close()
    return found


def _ready(page: Any) -> None:
    """Wait until what was done is on the server, and its answer shown."""
    page.wait_for_function(
        """() => ["", "Draft saved"].includes(document.querySelector('[data-part="status"]').textContent)
          && !document.querySelector('[data-part="form"]').inert && document.getElementById("mw-f-label")"""
    )


def _check(inside: Child, tree: str, wanted: int) -> None:
    """Raise unless the draft has as many nodes as the edits have left there: nothing is timed that was not done."""
    found = inside.ask("studio_editor:count", tree=tree)
    if found != wanted:
        raise RuntimeError(f"the draft has {found} nodes, and {wanted} were to be there")


@contextmanager
def _browser() -> Iterator[Callable[[], Any]]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=list(FLAGS))
        yield lambda: browser.new_context(viewport={"width": 1280, "height": 900})
        browser.close()


def _chromium() -> str | None:
    return os.environ.get("MEANWHILE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
