"""The operator's guide in pictures: runs, a run that went well and one that failed, the queue, a pause, the admin."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from uuid import UUID

from playwright.sync_api import Browser, Page, expect

from tests.browser import studio
from tests.browser.booking import fill_in, press_book
from tests.browser.site import Site

from .camera import HEIGHT, PHONE, WIDTH, Camera

PASSENGERS = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Mary Jackson", "Edsger Dijkstra", "Katherine Johnson")
BEFORE = 18
"""Bookings of the last hour, before the guide begins."""

HEAD = ".mw-head"
WHY = "The mail server moves"


def last_hour(page: Page, site: Site) -> None:
    """Let people book, and have it been over the last hour."""
    studio.log_in(page, site, "passenger")
    for number in range(BEFORE):
        _book(page, site, PASSENGERS[number % len(PASSENGERS)], "Nairobi" if number % 3 == 0 else "Lisbon")
    _until(page, site, "state IN ('succeeded') AND name LIKE '%soon%possible%'", BEFORE)
    _spread(site)


def operate(page: Page, browser: Browser, site: Site, camera: Camera, booking: int) -> None:
    """Take the operator's pictures; the tree of the guide has run to its end for ``booking``."""
    people = browser.new_page()
    studio.log_in(people, site, "passenger")
    fill_in(people, site, email="grace@refused.example")
    failed = press_book(people)
    fill_in(people, site, to="Atlantis")
    people.get_by_role("button", name="Book", exact=True).click()
    people.get_by_text("is sold out").first.wait_for()
    _until(page, site, "state = 'failed'", 1)
    studio.log_in(page, site, "operator")
    _runs(page, site, camera, booking, failed)
    _queue(page, people, site, camera)
    _admin(page, site, camera)
    people.close()


def _runs(page: Page, site: Site, camera: Camera, booking: int, failed: int) -> None:
    page.goto(site.url("/studio/runs/"))
    camera.take("runs", page, ".mw-top", ".mw-filters", "#live", below=660)
    page.goto(site.url(_run(site, "welcome-aboard", booking)))
    expect(page.get_by_role("region", name="Background").locator(".mw-state").first).to_have_text("succeeded")
    camera.take("run", page, ".mw-crumbs", ".mw-columns", below=1240)
    page.set_viewport_size({"width": PHONE, "height": 1100})
    camera.take("phone-run", page)
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.goto(site.url(_run(site, "booking-received", failed)))
    branch = page.get_by_role("region", name="As soon as possible")
    expect(branch.locator(".mw-state").first).to_have_text("failed")
    branch.locator("summary[aria-label^='More for job']").click()
    camera.take("run-failed", page, branch, branch.locator(".mw-panel"))


def _queue(page: Page, people: Page, site: Site, camera: Camera) -> None:
    page.goto(site.url("/studio/queue/?list=later"))
    page.locator(".mw-plot").first.wait_for()
    camera.take("queue", page, ".mw-top", HEAD, "#live", below=860)
    camera.take("plots", page, "#plots")
    page.locator("summary").filter(has_text="Pause").click()
    page.get_by_label("Why? (shown on every page)").fill(WHY)
    camera.take("pause", page, ".mw-queue-head", ".mw-queue-head .mw-panel")
    page.get_by_role("button", name="Pause the queue").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    for number in range(2):
        fill_in(people, site)
        people.get_by_label("Passenger").fill(PASSENGERS[number])
        press_book(people)
    page.goto(site.url("/studio/queue/?list=due"))
    expect(page.locator("tbody tr").first).to_contain_text("The queue is paused.")
    camera.take("paused", page, ".mw-queue-head", "#live", below=640)
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("summary").filter(has_text="Pause")).to_be_visible()


def _admin(page: Page, site: Site, camera: Camera) -> None:
    studio.log_in(page, site, "admin")
    [booking] = site.rows("SELECT MAX(record_pk + 0) AS pk FROM meanwhile_run WHERE tree = 'welcome-aboard'")
    page.goto(site.url(f"/admin/bookings/booking/{booking['pk']}/change/"))
    camera.take("admin", page, "#content > h1", "#content-main")


def _run(site: Site, tree: str, booking: int) -> str:
    """The address of a tree's run for a booking."""
    sql = "SELECT id FROM meanwhile_run WHERE tree = ? AND record_pk = ? AND page_at IS NOT NULL"
    [row] = site.rows(sql, tree, str(booking))
    return f"/studio/runs/{UUID(row['id'])}/"


def _book(page: Page, site: Site, name: str, to: str) -> None:
    fill_in(page, site, to=to, email=f"{name.split(maxsplit=1)[0].lower()}@example.com")
    page.get_by_label("Passenger").fill(name)
    press_book(page)


def _until(page: Page, site: Site, condition: str, number: int) -> None:
    """Wait until so many jobs are as a condition of SQL says."""
    for _ in range(600):
        [row] = site.rows(f"SELECT COUNT(*) AS number FROM meanwhile_job WHERE {condition}")
        if row["number"] >= number:
            return
        page.wait_for_timeout(100)
    raise TimeoutError(f"there never were {number} jobs with {condition}")


def _spread(site: Site) -> None:
    """Put the runs so far, and what their jobs did, some minutes apart into the last hour."""
    with closing(sqlite3.connect(site.data / "demo.sqlite3", timeout=20)) as database:
        runs = database.execute("SELECT id FROM meanwhile_run ORDER BY id").fetchall()
        for number, (run,) in enumerate(runs):
            minutes = (len(runs) - number) * 3 + number % 2
            _earlier(database, "meanwhile_run", "id", run, minutes, ("created", "page_at", "finished"))
            group = str(UUID(run))
            _earlier(database, "meanwhile_job", '"group"', group, minutes, ("created", "started", "finished"))
            _earlier(database, "meanwhile_job", 'finished IS NOT NULL AND "group"', group, minutes, ("due",))
        database.commit()


def _earlier(
    database: sqlite3.Connection, table: str, where: str, key: str, minutes: int, columns: tuple[str, ...]
) -> None:
    names = ", ".join(columns)
    for row, *moments in database.execute(f"SELECT rowid, {names} FROM {table} WHERE {where} = ?", [key]).fetchall():
        moved = [_moved(moment, minutes) for moment in moments]
        given = ", ".join(f"{name} = ?" for name in columns)
        database.execute(f"UPDATE {table} SET {given} WHERE rowid = ?", [*moved, row])


def _moved(moment: str | None, minutes: int) -> str | None:
    if moment is None:
        return None
    return (datetime.fromisoformat(moment) - timedelta(minutes=minutes)).isoformat(" ")
