"""Take the pictures of the Studio's guides from the running demo, into docs/_static/studio.

    python -m scripts.pictures

The demo runs in a process of its own, on a free port, with an empty folder for its data; both are gone at the end.
Chromium is MEANWHILE_CHROMIUM, or the first known name on PATH.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import studio
from tests.browser.site import REPOSITORY, running_site

from .builder import build
from .camera import HEIGHT, WIDTH, Camera
from .operator import last_hour, operate

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FOLDER = REPOSITORY / "docs" / "_static" / "studio"
PACE = 0.15
LARGEST, TOGETHER = 150_000, 2_500_000
"""Bytes of one picture, and of all."""


def main() -> int:
    """Take all pictures; return 1 if Chromium is missing or a picture has become too large."""
    program = os.environ.get("MEANWHILE_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if program is None:
        print("There is no Chromium on PATH, and MEANWHILE_CHROMIUM names none.", file=sys.stderr)
        return 1
    taken = take(program)
    for name, size in taken.items():
        print(f"{size:>8,} {name}{'  TOO LARGE' if size > LARGEST else ''}")
    print(f"{sum(taken.values()):>8,} in {len(taken)} pictures")
    return int(max(taken.values()) > LARGEST or sum(taken.values()) > TOGETHER)


def take(program: str) -> dict[str, int]:
    """Play the guides and return the bytes of each picture."""
    with tempfile.TemporaryDirectory() as folder:
        camera = Camera(Path(folder))
        with (
            tempfile.TemporaryDirectory() as data,
            running_site(Path(data), pace=PACE) as site,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
            context = browser.new_context(
                viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", reduced_motion="reduce", locale="en"
            )
            context.set_default_timeout(20_000)
            page = context.new_page()
            last_hour(page, site)
            studio.log_in(page, site)
            booking = build(page, browser, site, camera)
            operate(page, browser, site, camera, booking)
            browser.close()
        # Only when all of them are there: a story that broke off leaves the pictures that were.
        shutil.rmtree(FOLDER, ignore_errors=True)
        shutil.copytree(folder, FOLDER)
    return camera.taken


if __name__ == "__main__":
    sys.exit(main())
