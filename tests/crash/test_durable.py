"""Durable actions whose worker dies in the middle: the result comes once, and so do their effects in the database."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from typing import Any

from tests.crash.processes import OPEN_JOBS, Office, until

OpenOffice = Callable[..., Office]

ACTIONS = 60
KILLS = 12
LONGEST_LIFE = 0.3
LONG_LEASE = 60.0
PROGRESS = "SELECT progress, progress_text FROM meanwhile_job"


def states(office: Office) -> dict[str, dict[str, Any]]:
    """What the page is told now of each action, by its number."""
    office.do("follow")
    told: dict[str, dict[str, Any]] = json.loads((office.folder / "states.json").read_text())
    return told


def test_a_worker_killed_in_the_middle_hands_over_and_the_result_comes_once(open_office: OpenOffice) -> None:
    office = open_office(lease=LONG_LEASE)
    office.do("ask", "office.hold", [1])
    first = office.worker("--threads", "1")
    until(lambda: office.signs("held-*"), "the action in the middle of its transaction")
    assert office.rows(PROGRESS) == [(0.5, "before the write")]
    assert office.rows("SELECT text FROM office_line") == []
    first.kill()
    second = office.worker("--threads", "1")
    until(lambda: len(office.signs("held-*")) == 2, "the takeover")
    office.sign("go")
    office.until_done()
    assert office.rows("SELECT text FROM office_line") == [(f"by {second.pid}",)]
    [told] = states(office).values()
    assert (told["state"], told["value"]) == ("SUCCESS", {"by": second.pid})
    assert office.rows("SELECT attempts, takeovers FROM meanwhile_job")[0][0] == 0  # a death is no failed try


def test_workers_killed_at_random_moments_lose_and_double_no_action(open_office: OpenOffice) -> None:
    office = open_office(lease=LONG_LEASE, max_takeovers=100)
    seed = random.randrange(2**32)
    print(f"random seed {seed}")
    chance = random.Random(seed)
    office.do("ask", "office.count", list(range(ACTIONS)))
    kills = 0
    while kills < KILLS and office.number(OPEN_JOBS):
        worker = office.worker("--threads", "3")
        time.sleep(chance.uniform(0.05, LONGEST_LIFE))
        worker.kill()
        kills += 1
    office.worker("--threads", "3")
    office.until_done()
    print(f"{kills} kills")
    assert kills > 2
    assert office.rows('SELECT "order", COUNT(*) FROM office_line GROUP BY 1 ORDER BY 1') == [
        (number, 1) for number in range(ACTIONS)
    ]
    told = states(office)
    assert {number: (one["state"], one.get("value")) for number, one in told.items()} == {
        str(number): ("SUCCESS", number) for number in range(ACTIONS)
    }
