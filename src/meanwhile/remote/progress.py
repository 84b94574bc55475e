"""Progress on its way to the page: the newest report counts, and a page is told so often as it can show, and the last.

An action may report as often as it likes, for each of a million rows. What is overtaken by a newer report before a page
could have shown it is not sent.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from django.db import connections

from meanwhile.remote import wire
from meanwhile.remote.controller import Report

SECONDS_BETWEEN_LINES: Final = 0.05


class NewestReport:
    """The newest progress of an action that has not been sent. Give it to the action as its `Report`."""

    def __init__(self, call_id: str) -> None:
        self._call_id = call_id
        self._newest: deque[tuple[float | None, str]] = deque(maxlen=1)

    def __call__(self, fraction: float | None, text: str) -> None:
        self._newest.append((fraction, text))

    def take(self) -> bytes | None:
        """Return its line, None if there is nothing new; also while the action reports in another thread."""
        try:
            return wire.progress_line(self._call_id, *self._newest.popleft())
        except IndexError:
            return None


def after_it_ended(run: Callable[[Report], bytes], call_id: str) -> Iterator[bytes]:
    """Yield the last progress of an action, if it reported any, and its own line, which ``run`` returns."""
    newest = NewestReport(call_id)
    line = run(newest)
    if told := newest.take():
        yield told
    yield line


def while_it_runs(run: Callable[[Report], bytes], call_id: str) -> Iterator[bytes]:
    """Yield the progress lines of an action as they come, and then its own line, which ``run`` returns.

    For a server that pulls the answer line by line: its thread can't send a line while it is inside the action. So the
    action runs in a thread of its own, on the same database connections, while the server's thread does nothing but
    hand on what comes.
    """
    newest, lines = NewestReport(call_id), list[bytes]()
    news, ended = threading.Event(), threading.Event()
    shared = {alias: connections[alias] for alias in connections}

    def report(fraction: float | None, text: str) -> None:
        newest(fraction, text)
        news.set()

    def work() -> None:
        try:
            for alias, connection in shared.items():
                connections[alias] = connection
            lines.append(run(report))
        finally:
            ended.set()
            news.set()

    for connection in shared.values():
        connection.inc_thread_sharing()
    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), name="meanwhile action")
    thread.start()
    try:
        while not ended.is_set():
            news.wait()
            news.clear()
            if told := newest.take():
                yield told
                ended.wait(SECONDS_BETWEEN_LINES)
        if told := newest.take():
            yield told
        yield from lines
    finally:
        thread.join()
        for connection in shared.values():
            connection.dec_thread_sharing()


class LoopReport:
    """Reports that an event loop hands on as they come, wherever the action runs. Give it to the action."""

    def __init__(self, call_id: str, loop: asyncio.AbstractEventLoop, put: Callable[[bytes], None]) -> None:
        self._newest = NewestReport(call_id)
        self._loop, self._put = loop, put
        self._lock = threading.Lock()
        self._will_look = False

    def __call__(self, fraction: float | None, text: str) -> None:
        with self._lock:
            self._newest(fraction, text)
            will_look, self._will_look = self._will_look, True
        if not will_look:
            self._loop.call_soon_threadsafe(self._look)

    def last(self) -> bytes | None:
        """Return the line of what has not been handed on when the action has ended."""
        return self._newest.take()

    def _look(self) -> None:
        with self._lock:
            told = self._newest.take()
            self._will_look = told is not None
        if told is not None:
            self._put(told)
            self._loop.call_later(SECONDS_BETWEEN_LINES, self._look)
