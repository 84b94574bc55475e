"""Who gets the next job of those that a worker holds."""

from __future__ import annotations

import threading

import pytest

from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.worker.slots import Bench, Holdings

LONG = 10.0  # seconds that no test waits for


def job(number: int) -> ClaimedJob:
    return ClaimedJob(
        id=number, kind="toy", name="", payload={}, priority=0, serial_key="", group="", attempts=0, takeovers=0,
        token=1, steps={},
    )  # fmt: skip


class Waiter(threading.Thread):
    """A thread on a bench; it names itself in ``called`` when it is called."""

    def __init__(self, name: str, bench: Bench, lock: threading.Lock, called: list[str]) -> None:
        super().__init__(name=name, daemon=True)
        self.bench, self.lock, self.called = bench, lock, called
        self.start()

    def run(self) -> None:
        with self.lock:
            self.bench.wait(LONG)
            self.called.append(self.name)


def sat_down(bench: Bench, lock: threading.Lock, number: int) -> None:
    while True:
        with lock:
            if len(bench._waiting) == number:
                return


def test_the_last_to_wait_is_the_first_to_be_called() -> None:
    lock, called = threading.Lock(), []
    bench = Bench(lock)
    waiters = []
    for number, name in enumerate(["first", "second", "third"], 1):
        waiters.append(Waiter(name, bench, lock, called))
        sat_down(bench, lock, number)

    for waiter in reversed(waiters):
        with lock:
            bench.notify()
        waiter.join(LONG)

    assert called == ["third", "second", "first"]


def test_a_wait_that_ran_out_leaves_no_place_behind() -> None:
    lock = threading.Lock()
    bench = Bench(lock)
    with lock:
        bench.wait(0.001)
        assert bench._waiting == []


def test_a_thread_that_is_quick_gets_the_next_job_as_well() -> None:
    holdings = Holdings()
    holdings.add([job(1), job(2)], threads=1, low=0)
    first = holdings.take(0.0)
    taken: list[ClaimedJob | None] = []
    other = threading.Thread(target=lambda: taken.append(holdings.take(LONG, alone_for=LONG)), daemon=True)
    other.start()
    sat_down(holdings._work, holdings._lock, 1)

    assert first is not None
    holdings.done(first, settled=True)
    second = holdings.take(0.0, alone_for=LONG)

    assert second is not None
    assert second.id == 2
    holdings.wake_all()
    other.join(LONG)
    assert taken == [None]


@pytest.mark.parametrize("alone_for", [0.0, LONG])
def test_a_line_that_does_not_move_is_given_to_another_thread(alone_for: float) -> None:
    holdings = Holdings()
    holdings.add([job(1), job(2)], threads=1, low=0)
    holdings.take(0.0)  # and never done
    taken: list[ClaimedJob | None] = []
    other = threading.Thread(target=lambda: taken.append(holdings.take(LONG, alone_for=alone_for)), daemon=True)
    other.start()
    if alone_for:
        sat_down(holdings._work, holdings._lock, 1)
        holdings.nudge(0.001)
    other.join(LONG)

    assert [one.id for one in taken if one] == [2]
