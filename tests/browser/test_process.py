"""The demo as a process: it says where it is, stops cleanly, and goes on with what it had to leave."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.booking import fill_in, press_book
from tests.browser.site import Site, running_site, start


def test_a_taken_port_is_said_with_a_way_out(quick_site: Site, tmp_path: Path) -> None:
    port = int(quick_site.address.rsplit(":", 1)[1])
    process = start(tmp_path, port=port)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"Port {port} is taken. Choose another one: PORT={port + 1} python -m demo" in said


def test_a_wrong_port_is_said(tmp_path: Path) -> None:
    process = start(tmp_path, port=70000)
    said, _ = process.communicate(timeout=30)
    assert (process.returncode, said) == (1, "PORT must be a number up to 65535, it is '70000'.\n")


def test_ctrl_c_stops_all_of_it(tmp_path: Path) -> None:
    with running_site(tmp_path, pace=0) as site:
        site.process.send_signal(signal.SIGINT)
        said, _ = site.process.communicate(timeout=30)
    assert site.process.returncode == 0
    assert "Stopped." in said
    assert "Traceback" not in said


def test_what_a_stopped_demo_left_is_finished_by_the_next_one(page: Page, tmp_path: Path) -> None:
    with running_site(tmp_path, pace=1) as first:
        fill_in(page, first)
        pk = press_book(page)
        expect(page.locator(".meanwhile-step--done").first).to_be_visible()
        first.stop()
        assert first.process.returncode == 0
        assert not first.booking(pk)["ready"]
    with running_site(tmp_path, pace=0) as second:
        page.goto(second.url(f"/bookings/{pk}/wait/"))
        page.wait_for_url(re.compile(r"/bookings/\d+/$"))
        labels = [step.label for step in second.background(pk)]
        assert labels.count("Find the best seat") == 1
        assert len(labels) == 5
