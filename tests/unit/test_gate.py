"""The gate before a database that has one writer."""

from __future__ import annotations

import threading
import time

from meanwhile.queue.worker.gate import Gate

HELD = 0.05


def test_the_time_before_the_gate_is_told_to_the_one_who_waited_and_once() -> None:
    gate = Gate()
    waited: list[float] = []

    def second() -> None:
        with gate():
            pass
        waited.extend([gate.waited(), gate.waited()])

    with gate():
        thread = threading.Thread(target=second, daemon=True)
        thread.start()
        time.sleep(HELD)
    thread.join(10)

    assert waited[0] > HELD / 2
    assert waited[1] == 0
    assert gate.waited() == 0


def test_who_enters_again_does_not_wait_for_himself() -> None:
    gate = Gate()
    with gate(), gate():
        pass
    assert gate.waited() == 0
