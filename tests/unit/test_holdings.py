"""Who gets the next job of those that a worker holds."""

from __future__ import annotations

import threading

import pytest

from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.worker.slots import Bench, Few, Holdings

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


def started(holdings: Holdings, few: Few | None, taken: list[int | None]) -> threading.Thread:
    """Start a thread that takes a job as soon as it may; ``taken`` gets the job's number, or None."""

    def take() -> None:
        found = holdings.take(LONG, few=few)
        taken.append(found and found.id)

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("enough", [1, 2, 3])
def test_a_few_threads_that_are_quick_get_the_next_jobs_as_well(enough: int) -> None:
    holdings, few = Holdings(), Few(enough, LONG)
    holdings.add([job(number) for number in range(1, enough + 2)], low=0)
    taken_first = [holdings.take(0.0, few=few) for _ in range(enough)]
    taken: list[int | None] = []
    one_more = started(holdings, few, taken)
    sat_down(holdings._work, holdings._lock, 1)

    assert taken_first[0] is not None
    holdings.done(taken_first[0], settled=True)
    following = holdings.take(0.0, few=few)

    assert following is not None
    assert following.id == enough + 1
    holdings.wake_all()
    one_more.join(LONG)
    assert taken == [None]


@pytest.mark.parametrize(("few", "woken"), [(None, 4), (Few(3, LONG), 2), (Few(1, LONG), 0), (Few(1, 0.0), 1)])
def test_new_jobs_wake_a_thread_each_or_those_that_are_missing_of_a_few(few: Few | None, woken: int) -> None:
    holdings, called = Holdings(), []
    holdings.add([job(1)], low=0)
    holdings.take(0.0)
    waiters = []
    for number in range(1, 6):
        waiters.append(Waiter(f"{number}", holdings._work, holdings._lock, called))
        sat_down(holdings._work, holdings._lock, number)

    holdings.add([job(number) for number in range(2, 6)], low=0, few=few)

    with holdings._lock:
        assert len(holdings._work._waiting) == 5 - woken
    holdings.wake_all()
    for waiter in waiters:
        waiter.join(LONG)


@pytest.mark.parametrize("few", [None, Few(1, LONG)])
def test_a_line_that_does_not_move_is_given_to_another_thread(few: Few | None) -> None:
    holdings = Holdings()
    holdings.add([job(1), job(2)], low=0)
    holdings.take(0.0)  # and never done
    taken: list[int | None] = []
    other = started(holdings, few, taken)
    if few:
        sat_down(holdings._work, holdings._lock, 1)
        holdings.nudge(0.001, has_room=lambda: False)
    other.join(LONG)

    assert taken == [2]
