"""The worker of a web process that is told to end while it starts; real processes are tested under tests/crash."""

from __future__ import annotations

import subprocess
import sys

from django.core import mail

from meanwhile.queue import autostart

KILLED_WHILE_STARTING = """
import faulthandler, os, signal
faulthandler.dump_traceback_later(20, exit=True)
import django
django.setup()
from meanwhile.queue.autostart import Autostart
from meanwhile.queue.worker.supervisor import Worker

log = []
Worker.start = lambda worker: os.kill(os.getpid(), signal.SIGTERM)
Worker.stop = lambda worker, grace=None: log.append("stopped")
signal.signal(signal.SIGTERM, lambda *_: log.append("server"))
it = Autostart()
it._stop_on_sigterm()
it.start()
assert log[0] == "stopped" and "server" in log, log
it.start()
it._on_request()
assert it.worker is None, "started again"
print("went on")
"""


def test_sigterm_while_the_worker_starts_ends_it_and_blocks_nothing():
    done = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_STARTING],
        env={**autostart.os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "went on\n"), done.stderr


def test_a_site_with_a_mailbox_in_memory_is_no_test(monkeypatch):
    assert autostart.in_tests()
    monkeypatch.delattr("django.test.utils._TestState.saved_data")
    assert hasattr(mail, "outbox")
    assert not autostart.in_tests()
