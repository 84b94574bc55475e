"""What all roles of a worker share: a thread that takes turns until it is told to stop, and outlives a lost
database."""

from __future__ import annotations

import logging
import threading

from django.db import DatabaseError, InterfaceError, connections

logger = logging.getLogger("meanwhile.worker")

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0


class Role:
    """One duty of a worker, in a thread of its own.

    A subclass gives `turn`, one round of its work, which may wait (with a limit, or for something that `interrupt`
    ends).
    """

    name = "role"

    def __init__(self, using: str) -> None:
        self.using = using
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=f"meanwhile-{self.name}", daemon=True)

    def start(self) -> None:
        """Start the role's thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the role to end after its present turn."""
        self.stopping.set()
        self.interrupt()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of the role's thread; say whether it ended in time."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def turn(self) -> None:
        """Do one round of the role's work."""
        raise NotImplementedError

    def finish(self) -> None:
        """Do what is left to do when the role ends."""

    def interrupt(self) -> None:
        """End the wait of the present turn, if it waits."""

    def _loop(self) -> None:
        pause = FIRST_PAUSE
        while not self.stopping.is_set():
            try:
                keep_open(self.using)
                self.turn()
                pause = FIRST_PAUSE
            except (DatabaseError, InterfaceError) as error:
                self._complain(error, again=pause > FIRST_PAUSE)
                self._recover(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            except Exception:
                logger.exception("A role of the worker raised; it goes on.", extra={"role": self.name})
                self._recover(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        try:
            self.finish()
        except (DatabaseError, InterfaceError) as error:
            self._complain(error, again=False)
        connections.close_all()

    def _complain(self, error: Exception, *, again: bool) -> None:
        """Log a lost database once, and in detail only for those who debug; unmigrated tables are the usual reason at
        first."""
        logger.log(
            logging.DEBUG if again else logging.WARNING,
            "The database does not serve the worker, which keeps trying (is it up, was `manage.py migrate` run?): %s",
            error,
            extra={"role": self.name},
        )

    def _recover(self, pause: float) -> None:
        connections.close_all()
        self.stopping.wait(pause)


def keep_open(using: str) -> None:
    """Keep this thread's connection to the queue's database from job to job, whatever CONN_MAX_AGE says for requests.

    Opening one costs more than a whole job; one that broke is noticed by its error and opened anew.
    """
    connection = connections[using]
    if connection.connection is None:
        connection.ensure_connection()
        connection.close_at = None
