"""One transaction for one submission, whose failure is always a sentence for the person who pressed Submit."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connections, transaction
from django.utils.translation import gettext as _

from meanwhile.exceptions import ActionFailed, MeanwhileError
from meanwhile.trees.capture_transaction import all_or_nothing
from meanwhile.trees.failed_runs import failed_runs

DATABASE_TROUBLE = (OperationalError, InterfaceError)
"""What Django raises when the database is locked, full, restarting or unreachable."""

logger = logging.getLogger("meanwhile.forms")


class NotSaved(MeanwhileError):
    """Show `user_message` on the form: nothing of the submission was saved."""

    def __init__(self, user_message: str) -> None:
        super().__init__(user_message)
        self.user_message = user_message


class DatabaseTrouble(NotSaved):
    """Show `user_message` and let the person try again: the database could not take the submission."""


@contextmanager
def one_transaction(using: str) -> Iterator[None]:
    """Save all of a submission or nothing (spec: "One rule for the transaction").

    `using` is the alias of the database that the record is saved in. Raises `NotSaved` when a foreground action fails
    and its subclass `DatabaseTrouble` when the database can't take it; any other exception passes through after the
    rollback. Once committed, a submission has succeeded: what an `on_commit` callback raises then is logged.
    """
    phase = _Phase()
    try:
        with all_or_nothing(using):
            transaction.on_commit(phase.committed, using=using)
            yield
            phase.name = "commit"
    except Exception as error:
        if phase.name == "committed":
            logger.exception("A callback failed after a submission was committed", extra={"database": using})
            return
        failed_runs().write()
        if isinstance(error, ActionFailed):
            raise NotSaved(error.user_message) from error
        if isinstance(error, DATABASE_TROUBLE):
            logger.warning("The database refused a submission", exc_info=True, extra={"database": using})
            raise DatabaseTrouble(_trouble_text(using, phase)) from error
        raise


def trouble_text() -> str:
    """Return what a person reads when the database could not take what they sent."""
    return _("Nothing was saved: the database is busy or can't be reached right now. Please try again in a moment.")


class _Phase:
    """How far the transaction got: "inside", "commit" (being committed) or "committed"."""

    def __init__(self) -> None:
        self.name = "inside"

    def committed(self) -> None:
        self.name = "committed"


def _trouble_text(using: str, phase: _Phase) -> str:
    """Return the text for a refused submission, honest about a connection that was lost during the commit itself."""
    connection = connections[using]
    if phase.name == "commit" and connection.vendor != "sqlite" and not connection.is_usable():
        return _(
            "The database went away in the moment of saving, so it isn't certain whether this was saved. "
            "Please look for it before you send it again."
        )
    return trouble_text()
