"""When a scheduled tree fires, in words that people read, also of a half-done event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django.utils import formats
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meanwhile.trees.condition_wording import lookups_in_words
from meanwhile.trees.field_wording import Naming, type_in_words
from meanwhile.trees.wording import NOT_YET, UNITS, span_in_words

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""As cron counts them: Sunday is 0 and 7."""

MONTHS_OF_CRON = ("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS_OF_CRON = frozenset({"mon-fri", "1-5"})

EACH_UNIT: Mapping[str, Any] = {
    "minutes": gettext_lazy("every minute"),
    "hours": gettext_lazy("every hour"),
    "days": gettext_lazy("every day"),
    "weeks": gettext_lazy("every week"),
    "months": gettext_lazy("every month"),
    "years": gettext_lazy("every year"),
}


def scheduled_in_words(event: Mapping[str, Any]) -> str:
    """Return when an event fires and for what: ``every weekday at 07:00, for each booking (status is “open”)``."""
    when, model = schedule_in_words(event), str(event.get("model") or "")
    if not model:
        return when
    where = lookups_in_words(event.get("where"), Naming(model), model)
    facts = {"when": when, "record": type_in_words(model)}
    return _("%(when)s, for each %(record)s") % facts + (f" ({where})" if where else "")


def schedule_in_words(event: Mapping[str, Any]) -> str:
    """Return the times of an event: ``every weekday at 07:00``, ``every 2 hours``."""
    every = event.get("every")
    if isinstance(every, Mapping):
        return _every(every) + _starting(event.get("starting"))
    cron = event.get("cron")
    return cron_in_words(cron) if isinstance(cron, str) and cron else NOT_YET


def cron_in_words(cron: str) -> str:
    """Return a cron expression in words where it is a usual one, and as it is where not."""
    fields = cron.lower().split()
    return (_words(*fields) if len(fields) == 5 else "") or _("at the times “%(cron)s”") % {"cron": cron}


def _words(minute: str, hour: str, day: str, month: str, weekday: str) -> str:
    if (day, month, weekday) == ("*", "*", "*") and hour == "*":
        return _within_hours(minute)
    if not (minute.isdecimal() and hour.isdecimal() and int(hour) < 24 and int(minute) < 60):
        return ""
    at = {"time": formats.time_format(time(int(hour), int(minute)), "TIME_FORMAT")}
    match day, month, weekday:
        case "*", "*", "*":
            return _("every day at %(time)s") % at
        case "*", "*", days if days in WEEKDAYS_OF_CRON:
            return _("every weekday at %(time)s") % at
        case "*", "*", days if names := _days(days):
            return _("every %(days)s at %(time)s") % {**at, "days": names}
        case "l", "*", "*":
            return _("on the last day of every month at %(time)s") % at
        case number, "*", "*" if number.isdecimal():
            return _("on day %(day)s of every month at %(time)s") % {**at, "day": int(number)}
        case number, name, "*" if number.isdecimal() and (months := _month(name)):
            return _("every year on day %(day)s of %(month)s at %(time)s") % {**at, "day": int(number), "month": months}
        case _:
            return ""


def _within_hours(minute: str) -> str:
    if minute == "*":
        return str(EACH_UNIT["minutes"])
    if minute.isdecimal():
        return _("every hour at minute %(minute)s") % {"minute": int(minute)}
    if minute.startswith("*/") and minute[2:].isdecimal() and 0 < int(minute[2:]) < 60 and 60 % int(minute[2:]) == 0:
        return _every({"minutes": int(minute[2:])})
    return ""


def _days(days: str) -> str:
    """Return the names of days such as ``mon,fri``, empty for anything else."""
    known = [_place(day, DAYS) for day in days.split(",")]
    if None in known:
        return ""
    return _(" and ").join(str(WEEKDAYS[(day - 1) % 7]) for day in known if day is not None)


def _month(name: str) -> str:
    found = _place(name, MONTHS_OF_CRON)
    return str(MONTHS[found]) if found else ""


def _place(name: str, names: tuple[str, ...]) -> int | None:
    if name.isdecimal():
        return int(name) if int(name) < len(names) else None
    return names.index(name) if name and name in names else None


def _every(every: Mapping[str, Any]) -> str:
    given = {unit: number for unit in UNITS if isinstance(number := every.get(unit), int) and number}
    if list(given.values()) == [1]:
        return str(EACH_UNIT[next(iter(given))])
    return _("every %(span)s") % {"span": span_in_words(every) or NOT_YET}


def _starting(starting: Any) -> str:
    if not starting:
        return ""
    try:
        words = formats.date_format(datetime.fromisoformat(str(starting)), "DATETIME_FORMAT")
    except ValueError:
        words = str(starting)
    return _(", from %(moment)s on") % {"moment": words}
