"""What the scripts of the pages say; NAME and the like stand for what they put in."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def page_texts() -> dict[str, str]:
    """Return the texts of all scripts in the language of the request."""
    return {**_of_any_page(), **_of_airports(), **_of_echo(), **_of_reports()}


def _of_any_page() -> dict[str, str]:
    return {
        "noConnection": _("No connection to the server."),
        "loggedOut": _("You have been logged out. Log in, and try again."),
    }


def _of_airports() -> dict[str, str]:
    return {
        "oneAirport": _("1 airport"),
        "airports": _("NUMBER airports"),
        "noAirport": _("No airport begins with “TEXT”."),
        "searchFailed": _("The search failed: REASON"),
    }


def _of_echo() -> dict[str, str]:
    return {"allBack": _("All NUMBER came back after SECONDS s")}


def _of_reports() -> dict[str, str]:
    return {
        "byRow": _("All seats, row by row"),
        "byFlight": _("All seats, flight by flight"),
        "WAITING": pgettext("report", "waiting"),
        "RUNNING": pgettext("report", "in progress"),
        "SUCCESS": pgettext("report", "done"),
        "ERROR": pgettext("report", "failed"),
        "CANCELLED": pgettext("report", "cancelled"),
        "summary": _("TAKEN seats of FLIGHTS flights are taken, WHEN"),
        "notCancelled": _("Not cancelled: REASON"),
        "notShown": _("Your reports can’t be shown: REASON"),
        "flight": _("Flight"),
        "seats": _("Seats"),
        "taken": pgettext("seats", "Taken"),
        "worth": _("Worth"),
    }
