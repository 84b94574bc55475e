"""Trees are published by one process, and run by a site and a worker that have been there all the time."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import urlencode

import pytest

from tests.crash.processes import Office, until
from tests.crash.test_load import WAITRESS, answers, free_port

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Site:
    """A web process with four threads, and a worker beside it."""

    def __init__(self, office: Office) -> None:
        self.office, self.port = office, free_port()
        office.run("-m", "waitress", f"--listen=127.0.0.1:{self.port}", "--threads=4", WAITRESS)
        office.worker()
        until(lambda: answers(self.port), "the site")

    def place(self) -> tuple[int, str]:
        """Place an order, and return its key and the notes that were put into it before the next page."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request("POST", "/place/", urlencode({"name": "order", "notes": ""}), FORM)
            response = connection.getresponse()
            assert response.status == 302, response.read()
        [row] = self.office.rows("SELECT id, notes FROM office_order ORDER BY id DESC LIMIT 1")
        return int(row[0]), str(row[1])

    def until_it_says(self, notes: str) -> int:
        """Place orders until one gets these notes; return its key."""
        orders: list[int] = []

        def says() -> bool:
            order, said = self.place()
            orders.append(order)
            return said == notes

        until(says, f"an order with the notes “{notes}”")
        return orders[-1]

    def lines(self, order: int, like: str) -> list[str]:
        found = self.office.rows(
            f"SELECT text FROM office_line WHERE \"order\" = {order} AND text LIKE '{like}' ORDER BY id"
        )
        return [str(row[0]) for row in found]


@pytest.fixture
def site(open_office: Callable[..., Office]) -> Iterator[Site]:
    office = open_office(studio_reload=0.05, lease=30)
    office.do("make_trees")
    yield Site(office)
    office.sign("go")


def test_what_one_process_publishes_switches_restores_and_retires_others_run_at_once(site: Site) -> None:
    assert site.place()[1] == ""
    office = site.office
    office.sign("go")
    for call, said in (
        (("publish_notes", "one"), "one"),
        (("publish_notes", "two"), "two"),
        (("switch", "off"), ""),
        (("switch", "on"), "two"),
        (("switch", "restore"), "one"),
        (("switch", "retire"), ""),
        (("switch", "bring back"), "one"),
    ):
        office.do(*call)
        order = site.until_it_says(said)
        office.until_done()
        assert site.lines(order, "% ends") == ([f"{said} ends"] if said else [])


def test_a_job_ends_with_the_version_that_it_began_with(site: Site) -> None:
    office = site.office
    office.do("publish_notes", "one")
    order = site.until_it_says("one")
    until(lambda: office.signs(f"held-{order}-*"), "the worker, in the middle of the job")
    office.do("check_in_use", 1)
    office.do("publish_notes", "two")
    newer = site.until_it_says("two")
    office.do("switch", "retire")
    office.sign("go")
    office.until_done()
    assert [site.lines(one, "% ends") for one in (order, newer)] == [["one ends"], ["two ends"]]
    assert [site.lines(one, "% begins") for one in (order, newer)] == [["one begins"], ["two begins"]]


def test_a_worker_runs_what_is_published_while_it_works(site: Site) -> None:
    """The event happens in the worker, where no request begins."""
    site.place()
    site.office.until_done()
    site.office.do("publish_when_ready")

    def is_seen() -> list[str]:
        order, _notes = site.place()
        site.office.until_done()
        return site.lines(order, "seen to be ready")

    until(is_seen, "the tree that the worker has to load")
