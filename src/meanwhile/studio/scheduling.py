"""What the editor tells of a scheduled tree while it is written: its next times, and for how many records it fires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldError, PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic import ValidationError as Unreadable

from meanwhile import conf
from meanwhile.parts import problems_of
from meanwhile.studio import access
from meanwhile.studio.access_check import query_problems
from meanwhile.studio.bounds import check_depth
from meanwhile.studio.edit import EVERY_MORNING, OF_TIMES
from meanwhile.studio.errors import EditProblem, TimeIsUp
from meanwhile.studio.record_links import may_see
from meanwhile.studio.taken_back import reading
from meanwhile.studio.time_limit import limited
from meanwhile.trees.runner import current_clock
from meanwhile.trees.scheduled import next_times, project_zone
from meanwhile.trees.scheduled_event import Scheduled
from meanwhile.trees.scheduled_query import records_of
from meanwhile.trees.scheduled_wording import schedule_in_words

MOST_SHOWN = 5
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class Coming:
    """``text`` are the times in words, or what is wrong with them; ``times`` are the next ones."""

    text: str
    times: list[str]
    complete: bool


def coming(times: Mapping[str, Any], *, now: datetime) -> Coming:
    """Return the next times of what an editor has in ``on.times``."""
    given = {name: value for name, value in times.items() if name in OF_TIMES}
    try:
        on = Scheduled.model_validate({"event": "scheduled", **given})
    except Unreadable as error:
        return Coming("; ".join(dict.fromkeys(text for _path, text in problems_of(error, given))), [], complete=False)
    zone = project_zone()
    found = [date_format(timezone.localtime(one, zone), "DATETIME_FORMAT") for one in _next(on, now)]
    return Coming(schedule_in_words(on.as_json()), found, complete=True)


def _next(on: Scheduled, now: datetime) -> list[datetime]:
    return list(next_times(on, now=now, most=MOST_SHOWN))


def would_fire(label: str, where: Mapping[str, Any], *, by: Any = None) -> str:
    """Return in words for how many records of a type the tree would fire now; it takes at most
    ``STUDIO_MATCHING_SECONDS``.

    Raises `EditProblem` for rules that are not right yet or ask for what is closed, `PermissionDenied` for a person who
    may not see records of this type.
    """
    model = access.find_model(label)
    if model is None or not access.is_record_type(label):
        raise EditProblem(_("There is no record type “%(model)s” in the Studio.") % {"model": label})
    if by is not None and not may_see(by, model):
        text = _("You may not see records of the type “%(model)s”.")
        raise PermissionDenied(text % {"model": model._meta.verbose_name})
    check_depth(where)
    try:
        on = Scheduled.model_validate({"event": "scheduled", "model": label, "cron": EVERY_MORNING, "where": where})
    except (Unreadable, RecursionError):
        raise EditProblem(_("The rules are not complete yet.")) from None
    if closed := query_problems(on.where, model):
        raise EditProblem(closed[0].message)
    number = _count(on)
    if number is None:
        return _("There are too many records to count them in time.")
    facts = {"n": number_format(min(number, MOST_COUNTED), force_grouping=True)}
    if number > MOST_COUNTED:
        return _("would fire for more than %(n)s records now") % facts
    return ngettext("would fire for %(n)s record now", "would fire for %(n)s records now", number) % facts


def _count(on: Scheduled) -> int | None:
    using, seconds = conf.get().database, conf.get().studio_matching_seconds
    try:
        records = records_of(on, current_clock().now(), using=using).order_by()
        with reading(using), limited(seconds, using=using):
            return records[: MOST_COUNTED + 1].count()
    except TimeIsUp:
        return None
    except (FieldError, ValueError, TypeError, OverflowError, ValidationError):
        raise EditProblem(_("The rules are not complete yet.")) from None
