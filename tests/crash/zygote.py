"""Start processes of the office in a few milliseconds: a process that has Django set up and forks for each.

Speaks lines of JSON: ``{"call": NAME, "args": […]}`` is answered with the new process's id, ``{"wait": PID}`` with its
exit status (negative for the signal that ended it, None if it has not ended within ``seconds``).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from typing import Any


def main() -> None:
    import django

    django.setup()
    from django.urls import get_resolver

    from meanwhile.management.commands import meanwhile_worker  # noqa: F401 - loaded once, before the first fork

    get_resolver().url_patterns  # noqa: B018
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        answer = wait(order["wait"], order["seconds"]) if "wait" in order else spawn(order["call"], order["args"])
        print(json.dumps(answer), flush=True)


def spawn(name: str, args: list[Any]) -> int:
    from tests.crash.office import work

    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        # The wire belongs to the zygote: its child reads nothing and writes to the log.
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        getattr(work, name)(*args)
        status = 0
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def wait(pid: int, seconds: float) -> int | None:
    until = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            return None
        time.sleep(0.002)


if __name__ == "__main__":
    main()
