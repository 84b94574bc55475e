"""Progress that reaches the page while the action still runs, on a server that pulls the answer line by line.

The server's thread can't send a line while it is inside the action. So an action that reports runs in a thread of its
own, on the same database connections, while the server's thread does nothing but hand on what comes.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue

from django.db import connections

from meanwhile.remote import wire
from meanwhile.remote.controller import Report


def with_progress(run: Callable[[Report], bytes], call_id: str) -> Iterator[bytes]:
    """Yield the progress lines of an action as they come, and then its own line, which ``run`` returns."""
    lines: SimpleQueue[bytes | None] = SimpleQueue()
    shared = {alias: connections[alias] for alias in connections}

    def report(fraction: float | None, text: str) -> None:
        lines.put(wire.progress_line(call_id, fraction, text))

    def work() -> None:
        try:
            for alias, connection in shared.items():
                connections[alias] = connection
            lines.put(run(report))
        finally:
            lines.put(None)

    for connection in shared.values():
        connection.inc_thread_sharing()
    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), name="meanwhile action")
    thread.start()
    try:
        while (line := lines.get()) is not None:
            yield line
    finally:
        thread.join()
        for connection in shared.values():
            connection.dec_thread_sharing()
