"""Progress on its way to a page: as often as it can be shown, whoever tells it, and never behind the result."""

from __future__ import annotations

import threading

import pytest

from meanwhile.remote import Controller, action
from meanwhile.remote.progress import LoopReport
from meanwhile.remote.registry import current, registered

pytestmark = pytest.mark.django_db


class Told:
    """Where an action that runs waits until its page has been told."""

    def __init__(self) -> None:
        self.event = threading.Event()


told = Told()


class WorkController(Controller):
    @action
    def flood(self, of: int) -> str:
        for number in range(of + 1):
            self.progress(number / of, str(number))
        return "done"

    @action
    def by_a_method(self) -> str:
        self._step("half", 0.5)
        assert told.event.wait(20)
        return "done"

    def _step(self, text: str, fraction: float) -> None:
        self._tell(fraction, text)

    def _tell(self, fraction: float, text: str) -> None:
        self.progress(fraction, text)

    @action
    def by_a_function(self) -> str:
        tell(self, 0.25)
        tell(self, 0.75)
        return "done"

    @action
    def fail(self) -> str:
        self.progress(0.5, "half")
        raise RuntimeError


def tell(controller: Controller, fraction: float) -> None:
    controller.progress(fraction, f"{fraction:.0%}")


@pytest.fixture(autouse=True)
def _controllers():
    told.__init__()
    with registered(WorkController):
        yield


def test_a_page_is_told_no_more_than_it_can_show_and_always_the_last(page):
    *progress, last = page.lines(("work.flood", {"of": 2000}))
    assert last == {"id": "1", "state": "SUCCESS", "value": "done"}
    assert 1 <= len(progress) < 100
    assert progress[-1] == {"id": "1", "progress": 1.0, "text": "2000"}


def test_progress_that_a_method_of_the_controller_tells_arrives_while_the_action_runs(page):
    lines = iter(page.send(("work.by_a_method", {})))
    assert next(lines) == b'{"id":"1","progress":0.5,"text":"half"}\n'
    told.event.set()
    assert b"SUCCESS" in next(lines)


def test_progress_that_nobody_could_foresee_arrives_before_the_result(page):
    assert not current().get("work.by_a_function").reports
    assert page.lines(("work.by_a_function", {})) == [
        {"id": "1", "progress": 0.75, "text": "75%"},
        {"id": "1", "state": "SUCCESS", "value": "done"},
    ]


def test_progress_of_an_action_that_fails_comes_before_its_error(page):
    progress, last = page.lines(("work.fail", {}))
    assert progress == {"id": "1", "progress": 0.5, "text": "half"}
    assert last["state"] == "ERROR"


class Loop:
    """An event loop whose clock stands."""

    def __init__(self) -> None:
        self.soon: list = []
        self.later: list = []

    def call_soon_threadsafe(self, do):
        self.soon.append(do)

    def call_later(self, seconds, do):
        self.later.append((seconds, do))

    def turn(self):
        for do in [self.soon.pop(0) for _ in list(self.soon)]:
            do()

    def wait(self):
        for _seconds, do in [self.later.pop(0) for _ in list(self.later)]:
            do()


def test_a_loop_looks_once_for_many_reports_and_again_after_a_pause():
    loop, lines = Loop(), []
    report = LoopReport("1", loop, lines.append)
    for number in range(100):
        report(number / 100, str(number))
    assert len(loop.soon) == 1
    loop.turn()
    report(0.5, "new")
    report(0.6, "newer")
    assert (len(lines), loop.soon, len(loop.later)) == (1, [], 1)
    loop.wait()
    assert b"99" in lines[0]
    assert b"newer" in lines[1]
    loop.wait()  # nothing new: it sleeps
    assert loop.later == []
    report(None, "awake")
    loop.turn()
    assert b"awake" in lines[2]
    assert report.last() is None
