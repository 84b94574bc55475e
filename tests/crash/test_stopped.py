"""A worker that is stopped past its lease and continued commits nothing for the jobs that were taken over."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.crash.books import assert_orders_done
from tests.crash.processes import Office, Process, until

LEASE = 1.0

OpenOffice = Callable[..., Office]


def log_of(office: Office, name: str) -> list[str]:
    return [
        text
        for (text,) in office.rows(
            'SELECT text FROM office_line JOIN office_order ON office_order.id = office_line."order"'
            f" WHERE name = '{name}' ORDER BY office_line.id"
        )
    ]


@pytest.mark.parametrize(
    "tree",
    [
        "hold",
        # On SQLite whoever is stopped inside a transaction holds the one lock there is: nobody could take over.
        pytest.param("hold-inside", marks=pytest.mark.postgres),
    ],
)
def test_a_stopped_worker_commits_nothing_for_what_was_taken_over(open_office: OpenOffice, tree: str) -> None:
    office = open_office(lease=LEASE)
    stopped = office.worker("--threads", "1")
    office.do("call", tree)
    until(lambda: office.signs("held-*"), "the first worker in its step")
    stopped.signal(signal.SIGSTOP)

    other = office.worker("--threads", "1")
    until(lambda: len(office.signs("held-*")) == 2, "the other worker in the same step")
    office.sign("go")
    office.until_done()
    done = log_of(office, tree)
    assert [text.split()[0] for text in done] == ["h1", "held", "h2"]
    assert done[1] == f"held by {other.pid}"
    job = office.rows("SELECT * FROM meanwhile_job")
    runs = office.rows("SELECT * FROM meanwhile_run ORDER BY id")

    # The other one goes, so that a job that is done afterwards was done by the one that was stopped: its only thread
    # has tried to end the step that was taken from it by then.
    other.signal(signal.SIGTERM)
    assert other.wait() == 0
    stopped.signal(signal.SIGCONT)
    office.do("call", "plain")
    office.until_done()
    assert log_of(office, "plain") == ["p1", "p2", "p3"]
    assert log_of(office, tree) == done
    assert office.rows(f"SELECT * FROM meanwhile_job WHERE id = {job[0][0]}") == job
    assert office.rows("SELECT * FROM meanwhile_run ORDER BY id")[: len(runs)] == runs
    assert "taken over or ended meanwhile" in office.log()


def stop_between_writes(office: Office, worker: Process) -> None:
    """Stop a worker in a moment in which it holds no lock that others would have to wait for."""

    def stopped() -> bool:
        worker.signal(signal.SIGSTOP)
        until(worker.has_stopped, "all threads to stop")
        if office.database.is_locked():
            worker.signal(signal.SIGCONT)
            return False
        return True

    until(stopped, "a moment between two writes")


def test_jobs_that_a_stopped_worker_had_claimed_and_not_begun_are_done_by_others_alone(open_office: OpenOffice) -> None:
    office = open_office(lease=LEASE)
    stopped = office.worker("--threads", "2")
    office.do("place_all", 60)
    until(lambda: office.number("SELECT COUNT(*) FROM meanwhile_job WHERE state = 'running'") > 4, "a claimed batch")
    stop_between_writes(office, stopped)
    office.worker("--threads", "2")
    office.until_done()
    stopped.signal(signal.SIGCONT)
    office.do("place_all", 10)
    office.until_done()
    assert_orders_done(office)
