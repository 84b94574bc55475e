"""Workers that die at any moment: nothing is lost, and no database effect is missing or there twice."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

from tests.crash.books import assert_letters_have_one_key_each, assert_orders_done, lines_by_order
from tests.crash.processes import OPEN_JOBS, Office, until

KILLS = 220
JOBS = 2_000
LONG_LEASE = 60.0
LONGEST_LIFE = 0.2
LONGEST_TAIL = 150.0
"""Seconds; a job that was lost with several workers is put off, by a minute at most."""

CLERKS_BAD_LUCK = 0.05
ENOUGH_WORK = 200
AT_ONCE = 10.0
RUNNING = "SELECT COUNT(*) FROM meanwhile_job WHERE state = 'running'"
RUNNING_OF_DEAD = "SELECT COUNT(*) FROM meanwhile_job WHERE state = 'running' AND lease_owner LIKE '%/{pid}/%'"

OpenOffice = Callable[..., Office]


def test_workers_killed_at_random_moments_lose_and_double_nothing(open_office: OpenOffice) -> None:
    """The lease is longer than the test: what is taken over is so because its worker is known to be dead."""
    office = open_office(lease=LONG_LEASE)
    seed = random.randrange(2**32)
    print(f"random seed {seed}")
    chance = random.Random(seed)
    workers = [office.worker("--threads", "2") for _ in range(2)]
    office.do("place_all", 150)
    kills, struck, placed, clerk = 0, 0, 150, office.start("place", 100)
    while kills < KILLS or placed * 3 < JOBS:
        time.sleep(chance.uniform(0.0, LONGEST_LIFE))
        victim = chance.randrange(len(workers))
        workers[victim].kill()
        # With a lease of a minute nobody but the next sweep has looked at what the victim left.
        struck += bool(office.number(RUNNING_OF_DEAD.format(pid=workers[victim].pid)))
        workers[victim] = office.worker("--threads", "2")
        kills += 1
        placed = office.number("SELECT COUNT(*) FROM office_order")
        if chance.random() < CLERKS_BAD_LUCK:
            # The one who places orders dies too: an order is there with its jobs or not at all.
            clerk.kill()
        if clerk.ended() and office.number(OPEN_JOBS) < ENOUGH_WORK:
            clerk = office.start("place", 100)
    clerk.kill()
    office.until_done(LONGEST_TAIL)
    print(f"{kills} kills, {struck} of them in the middle of jobs, {placed} orders")
    assert struck > kills / 2
    assert_orders_done(office)
    assert_letters_have_one_key_each(office)


def test_a_restarted_worker_takes_over_at_once_on_the_same_machine(open_office: OpenOffice) -> None:
    office = open_office(lease=LONG_LEASE)
    workers = [office.worker("--threads", "4") for _ in range(2)]
    office.do("call", "take", 12)
    until(lambda: office.number(RUNNING) >= 8, "jobs that run")
    for worker in workers:
        worker.kill()
    assert office.number(RUNNING) >= 8
    office.worker("--threads", "12")
    office.until_done(AT_ONCE)
    assert office.rows("SELECT DISTINCT state FROM meanwhile_job") == [("succeeded",)]
    assert set(map(tuple, lines_by_order(office).values())) == {("taken", "t2", "taken", "t3")}


def test_a_job_that_kills_its_workers_is_failed_after_a_few_of_them(open_office: OpenOffice) -> None:
    office = open_office(lease=LONG_LEASE, max_takeovers=3)
    office.do("place_all", 10)
    office.do("call", "kill")
    dead = 0
    while office.number(OPEN_JOBS):
        worker = office.worker("--threads", "2")
        until(lambda worker=worker: worker.ended() or not office.number(OPEN_JOBS), "the end of the worker or the work")
        dead += worker.ended()
    assert dead == 3
    [(error,)] = office.rows("SELECT error FROM meanwhile_job WHERE state = 'failed'")
    assert "3 workers in a row died" in error
    assert office.number("SELECT COUNT(*) FROM office_order WHERE ready") == 10
    assert [lines for lines in lines_by_order(office).values() if "k1" in lines] == [["k1"]]


def test_a_living_worker_takes_over_from_a_dead_one_with_its_next_sweep(open_office: OpenOffice) -> None:
    office = open_office(lease=LONG_LEASE)
    dies = office.worker("--threads", "4")
    office.do("call", "take", 4)
    until(lambda: office.number(RUNNING) == 4, "jobs that run")
    office.worker("--threads", "4")
    dies.kill()
    office.until_done(AT_ONCE)
    assert set(map(tuple, lines_by_order(office).values())) == {("taken", "t2", "taken", "t3")}


def test_sigterm_ends_the_steps_under_way_and_hands_back_the_rest(open_office: OpenOffice) -> None:
    office = open_office(lease=LONG_LEASE)
    worker = office.run("-m", "django", "meanwhile_worker", "--threads", "2")
    office.do("call", "take", 6)
    until(lambda: len(office.signs("takes-*")) >= 2, "steps under way")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(AT_ONCE) == 0, office.log()
    assert "Stopped." in office.log()
    jobs = office.rows(
        "SELECT DISTINCT state, takeovers, attempts, lease_owner FROM meanwhile_job WHERE state <> 'succeeded'"
    )
    assert jobs == [("ready", 0, 0, "")]
    begun = lines_by_order(office)
    assert 2 <= len(begun) < 6
    assert all(lines[0] == "taken" for lines in begun.values())
    assert office.number("SELECT COUNT(*) FROM meanwhile_workerprocess") == 0
    office.worker("--threads", "6")
    office.until_done(AT_ONCE)
    assert set(map(tuple, lines_by_order(office).values())) == {("taken", "t2", "taken", "t3")}


def test_a_worker_that_is_told_to_stop_waits_no_longer_than_its_grace(open_office: OpenOffice) -> None:
    """A step that does not end in time is not done; the next worker takes the job over, and does it once."""
    office = open_office(lease=LONG_LEASE, shutdown_grace=0.3)
    worker = office.worker("--threads", "1")
    office.do("call", "hold")
    [held] = until(lambda: office.signs("held-*"), "the step that holds")
    worker.signal(signal.SIGTERM)
    assert worker.wait(AT_ONCE) == 0
    office.worker("--threads", "1")
    until(lambda: len(office.signs("held-*")) == 2, "the takeover", AT_ONCE)
    office.sign("go")
    office.until_done(AT_ONCE)
    [lines] = lines_by_order(office).values()
    assert [line.split()[0] for line in lines] == ["h1", "held", "h2"]
    assert not lines[1].endswith(held.rpartition("-")[2])
