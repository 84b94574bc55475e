"""Several workers of one schedule that die at any moment: each time is taken once, and each record has its run once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from tests.crash.books import lines_by_order
from tests.crash.processes import OPEN_JOBS, Office, until

TIMES = 20
RECORDS = 30
WORKERS = 3
KILLS_A_TIME = 3
LONGEST_LIFE = 0.25
LONG_LEASE = 60.0
IS_KNOWN = "SELECT COUNT(*) FROM meanwhile_schedule WHERE key = 'tree:rounds'"
COME = "UPDATE meanwhile_schedule SET next_at = '2024-02-29 00:00:00' WHERE key = 'tree:rounds'"
IS_DUE = "SELECT COUNT(*) FROM meanwhile_schedule WHERE key = 'tree:rounds' AND next_at < '2025-01-01 00:00:00'"

OpenOffice = Callable[..., Office]


def test_each_time_is_taken_once_and_each_record_runs_once_through_any_crash(open_office: OpenOffice) -> None:
    office = open_office(lease=LONG_LEASE)
    chance = random.Random(seed := random.randrange(2**32))
    print(f"random seed {seed}")
    office.do("prepare_rounds", RECORDS)
    workers = [office.worker("--threads", "2") for _ in range(WORKERS)]
    until(lambda: office.number(IS_KNOWN), "the schedule to be known")

    def is_over() -> bool:
        return not office.number(IS_DUE) and not office.number(OPEN_JOBS)

    struck = 0
    for _time in range(TIMES):
        office.rows(COME)
        for _kill in range(KILLS_A_TIME):
            time.sleep(chance.uniform(0.0, LONGEST_LIFE))
            victim = chance.randrange(WORKERS)
            struck += not is_over()
            workers[victim].kill()
            workers[victim] = office.worker("--threads", "2")
        until(is_over, f"the end of the jobs of this time\n{office.story()}")
    print(f"{TIMES * KILLS_A_TIME} kills, {struck} of them while there was something to do")
    assert office.rows("SELECT kind, state, COUNT(*) FROM meanwhile_job GROUP BY 1, 2") == [
        ("schedule", "succeeded", TIMES)
    ]
    assert office.rows("SELECT event, state, COUNT(*) FROM meanwhile_run GROUP BY 1, 2") == [
        ("scheduled", "succeeded", TIMES * RECORDS)
    ]
    assert [*lines_by_order(office).values()] == [["round"] * TIMES] * RECORDS
