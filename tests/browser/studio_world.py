"""A demo whose Studio has something of everything, and who looks at it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, StorageState

from tests.browser import studio
from tests.browser.site import REPOSITORY, Site, environment, running_site


@dataclass(frozen=True)
class World:
    """The running demo, its pages by name, and who is logged in to see them all."""

    site: Site
    pages: dict[str, str]
    admin: StorageState


@contextmanager
def running_world(data: Path, browser: Browser) -> Iterator[World]:
    """Fill a folder, start the demo on it and log an admin in."""
    seeding = [sys.executable, "-m", "tests.browser.studio_seed"]
    done = subprocess.run(
        seeding, cwd=REPOSITORY, env=environment(data, 0), check=True, text=True, stdout=subprocess.PIPE
    )
    with running_site(data, pace=0) as site:
        context = browser.new_context()
        studio.log_in(context.new_page(), site)
        admin = context.storage_state()
        context.close()
        yield World(site, json.loads(done.stdout.splitlines()[-1]), admin)
