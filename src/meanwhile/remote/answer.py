"""The streamed answer, pulled by a WSGI server or awaited by an ASGI one.

Both do all of the work, also when the person closes the page in the middle: what was sent was meant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from asgiref.sync import sync_to_async
from django.db import connections

from meanwhile.remote import wire
from meanwhile.remote.perform import is_native, perform_natively
from meanwhile.remote.progress import LoopReport
from meanwhile.remote.work import Step, Work

Reporter = Callable[[Step], LoopReport]
Emit = Callable[[bytes, LoopReport], None]


class SyncAnswer:
    """Lines for a server that pulls them from the thread that runs the actions."""

    def __init__(self, work: Work) -> None:
        self._lines = work.lines()

    def __iter__(self) -> SyncAnswer:
        return self

    def __next__(self) -> bytes:
        return next(self._lines)

    def close(self) -> None:
        """Do what is left; Django calls it when the answer has ended in whatever way."""
        for _line in self._lines:
            pass


class AsyncAnswer:
    """Lines for a server that awaits them. The actions run beside it in a task of their own.

    Actions in a row that need a thread share one visit to the request's thread; an ``async def`` action without a
    transaction is awaited on the event loop.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._is_left = False

    def __aiter__(self) -> AsyncAnswer:
        return self

    async def __anext__(self) -> bytes:
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        line = await self._lines.get()
        if line is None:
            await self._task
            raise StopAsyncIteration
        return line

    def close(self) -> None:
        """Let the work be done to its end without anybody who waits; Django calls it in the request's thread."""
        if self._task is not None:
            self._is_left = True
            return
        for _line in self._work.lines():
            pass

    async def _run(self) -> None:
        loop, put = asyncio.get_running_loop(), self._lines.put_nowait

        def reporter(step: Step) -> LoopReport:
            return LoopReport(step.call.id, loop, put)

        def emit(line: bytes, report: LoopReport) -> None:
            """Hand on the line of an action that has ended, from whatever thread, behind its last progress."""
            for part in (report.last(), line):
                if part is not None:
                    loop.call_soon_threadsafe(put, part)

        try:
            try:
                await self._begin()
                for native, steps in _stretches(self._work.steps):
                    run = self._run_natively if native else sync_to_async(self._run_here)
                    await run(steps, reporter, emit)
            finally:
                await sync_to_async(self._finish)()
            put(wire.END)
        finally:
            put(None)

    async def _begin(self) -> None:
        if self._work.has_place:
            await sync_to_async(self._work.begin)()
        else:
            self._work.begin()

    async def _run_natively(self, steps: list[Step], reporter: Reporter, emit: Emit) -> None:
        for step in steps:
            assert step.bound is not None
            report = reporter(step)
            emit(await perform_natively(step.bound, step.call, self._work.request, report), report)

    def _run_here(self, steps: list[Step], reporter: Reporter, emit: Emit) -> None:
        for step in steps:
            report = reporter(step)
            emit(self._work.line(step, report), report)

    def _finish(self) -> None:
        self._work.finish()
        if self._is_left:  # Django closes the connections of a request's thread, but it has gone on without us
            connections.close_all()


def _stretches(steps: list[Step]) -> list[tuple[bool, list[Step]]]:
    """Return the steps in order, those in a row that run in the same way together: (on the event loop?, steps)."""
    found: list[tuple[bool, list[Step]]] = []
    for step in steps:
        native = step.bound is not None and is_native(step.bound)
        if found and found[-1][0] == native:
            found[-1][1].append(step)
        else:
            found.append((native, [step]))
    return found
