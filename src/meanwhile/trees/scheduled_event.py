"""The event Scheduled: a time of the calendar or the clock came, for each record of a query or once. Pure.

In JSON: ``{"event": "scheduled", "model": "shop.Booking", "cron": "0 7 * * mon-fri", "where": {…}}``, or ``every`` with
a span instead of ``cron``. `meanwhile.trees.scheduled_times` works the times out.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar
from typing import Literal as OneOf

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, Discriminator, StrictInt, StringConstraints, model_validator
from pydantic import Field as Limited

from meanwhile.actions.base import ModelLabel, label_of
from meanwhile.actions.values import Literal, Name, Now, to_values
from meanwhile.exceptions import TreeDocumentError
from meanwhile.parts import Part, python_only
from meanwhile.texts import gettext as _
from meanwhile.trees.event_parameters import ParameterType, validated
from meanwhile.trees.moment_kinds import When

OCCURRENCE = "occurrence"
"""The one parameter of the event: the moment it was for, which is not quite the one at which its tree runs."""

SOME_MONDAY = datetime.datetime(2024, 1, 1)  # noqa: DTZ001 - of no zone: only whether there is a next one matters
UNITS = ("years", "months", "weeks", "days", "hours", "minutes")
UP_TO = 100_000

FieldValue = Annotated[Literal | Now, Discriminator("value")]
"""What a record of the query is asked for: there is no other record yet whose fields could be meant."""

UnitsOf = Annotated[StrictInt, Limited(ge=0, le=UP_TO)]


class Span(Part):
    """How long it is from one time to the next: ``Span(hours=2)``, ``Span(months=1)``.

    Days and longer are counted on the wall clock of the project's time zone, hours and minutes as they pass.
    """

    tag: ClassVar[str] = ""
    minutes: UnitsOf = 0
    hours: UnitsOf = 0
    days: UnitsOf = 0
    weeks: UnitsOf = 0
    months: UnitsOf = 0
    years: UnitsOf = 0

    @model_validator(mode="after")
    def _is_a_span(self) -> Span:
        if not any(getattr(self, unit) for unit in UNITS):
            raise ValueError(_("needs a span: minutes, hours, days, weeks, months or years above 0"))
        return self

    def units(self) -> dict[str, int]:
        """Return the units that count, by name."""
        return {unit: number for unit in UNITS if (number := getattr(self, unit))}


def _cron(text: str) -> str:
    """Return a cron expression with one blank between its fields. Raises ValueError that says which one is wrong."""
    fields = text.split()
    if not fields:
        return ""
    if len(fields) != len(_field_names()):
        raise ValueError(
            _("takes five fields, minute hour day month weekday, such as “0 7 * * mon-fri”; this has %(n)s")
            % {"n": len(fields)}
        )
    for number, (field, name) in enumerate(zip(fields, _field_names(), strict=True)):
        alone = ["*"] * len(fields)
        alone[number] = field
        if not _is_readable(" ".join(alone)):
            raise ValueError(
                _("“%(text)s” can't be the %(field)s of a cron expression") % {"text": field, "field": name}
            )
    if not _comes(" ".join(fields)):
        raise ValueError(_("there is no such day in these months: it would never come"))
    return " ".join(fields)


def _field_names() -> tuple[str, ...]:
    # Elsewhere a month is part of "the start of the next month", which other languages put into another case.
    return _("minute"), _("hour"), _("day of the month"), _("month of the year"), _("day of the week")


def _is_readable(cron: str) -> bool:
    try:
        CronSim(cron, SOME_MONDAY)
    except (CronSimError, ValueError, TypeError, AssertionError):
        return False
    return True


def _comes(cron: str) -> bool:
    try:
        return next(CronSim(cron, SOME_MONDAY), None) is not None
    except (CronSimError, OverflowError):
        return False


def _span(given: Any) -> Any:
    """Return a timedelta as a span; in JSON there is none."""
    if not isinstance(given, datetime.timedelta):
        return given
    minutes, rest = divmod(given, datetime.timedelta(minutes=1))
    if rest or minutes <= 0:
        raise ValueError(_("must be whole minutes, at least one"))
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return {"days": days, "hours": hours, "minutes": minutes}


class Scheduled(Part):
    """A time came: ``Scheduled(Booking, cron="0 7 * * mon-fri", where={"status": "open"})``.

    With a model the tree runs once for each record of the query; the keys of ``where`` are Django's lookups, all of
    which must hold, and its values are bare ones or `Now`, which is the moment it was for. Without a model it runs
    once, without a record. ``cron`` has five fields in the project's time zone; ``every`` is a `Span` or a timedelta,
    counted from ``starting`` or else from when the tree was first seen.
    """

    tag: ClassVar[str] = "event"
    parameters: ClassVar[dict[str, ParameterType]] = {OCCURRENCE: "datetime"}

    event: OneOf["scheduled"] = "scheduled"
    model: ModelLabel | None = None
    cron: Annotated[str, StringConstraints(max_length=200), AfterValidator(_cron)] = ""
    every: Annotated[Span | None, BeforeValidator(_span)] = None
    starting: When | None = None
    where: dict[Name, FieldValue] = {}

    @python_only
    def __init__(
        self,
        model: Any = None,
        /,
        *,
        cron: str = "",
        every: Span | datetime.timedelta | None = None,
        starting: datetime.datetime | str | None = None,
        where: Mapping[str, Any] | None = None,
    ) -> None:
        given = to_values(where or {}, "Scheduled.where")
        wrong = _("%(kind)s can't be used here: use a bare value or Now()")
        problems = [
            (f"Scheduled.where.{name}", wrong % {"kind": type(value).__name__})
            for name, value in given.items()
            if not isinstance(value, Literal | Now)
        ]
        if problems:
            raise TreeDocumentError(problems)
        self._fill({"model": label_of(model), "cron": cron, "every": every, "starting": starting, "where": given})

    @model_validator(mode="after")
    def _says_when(self) -> Scheduled:
        if bool(self.cron) == (self.every is not None):
            raise ValueError(_("takes one of “cron” and “every”, which say when"))
        if self.cron and self.starting is not None:
            raise ValueError(_("takes “starting” with “every” alone: a cron expression says all of it"))
        if self.where and not self.model:
            raise ValueError(_("takes “where” with a model alone: there are no records to choose from"))
        return self

    def validate_parameters(self, given: Mapping[str, Any], of: str = "") -> dict[str, Any]:
        """Return the moment it was for as a datetime. Raises `ParameterError`; ``of`` is what it calls the tree."""
        return validated(self.parameters, given, of)
