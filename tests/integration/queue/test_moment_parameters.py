"""A moment is written as Django writes it, whichever zone it is in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from meanwhile.queue import sql

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        NOON.replace(microsecond=5),
        NOON.astimezone(ZoneInfo("Europe/Berlin")),
        NOON.astimezone(timezone(timedelta(hours=-3))),
    ],
)
def test_a_moment_is_written_as_django_writes_it(moment: datetime) -> None:
    assert sql.moment(connection, moment) == connection.ops.adapt_datetimefield_value(moment)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        sql.moment(connection, NOON.replace(tzinfo=None))
