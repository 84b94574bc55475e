"""Run background jobs in a process of their own."""

from __future__ import annotations

import logging
import os
import signal
import sys
from argparse import ArgumentParser
from queue import Empty, SimpleQueue
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.clock import SystemClock
from meanwhile.queue.worker.supervisor import Worker


class Command(BaseCommand):
    """``manage.py meanwhile_worker``: works until SIGTERM or Ctrl-C, then finishes or hands back what it runs."""

    help = "Runs background jobs until SIGTERM or Ctrl-C; then it finishes or hands back what it runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--threads", type=int, default=None, help="Jobs run at a time (default: the setting THREADS)."
        )
        parser.add_argument("--drain", action="store_true", help="Run what is due now, then stop.")

    def handle(self, *args: Any, threads: int | None, drain: bool, **options: Any) -> None:
        """Work."""
        if threads is not None and not 1 <= threads <= 64:
            raise CommandError(_("--threads takes a number from 1 to 64."))
        if drain:
            from meanwhile.queue import schedule
            from meanwhile.queue.drain import drain as drain_jobs

            schedule.look(clock=SystemClock(), using=conf.get().database)
            done = drain_jobs()
            self.stdout.write(_("%(n)s jobs run.") % {"n": done})
            return
        told: SimpleQueue[None] = SimpleQueue()
        for number in (signal.SIGTERM, signal.SIGINT):
            # Not an Event: its lock may be held by the very code that the signal interrupts.
            signal.signal(number, lambda *_: told.put(None))
        worker = Worker(threads=threads)
        worker.start()
        self.stdout.write(
            _("Working on the jobs of database “%(database)s” with %(threads)s threads; Ctrl-C stops.")
            % {"database": worker.using, "threads": worker.threads}
        )
        self.stdout.flush()
        while not is_told(told, within=0.5):
            if worker.exhausted.is_set():
                worker.stop(grace=0)
                self.stderr.write(
                    self.style.ERROR(
                        _(
                            "Every thread is lost to steps that never returned."
                            " Start the worker again, and give those steps a limit of their own inside."
                        )
                    )
                )
                leave(1)
        clean = worker.stop()
        self.stdout.write(
            _("Stopped.")
            if clean
            else _("Stopped; steps that did not end within %(s)s seconds are taken over.")
            % {"s": conf.get().shutdown_grace}
        )
        if not clean or worker.has_lost_threads:
            leave(0)


def is_told(queue: SimpleQueue[None], *, within: float) -> bool:
    """Wait up to so many seconds for a signal, and say whether one came."""
    try:
        queue.get(timeout=within)
    except Empty:
        return False
    return True


def leave(status: int) -> NoReturn:
    """End this process at once: Python would wait for threads that never return, such as those of coroutines."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)
