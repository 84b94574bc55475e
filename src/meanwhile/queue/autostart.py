"""Start a worker inside each web process, and in no other process.

A process is a web process when it made the site's WSGI or ASGI application, is the serving child of ``runserver``, or
has got a request. The worker starts a moment after the application is made, so that a server which loads the site and
then forks (gunicorn ``--preload``) has its children start their own; the first request is the fallback. Management
commands and tests never start one.
"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import sys
import threading
import traceback
from multiprocessing.util import Finalize
from types import FrameType
from typing import TYPE_CHECKING, Any

from django.core.signals import request_started

from meanwhile import conf

if TYPE_CHECKING:
    from meanwhile.queue.worker.supervisor import Worker

logger = logging.getLogger("meanwhile.worker")

SHORT_GRACE = 2.0
"""Seconds that a server with a shutdown of its own is kept waiting for the worker's steps."""

SITE_MAKERS = frozenset({"get_wsgi_application", "get_asgi_application"})

START_AFTER = 0.5
"""Seconds between the making of the application and the start of its worker."""


class Autostart:
    """The worker of this web process: started once, forgotten over a fork, stopped at the end of the process."""

    def __init__(self) -> None:
        self.worker: Worker | None = None
        self._served = False
        self._timer: threading.Timer | None = None
        self._stopped = False
        # SIGTERM may come to the very thread that holds it, inside `start`.
        self._lock = threading.RLock()

    def arm(self) -> None:
        """Begin to look out for the signs of a web process; called once, when the app is ready."""
        if not conf.get().autostart:
            return
        request_started.connect(self._on_request, dispatch_uid="meanwhile.autostart")
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self._before_fork, after_in_child=self._after_fork)
        atexit.register(self._end)
        # A process made by multiprocessing (as granian does) ends without atexit.
        Finalize(None, self._end, exitpriority=100)
        if makes_a_site():
            self._stop_on_sigterm()
            self._schedule()

    def start(self) -> None:
        """Start the worker, unless it runs or the process runs tests."""
        with self._lock:
            if self.worker is not None or self._has_ended() or in_tests():
                return
            from meanwhile.queue.worker.supervisor import Worker

            worker = self.worker = Worker()
            worker.start()
            if self._has_ended():  # by a signal while it started
                worker.stop(SHORT_GRACE)

    def stop(self, grace: float | None = None) -> None:
        """Stop the worker, if there is one; its jobs end within ``grace`` seconds or are handed back."""
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            worker, self.worker = self.worker, None
        if worker is not None:
            try:
                worker.stop(grace)
            except Exception:
                logger.exception("The worker did not stop cleanly; its jobs are taken over by the next one.")

    def _end(self, grace: float | None = None) -> None:
        """Stop the worker for good: the process ends."""
        self._stopped = True
        self.stop(grace)

    def _has_ended(self) -> bool:
        return self._stopped

    def _stop_on_sigterm(self) -> None:
        """Stop the worker when SIGTERM comes, before whatever else it does.

        Needed for servers that leave the signal to the system (waitress, ``runserver --noreload``) or raise it anew
        when they have shut down (uvicorn): the process then ends without its exit handlers. Servers that set a
        handler later win.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        before = signal.getsignal(signal.SIGTERM)
        if before is signal.SIG_IGN or before is None:
            return

        def on_sigterm(number: int, frame: FrameType | None) -> None:
            if callable(before):
                self._end(SHORT_GRACE)
                before(number, frame)
            else:
                self._end()
                signal.signal(number, signal.SIG_DFL)
                signal.raise_signal(number)

        signal.signal(signal.SIGTERM, on_sigterm)

    def _schedule(self) -> None:
        self._timer = threading.Timer(START_AFTER, self.start)
        self._timer.daemon = True
        self._timer.start()

    def _on_request(self, **_: Any) -> None:
        if not self._served and not self._has_ended() and not in_tests():
            self._served = True
            self.start()

    def _before_fork(self) -> None:
        if not self._served and (self.worker is not None or self._timer is not None):
            self.stop()

    def _after_fork(self) -> None:
        from django.apps import apps

        was_armed = self._timer is not None and not self._served
        self.worker, self._served, self._lock = None, False, threading.RLock()
        apps.get_app_config("meanwhile").workers.clear()  # type: ignore[attr-defined]
        self._stopped = False
        if was_armed:
            self._schedule()


def makes_a_site() -> bool:
    """Say whether the site is being loaded to serve it: by its WSGI or ASGI application, or by ``runserver``'s
    serving process."""
    if any(frame.f_code.co_name in SITE_MAKERS for frame, _line in traceback.walk_stack(None)):
        return True
    if "runserver" not in sys.argv[1:2]:
        return False
    return os.environ.get("RUN_MAIN") == "true" or "--noreload" in sys.argv


def in_tests() -> bool:
    """Say whether Django's test environment is set up in this process."""
    utils = sys.modules.get("django.test.utils")
    return utils is not None and hasattr(utils._TestState, "saved_data")  # noqa: SLF001 - the one sign there is
