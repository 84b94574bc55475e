"""The kinds of moments of a Delay: now, a date and time, the next day, a date field; earlier or later by a span. Pure.

In JSON each moment says what it is: ``{"at": "before", "base": {"at": "field", "field": "starts"}, "days": 2}``.
`meanwhile.trees.moments` works them out.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Annotated, Any, ClassVar, TypeVar
from typing import Literal as OneOf

from pydantic import AfterValidator, BeforeValidator, Discriminator, StrictInt, model_validator
from pydantic import Field as Limited

from meanwhile.actions.values import FieldPath
from meanwhile.exceptions import TreeDocumentError
from meanwhile.parts import Part
from meanwhile.texts import gettext as _

Span = Annotated[StrictInt, Limited(ge=0, le=1_000_000_000)]
Unit = OneOf["day", "month", "year"]


class _Moment(Part):
    tag: ClassVar[str] = "at"


_AMoment = TypeVar("_AMoment", bound=_Moment)


class RightNow(_Moment):
    """The moment at which the Delay is reached."""

    at: OneOf["now"] = "now"


def _from_text(value: Any) -> Any:
    """Read ISO text alone: numbers would be taken for seconds since 1970."""
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    if isinstance(value, datetime):
        return value
    raise ValueError(_("must be a date and time such as “2026-05-01T08:30”"))


def _with_offset(value: datetime) -> datetime:
    """Keep what JSON keeps of a zone: the offset at this moment, in whole minutes."""
    offset = value.utcoffset()
    if offset is None:
        return value.replace(fold=0)
    if offset.seconds % 60 or offset.microseconds:  # a local time of the days before standard time
        try:
            value, offset = (value - offset).replace(tzinfo=UTC), timedelta(0)
        except OverflowError:
            raise ValueError(_("is outside the calendar")) from None
    return value.replace(tzinfo=timezone(offset), fold=0)


When = Annotated[datetime, BeforeValidator(_from_text), AfterValidator(_with_offset)]
"""A date and time, in JSON as ISO text; one without an offset is in the project's time zone."""


class DateTime(_Moment):
    """A date and time; one without an offset is in the project's time zone."""

    at: OneOf["datetime"] = "datetime"
    when: When


class StartOfNext(_Moment):
    """The start of the day, month or year that follows, in the project's time zone."""

    at: OneOf["start_of_next"] = "start_of_next"
    unit: Unit


class DateField(_Moment):
    """The date, or date and time, that a field of the record holds; a date is the start of its day."""

    at: OneOf["field"] = "field"
    field: FieldPath


class _Shifted(_Moment):
    base: Moment
    minutes: Span = 0
    hours: Span = 0
    days: Span = 0
    weeks: Span = 0
    months: Span = 0
    years: Span = 0

    @model_validator(mode="after")
    def _is_a_span(self) -> _Shifted:
        if not any((self.minutes, self.hours, self.days, self.weeks, self.months, self.years)):
            raise ValueError(_("needs a span: minutes, hours, days, weeks, months or years above 0"))
        return self


class Before(_Shifted):
    """A span before another moment."""

    at: OneOf["before"] = "before"


class After(_Shifted):
    """A span after another moment."""

    at: OneOf["after"] = "after"


AnyMoment = RightNow | DateTime | StartOfNext | DateField | Before | After
"""Any of the moments, for annotations of functions."""

Moment = Annotated[RightNow | DateTime | StartOfNext | DateField | Before | After, Discriminator("at")]
"""Any of the moments, as a document holds it."""

for _shifted in (_Shifted, Before, After):
    _shifted.model_rebuild()


def now() -> RightNow:
    """Return the moment at which the Delay is reached; ``Delay(now(), …)`` means the same as ``Background(…)``."""
    return RightNow()


def at(when: datetime | str) -> DateTime:
    """Return a date and time, given as a datetime or ISO text; without an offset it is in the project's time zone."""
    return _made(DateTime, when=when)


def start_of_next(unit: Unit) -> StartOfNext:
    """Return the start of the next ``"day"``, ``"month"`` or ``"year"`` in the project's time zone."""
    return StartOfNext(unit=unit)


def field(path: str) -> DateField:
    """Return the date that a field of the record holds: ``field("starts")``."""
    return DateField(field=path)


def before(base: str | AnyMoment, **span: int) -> Before:
    """Return the moment a span before a field's or another moment: ``before("starts", days=2)``.

    The span has ``minutes``, ``hours``, ``days``, ``weeks``, ``months``, ``years``. Days and longer keep the local time
    of day; months and years keep the day of the month where that month has it.
    """
    return _made(Before, base=to_moment(base), **span)


def after(base: str | AnyMoment, **span: int) -> After:
    """Return the moment a span after a field's or another moment; spans as in `before`."""
    return _made(After, base=to_moment(base), **span)


def later(**span: int) -> After:
    """Return the moment a span after the Delay is reached: ``later(hours=3)``; spans as in `before`."""
    return _made(After, base=RightNow(), **span)


def to_moment(given: Any) -> AnyMoment:
    """Return a moment as it is, the name of a field as `field`, a datetime as `at`. Raises `TreeDocumentError`."""
    match given:
        case str():
            return field(given)
        case date():
            return _made(DateTime, when=given)
        case RightNow() | DateTime() | StartOfNext() | DateField() | Before() | After():
            return given
        case _:
            text = _("%(given)r is no moment; use a field's name, now(), at(), before() …")
            raise TreeDocumentError([("moment", text % {"given": given})])


def _made(kind: type[_AMoment], **data: Any) -> _AMoment:
    """Build a moment from what a person gave, whose types are looked at now."""
    return kind(**data)
