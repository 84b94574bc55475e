"""What can go wrong in the Studio. Each error's text is for the person at the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from meanwhile.exceptions import MeanwhileError
from meanwhile.texts import gettext as _

if TYPE_CHECKING:
    from meanwhile.studio.problems import Found


class StudioError(MeanwhileError):
    """Catch this to catch every error of the Studio."""


class EditProblem(StudioError):
    """The document can't be changed like this: ``message`` says why, and nothing was changed."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class EditConflict(StudioError):
    """Somebody else has changed the draft since it was read: show theirs (``document``), and do the change anew.

    ``by`` is the person's name (empty if it is not known), ``at`` when, ``revision`` the number of the newer state.
    """

    def __init__(self, by: str, at: datetime, revision: int, document: dict[str, Any]) -> None:
        super().__init__(by, at, revision)
        self.by, self.at, self.revision, self.document = by, at, revision, document

    def __str__(self) -> str:
        who = self.by or _("Somebody else")
        return _("%(who)s has changed this tree meanwhile. Your change was not made; nothing was overwritten.") % {
            "who": who
        }


class KeyIsTaken(StudioError):
    """Another tree has the key of what is imported: put it into that one's draft, or give it a key of its own.

    ``document`` is what was to be imported, with that key.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(document)
        self.document = document

    def __str__(self) -> str:
        return _("Another tree has the key “%(key)s”.") % {"key": self.document["key"]}


class NotPublishable(StudioError):
    """Mend the errors it lists (``problems``) and publish again: nothing was published."""

    def __init__(self, problems: Sequence[Found]) -> None:
        super().__init__(problems)
        self.problems = list(problems)

    def __str__(self) -> str:
        lines = [f"{found.path}: {found.message}" if found.path else found.message for found in self.problems]
        return "\n".join([_("The tree has errors and was not published:"), *lines])


class NothingToPublish(StudioError):
    """Change the draft first: it says what the published version says."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return _("The draft says the same as version %(number)s, which is published.") % {"number": self.number}


class Refused(StudioError):
    """Mend the errors it lists (``problems``) first: the draft can't be read, or reaches for what is closed to it."""

    def __init__(self, problems: Sequence[Found]) -> None:
        super().__init__(problems)
        self.problems = list(problems)

    def __str__(self) -> str:
        return "\n".join(f"{found.path}: {found.message}" if found.path else found.message for found in self.problems)


class TimeIsUp(StudioError):
    """It took longer than a page may take: try a smaller part, or raise the limit in the settings."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds

    def __str__(self) -> str:
        return _("It was given up after %(seconds)g seconds.") % {"seconds": self.seconds}
