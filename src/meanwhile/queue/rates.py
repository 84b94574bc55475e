"""How many jobs ended lately, and how long they had waited: a few hundred rows tell it, however many there were.

A time is cut into slots. Of each slot the first `SAMPLE` ended jobs are read, from the index of ended jobs; where there
were more, the number of all is estimated from how soon those few had ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections

from meanwhile.queue import sql
from meanwhile.queue.index_order import in_index_order

SAMPLE = 200
"""Jobs of one state that are read for one slot."""

PART = """
    SELECT {number} AS slot, '{state}' AS state, COUNT(*), AVG(wait), MAX(wait), MAX(finished) FROM (
        SELECT finished, CASE WHEN started >= due THEN {wait} END AS wait FROM {table}
        WHERE state = '{state}' AND finished IS NOT NULL AND finished >= %s AND finished < %s
        ORDER BY finished LIMIT {sample}
    ) AS ended_{state}_{number}
"""
WAIT = {
    "postgresql": "EXTRACT(EPOCH FROM (started - due))",
    "sqlite": "(julianday(started) - julianday(due)) * 86400.0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """What ended from ``start`` until before ``end``.

    ``about`` says that the numbers are estimates. ``wait`` is the mean, ``longest`` the longest wait in seconds from
    when a job was due until it was started, of the succeeded jobs that were read, None if there were none. A job that
    was tried again counts in neither, because each try has a due time of its own.
    """

    start: datetime
    end: datetime
    succeeded: int = 0
    failed: int = 0
    about: bool = False
    wait: float | None = None
    longest: float | None = None


def rates(now: datetime, *, slot: timedelta, number: int, using: str) -> list[Slot]:
    """Return so many slots of this length, the last of which holds ``now``; slots begin at whole multiples of their
    length, so that those which are over stay as they are."""
    last = now - (now - datetime.min.replace(tzinfo=UTC)) % slot
    starts = [last - slot * back for back in reversed(range(number))]
    read = _read(starts, slot, using)
    return [_slot(start, slot, now, read.get((index, "succeeded")), read.get((index, "failed"))) for index, start in
            enumerate(starts)]  # fmt: skip


Row = tuple[int, float | None, float | None, datetime]


def _read(starts: list[datetime], slot: timedelta, using: str) -> dict[tuple[int, str], Row]:
    connection = connections[using]
    wait = WAIT["postgresql" if sql.is_postgresql(connection) else "sqlite"]
    parts, parameters = [], []
    for index, start in enumerate(starts):
        for state in ("succeeded", "failed"):
            parts.append(PART.format(number=index, state=state, wait=wait, table=sql.TABLE, sample=SAMPLE))
            parameters += [sql.moment(connection, start), sql.moment(connection, start + slot)]
    with in_index_order(using), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        rows = cursor.fetchall()
    return {
        (index, state): (count, _seconds(mean), _seconds(longest), sql.read_moment(connection, until))
        for index, state, count, mean, longest, until in rows
        if count
    }


def _slot(start: datetime, length: timedelta, now: datetime, succeeded: Row | None, failed: Row | None) -> Slot:
    end = start + length
    over = min(end, now)
    return Slot(
        start=start,
        end=end,
        succeeded=_number(succeeded, start, over),
        failed=_number(failed, start, over),
        about=any(row is not None and row[0] >= SAMPLE for row in (succeeded, failed)),
        wait=succeeded[1] if succeeded else None,
        longest=succeeded[2] if succeeded else None,
    )


def _number(row: Row | None, start: datetime, over: datetime) -> int:
    if row is None:
        return 0
    count, _wait, _longest, until = row
    if count < SAMPLE:
        return count
    share = (until - start) / max(over - start, timedelta(microseconds=1))
    return max(count, round(count / share)) if share > 0 else count


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)
