"""Actions that never return, a database that goes away, a disk that is full: the worker goes on, and loses nothing."""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash.books import assert_letters_have_one_key_each, assert_orders_done, lines_by_order
from tests.crash.postgres_server import PostgresServer
from tests.crash.processes import OPEN_JOBS, Office, PostgresDatabase, migrate, until

OpenOffice = Callable[..., Office]

FAILED = "SELECT COUNT(*) FROM meanwhile_job WHERE state = 'failed'"
PLACED_DONE = "SELECT COUNT(*) FROM office_order WHERE name LIKE 'order %' AND ready"


@pytest.mark.parametrize("tree", ["hang", "hang-inside"])
def test_a_step_that_never_returns_fails_its_job_alone_and_writes_nothing_later(
    open_office: OpenOffice, tree: str
) -> None:
    """It swallows every exception, too; inside a transaction it holds the locks of what it wrote."""
    office = open_office()
    worker = office.worker("--threads", "2")
    office.do("call", "plain")
    office.until_done()
    threads = worker.threads()
    office.do("call", tree, 2)
    until(lambda: len(office.signs("hangs-*")) == 2 or tree == "hang-inside", "both threads hanging")
    office.do("place_all", 20)
    until(lambda: office.number(FAILED) == 2, "the end of what hangs")
    until(lambda: office.number(PLACED_DONE) == 20, "the end of the other jobs")
    until(lambda: worker.threads() <= threads + 2 * 2, "no more threads than the lost ones and their successors")
    for error, attempts in office.rows("SELECT error, attempts FROM meanwhile_job WHERE state = 'failed'"):
        assert "longer than 0.5 seconds" in error
        assert attempts == 1, "the second try was the last"
    assert len(office.signs("hangs-*")) == 4

    office.sign("wake")
    until(lambda: len(office.signs("woken-*")) == 4, "the lost threads to wake up")
    assert len(office.signs("refused-*")) == 4
    until(lambda: worker.threads() == threads, "the lost threads to end")
    office.until_done()
    hung = [lines for order, lines in lines_by_order(office).items() if "g1" in lines]
    assert hung == [["g1"], ["g1"]]


def test_a_statement_that_never_ends_is_ended_and_its_locks_are_free(open_office: OpenOffice) -> None:
    office = open_office()
    worker = office.worker("--threads", "2")
    office.do("call", "hang-in-sql", 2)
    until(lambda: office.number(FAILED) == 2, "the end of what hangs")
    for (error,) in office.rows("SELECT error FROM meanwhile_job"):
        assert "longer than 0.5 seconds" in error
    if isinstance(office.database, PostgresDatabase):
        sleeping = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"
        until(lambda: not office.rows(sleeping), "the end of the statements on the server")
    office.do("place_all", 5)
    office.until_done()
    assert not worker.ended()
    assert office.number(PLACED_DONE) == 5
    assert [lines for lines in lines_by_order(office).values() if "g1" in lines] == [["g1"], ["g1"]]


@pytest.mark.parametrize("tree", ["hang", "hang-inside", "hang-async"])
def test_a_worker_with_lost_threads_ends_when_it_is_told_to(open_office: OpenOffice, tree: str) -> None:
    office = open_office(shutdown_grace=1.0)
    worker = office.run("-m", "django", "meanwhile_worker", "--threads", "2")
    office.do("call", tree)
    until(lambda: office.number(FAILED) == 1, "the end of what hangs")
    office.do("place_all", 3)
    office.until_done()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(10) == 0, office.log()
    assert office.number(PLACED_DONE) == 3


def test_a_worker_that_lost_all_its_threads_ends_and_says_why_and_the_next_one_goes_on(open_office: OpenOffice) -> None:
    office = open_office()
    office.do("call", "hang", 3)
    office.do("place_all", 5)
    workers = 0
    while office.number(OPEN_JOBS):
        worker = office.worker("--threads", "1")
        workers += 1
        assert workers < 6
        until(lambda worker=worker: worker.ended() or not office.number(OPEN_JOBS), "the worker's end")
        if worker.ended():
            assert worker.wait() != 0
    assert workers > 1
    assert "Every thread is lost" in office.log_path.read_text()
    assert office.number(FAILED) == 3
    assert office.number(PLACED_DONE) == 5


def test_an_action_that_raises_system_exit_does_not_end_the_worker(open_office: OpenOffice) -> None:
    office = open_office()
    worker = office.worker("--threads", "2")
    office.do("call", "exit", 3)
    office.do("place_all", 10)
    office.until_done()
    assert not worker.ended()
    assert office.rows("SELECT error, COUNT(*) FROM meanwhile_job WHERE state = 'failed' GROUP BY error") == [
        ("SystemExit: 3", 3)
    ]
    assert office.number(PLACED_DONE) == 10


@pytest.mark.postgres
def test_connections_that_are_cut_again_and_again_lose_and_double_nothing(open_office: OpenOffice) -> None:
    office = open_office(lease=5.0, step_timeout=20.0)
    database = office.database
    assert isinstance(database, PostgresDatabase)
    for _ in range(2):
        office.worker("--threads", "2")
    office.do("place_all", 150)
    for _ in range(30):
        database.admin(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.name}'")
        time.sleep(0.1)
    office.until_done()
    assert_orders_done(office)
    assert_letters_have_one_key_each(office)


@pytest.mark.postgres
def test_an_idle_connection_that_was_cut_costs_a_job_no_try(open_office: OpenOffice) -> None:
    """As firewalls do over night."""
    office = open_office(retry={"max_attempts": 1})
    database = office.database
    assert isinstance(database, PostgresDatabase)
    office.worker("--threads", "2")
    office.do("place_all", 5)
    office.until_done()
    for _ in range(5):
        database.admin(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.name}'")
        office.do("place_all", 1)
        office.until_done()
    assert_orders_done(office)


@pytest.mark.postgres
def test_a_server_that_stops_and_crashes_in_the_middle_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(PostgresServer()) as server:
        server.start()
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        database = PostgresDatabase("template1")
        migrate(database.name, tmp_path)
        with closing(Office(tmp_path, database, {"AUTOSTART": False, "SWEEP": 0.2, "LEASE": 5.0})) as office:
            worker = office.worker("--threads", "4")
            for end in (server.stop, server.crash, server.crash, server.stop):
                done = office.number(PLACED_DONE)
                office.do("place_all", 60)
                until(lambda done=done: office.number(PLACED_DONE) >= done + 5, "some work to be done")
                end()
                server.start()
            office.until_done()
            assert not worker.ended()
            assert_orders_done(office)
            assert_letters_have_one_key_each(office)


@pytest.mark.sqlite
def test_a_worker_without_room_on_its_disk_keeps_trying_until_there_is_room(
    open_office: OpenOffice,
) -> None:
    office = open_office()
    worker = office.worker("--threads", "2")
    office.do("place_all", 10)
    office.until_done()
    _, most = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (1024, most))
    office.do("place_all", 20)
    # The worker's log is on the full disk as well: what tells that it tries are the reads of its claimer.
    until(lambda: office.number("SELECT COUNT(*) FROM meanwhile_job WHERE state = 'ready'") == 60, "the waiting jobs")
    until(lambda worker=worker: _read(worker.pid) > 100_000, "tries")
    assert office.number(PLACED_DONE) == 10
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (most, most))
    office.until_done()
    assert not worker.ended()
    assert_orders_done(office)


def _read(pid: int) -> int:
    return int(Path(f"/proc/{pid}/io").read_text().partition("rchar:")[2].split()[0])
