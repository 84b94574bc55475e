"""Who waits for the foreground of a tree, in words: the person for the next page, the caller, the sender, or nobody."""

from __future__ import annotations

from dataclasses import dataclass

from meanwhile.texts import gettext as _


@dataclass(frozen=True, slots=True)
class Awaited:
    """What pages say of a foreground. ``reached`` takes ``%(time)s``, ``took`` takes ``%(first)s`` and ``%(all)s``."""

    icon: str
    first: str
    """When it runs."""
    before: str
    nothing: str
    reached: str
    refused: str
    failed: str
    would_fail: str
    here: str
    took: str
    later: str
    """When what stands under Background runs."""


def awaited(event: str) -> Awaited:
    """Return the words for an event of this kind (``saved``, ``called`` …)."""
    match event:
        case "called":
            return Awaited(
                icon="page",
                first=_("at once, before the caller goes on"),
                before=_("Before the caller goes on"),
                nothing=_("Nothing was done before the caller went on."),
                reached=_("The caller went on after %(time)s"),
                refused=_("The caller got the error"),
                failed=_("It failed before the caller went on: nothing of it was kept, and nothing was queued."),
                would_fail=_("It would fail before the caller goes on, and nothing would be saved:"),
                here=_("The caller goes on here"),
                took=_("The caller waited %(first)s. All that was done so far took %(all)s."),
                later=_("in the background, as soon as possible"),
            )
        case "received":
            return Awaited(
                icon="received",
                first=_("at once, before the answer"),
                before=_("Before the answer"),
                nothing=_("Nothing was done before the answer."),
                reached=_("The answer, after %(time)s"),
                refused=_("The sender was told that it failed"),
                failed=_("It failed before the answer: nothing of it was kept, and nothing was queued."),
                would_fail=_("It would fail before the answer, and nothing would be saved:"),
                here=_("The sender gets the answer here"),
                took=_("The sender waited %(first)s. All that was done so far took %(all)s."),
                later=_("after the answer, as soon as possible"),
            )
        case "scheduled":
            return Awaited(
                icon="clock",
                first=_("when its time has come, with nobody waiting for it"),
                before=_("When its time has come"),
                nothing=_("Nothing was done in the foreground."),
                reached=_("All of this was done after %(time)s"),
                refused=_("Nobody waited for it"),
                failed=_("It failed at once: nothing of it was kept, and nothing was queued."),
                would_fail=_("It would fail at once, and nothing would be saved:"),
                here=_("The rest is done in the background"),
                took=_("The first part took %(first)s. All that was done so far took %(all)s."),
                later=_("in the background, as soon as possible"),
            )
        case _:
            return Awaited(
                icon="page",
                first=_("before the next page"),
                before=_("Before the next page"),
                nothing=_("Nothing was done before the page."),
                reached=_("The next page, after %(time)s"),
                refused=_("The person got the form back, with the reason"),
                failed=_("It failed before the page: nothing of it was kept, and nothing was queued."),
                would_fail=_("It would fail before the page, and nothing would be saved:"),
                here=_("The person gets the next page here"),
                took=_("The person waited %(first)s. All that was done so far took %(all)s."),
                later=_("after the page, as soon as possible"),
            )
