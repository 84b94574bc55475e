"""A history of any length and a queue of any length, each filled by one statement, as a site has them after a while.

Runs: over 90 days, of twenty trees on three types of record, 50,000 records and 200 people; 96 of 100 succeeded. Four
of ten are of one tree; another was frequent until 36 days ago. One tree and one person have a few runs only,
all in the first third of the time; one tree has been there since the first hundredth of it. Jobs: two of three wait
for a later day, the others are due; one of a hundred is held back behind another one of its record.

It is filled in two parts: statistics taken between them know nothing of the new tree, and of no job that waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import connection

from benchmarks.inside.claim import SERIES
from benchmarks.shop.trees import COMMON, FORMER, NEW, OTHERS, RARE
from meanwhile.clock import SystemClock
from meanwhile.trees import registry
from meanwhile.trees.versions import ensure_version

DAYS = timedelta(days=90)
RECORDS, PERSONS = 50_000, 200
RARE_PERSON = PERSONS
RARE_RUNS = 30
RUNNING = 16

FOREGROUND = (
    '[{"path": "0", "label": "Update status", "kind": "update_field", "ms": 1.5, "result": {"status": "received"}}]'
)
STEPS = '{"done": {"1.0": {"label": "Update status", "ms": 2.0, "attempts": 1}}}'


@dataclass(frozen=True)
class Dialect:
    """How each database says what is computed for row ``i``: ``moment`` of a number of milliseconds, the ``id`` of a
    run from its milliseconds and number, that id as ``group`` of jobs, and a ``json`` text as a value."""

    moment: str
    id: str
    group: str
    json: str

    def value(self, text: str) -> str:
        """Return a JSON text as a value."""
        return self.json.format(text)


POSTGRES = Dialect(
    moment="to_timestamp(({0}) / 1000.0)",
    id="CAST(lpad(to_hex({0}), 12, '0') || '7' || lpad(to_hex({1} % 4096), 3, '0') || '8' || lpad(to_hex({1}), 15, '0')"
    " AS uuid)",
    group="CAST({0} AS text)",
    json="CAST('{0}' AS jsonb)",
)
SQLITE = Dialect(
    moment="strftime('%Y-%m-%d %H:%M:%f', ({0}) / 1000.0, 'unixepoch')",
    id="printf('%012x7%03x8%015x', {0}, {1} % 4096, {1})",
    group="substr({0}, 1, 8) || '-' || substr({0}, 9, 4) || '-' || substr({0}, 13, 4) || '-' || substr({0}, 17, 4)"
    " || '-' || substr({0}, 21)",
    json="'{0}'",
)

RUNS = """
    INSERT INTO meanwhile_run (id, version_id, tree, event, model, record_pk, actor_pk, actor_name, changes, parent_id,
        depth, state, open_jobs, foreground, error, created, page_at, finished)
    SELECT {id}, version.id, tree, 'saved', model, CAST(record AS {text}), CASE person WHEN 0 THEN '' ELSE
        CAST(person AS {text}) END, CASE person WHEN 0 THEN '' ELSE 'person ' || person END, {changes}, NULL, 1, state,
        CASE state WHEN 'running' THEN 1 ELSE 0 END, {foreground},
        CASE state WHEN 'failed' THEN 'It broke.' ELSE '' END, {created}, {page_at},
        CASE state WHEN 'running' THEN NULL ELSE {finished} END
    FROM (
        SELECT i, at, tree, record, CASE tree WHEN '{common}' THEN 'shop.Order' WHEN '{former}' THEN 'shop.Order'
            WHEN '{rare}' THEN 'shop.Invoice' WHEN '{new}' THEN 'shop.Ticket' ELSE CASE hash % {others} % 3
                WHEN 0 THEN 'shop.Order' WHEN 1 THEN 'shop.Invoice' ELSE 'shop.Ticket' END END AS model,
            CASE WHEN i % {rarely} = 5 AND i * 3 < {n} THEN {rare_person}
                WHEN hash % 10 < 2 THEN 0 ELSE i * 613 % ({persons} - 1) + 1 END AS person,
            CASE WHEN luck < 960 THEN 'succeeded' WHEN luck < 980 THEN 'failed' WHEN luck < 990 THEN 'running'
                WHEN luck < 995 THEN 'cancelled' ELSE 'skipped' END AS state
        FROM (
            SELECT i, hash, luck, at, record, CASE WHEN i % {rarely} = 3 AND i * 3 < {n} THEN '{rare}'
                WHEN share < 40 THEN '{common}' WHEN share < 60 AND i * 10 < {n} * 6 THEN '{former}'
                WHEN share > 94 AND i > {known} THEN '{new}' ELSE 'tree-' || (hash % {others}) END AS tree
            FROM (
                SELECT i, {start} + i * {apart} / {n} AS at, i * 7919 % 9973 AS hash,
                    i * 7907 % 997 * 1000 / 997 AS luck, i * 611953 % 100 AS share, i * 104729 % {records} + 1 AS record
                FROM ({series}) AS numbers WHERE i > {first}
            ) AS drawn
        ) AS treed
    ) AS one JOIN meanwhile_treeversion AS version ON version.key = one.tree
"""

JOBS = """
    INSERT INTO meanwhile_job (kind, name, payload, state, priority, due, held, serial_key, "group", attempts,
        takeovers, steps, progress_text, lease_owner, lease_token, lease_until, created, started, finished, error)
    SELECT 'tree', 'Reminder ' || i, {payload}, '{state}', {priority}, {due}, {held}, {serial_key}, {group}, 0, 0,
        {steps}, '', {owner}, 0, {lease}, {created}, {started}, {finished}, {error}
    FROM (SELECT i, {start} + i * {apart} / {n} AS at FROM ({series}) AS numbers) AS one
"""


def prepare() -> None:
    """Make the trees' versions, the people and the records that the runs will be about."""
    for tree in registry.current().all():
        ensure_version(tree, using="default", clock=SystemClock())
    users = get_user_model()
    users.objects.bulk_create(users(pk=n, username=f"person-{n}") for n in range(1, PERSONS + 1))
    with connection.cursor() as cursor:
        for table in ("order", "invoice", "ticket"):
            cursor.execute(
                f"INSERT INTO shop_{table} (name, status) SELECT 'Paper ' || i, 'new'"
                f" FROM ({_series(RECORDS)}) AS numbers"
            )
        if connection.vendor == "postgresql":
            # What was filled stays without statistics until it is asked for.
            for table in ("meanwhile_run", "meanwhile_job"):
                cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")


def fill_past(n: int, now: str) -> None:
    """Add the first hundredth of ``n`` runs, and of the jobs those that are over or run."""
    end = datetime.fromisoformat(now)
    with connection.cursor() as cursor:
        _runs(cursor, n, (0, n // 100), end)
        _jobs(cursor, "succeeded", n // 10, end)
        _jobs(cursor, "failed", n // 50, end)
        _jobs(cursor, "running", RUNNING, end)


def fill_rest(n: int, now: str) -> None:
    """Add all other runs, and ``n`` jobs that wait."""
    end = datetime.fromisoformat(now)
    with connection.cursor() as cursor:
        _runs(cursor, n, (n // 100, n), end)
        _jobs(cursor, "ready", n, end)


def fill_one(now: str) -> None:
    """Add one run and no job."""
    with connection.cursor() as cursor:
        _runs(cursor, 1, (0, 1), datetime.fromisoformat(now))


def statistics(which: str) -> None:
    """Give the planner ``fresh`` statistics, or take away all that it has (``none``)."""
    with connection.cursor() as cursor:
        if which == "fresh":
            cursor.execute("ANALYZE")
        elif connection.vendor == "postgresql":
            cursor.execute(
                "DELETE FROM pg_statistic WHERE starelid IN ('meanwhile_run'::regclass, 'meanwhile_job'::regclass)"
            )
            cursor.execute(
                "UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid IN (SELECT indexrelid FROM pg_index WHERE"
                " indrelid IN ('meanwhile_run'::regclass, 'meanwhile_job'::regclass) UNION ALL"
                " SELECT unnest(ARRAY['meanwhile_run'::regclass, 'meanwhile_job'::regclass]))"
            )
        else:
            cursor.execute("DROP TABLE IF EXISTS sqlite_stat1")
            cursor.execute("DROP TABLE IF EXISTS sqlite_stat4")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            cursor.execute("CHECKPOINT")
    connection.close()


def run_at(n: int, number: int, now: str) -> UUID:
    """Return the id of the run of this number, of a history of ``n`` runs."""
    at = _start(datetime.fromisoformat(now)) + number * _milliseconds(DAYS) // n
    return UUID(f"{at:012x}7{number % 4096:03x}8{number:015x}")


def _runs(cursor: Any, n: int, between: tuple[int, int], now: datetime) -> None:
    dialect = _dialect()
    cursor.execute(
        RUNS.format(
            id=dialect.id.format("at", "i"),
            changes=dialect.value('{"status": ["new", "received"]}'),
            foreground=dialect.value(FOREGROUND),
            created=dialect.moment.format("at"),
            page_at=dialect.moment.format("at + 12"),
            finished=dialect.moment.format("at + 900"),
            text="text",
            common=COMMON,
            former=FORMER,
            rare=RARE,
            new=NEW,
            known=n // 100,
            others=OTHERS,
            rarely=max(n // 3 // RARE_RUNS, 7),
            rare_person=RARE_PERSON,
            persons=PERSONS,
            records=RECORDS,
            start=_start(now),
            apart=_milliseconds(DAYS),
            n=n,
            first=between[0],
            series=_series(between[1]),
        )
    )


def _jobs(cursor: Any, state: str, n: int, now: datetime) -> None:
    dialect, waits = _dialect(), state == "ready"
    # Those that ended did so within the last two days, those that wait are due from an hour ago on for half a year.
    later = f"CASE i % 3 WHEN 0 THEN {_at(now)} - i % 3600000 ELSE {_at(now)} + i * 7919 % 15552000000 END"
    ended = f"{_at(now)} - i * 7919 % 172800000"
    due = dialect.moment.format(later if waits else f"{ended} - 400")
    cursor.execute(
        JOBS.format(
            payload=dialect.value(f'{{"version": "{_version()}", "path": "1"}}'),
            state=state,
            priority="CASE i % 50 WHEN 0 THEN 5 WHEN 1 THEN -5 ELSE 0 END" if waits else "0",
            due=due,
            held="CASE i % 100 WHEN 9 THEN 1 ELSE 0 END" if waits else "0",
            serial_key="CASE WHEN i % 100 IN (8, 9) THEN 'shop.Order:' || (i / 100 * 8) ELSE '' END" if waits else "''",
            group=dialect.group.format(dialect.id.format("at", "i")),
            steps=dialect.value(STEPS if not waits else "{}"),
            owner="'benchmark'" if state == "running" else "''",
            lease=dialect.moment.format(_at(now) + 3_600_000) if state == "running" else "NULL",
            created=dialect.moment.format("at"),
            started="NULL" if waits else dialect.moment.format(f"{ended} - 300"),
            finished="NULL" if state in {"ready", "running"} else dialect.moment.format(ended),
            error="'It broke.'" if state == "failed" else "''",
            start=_start(now),
            apart=_milliseconds(DAYS),
            n=n,
            series=_series(n),
        )
    )


def _dialect() -> Dialect:
    return POSTGRES if connection.vendor == "postgresql" else SQLITE


def _series(n: int) -> str:
    return SERIES[connection.vendor].format(n=n)


def _version() -> UUID:
    from meanwhile.trees.versions import version_id

    return version_id(registry.current().get(COMMON))


def _start(now: datetime) -> int:
    return _at(now - DAYS)


def _at(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
