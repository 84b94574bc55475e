"""Statements that are sent together, by each of the ways in which a database takes them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F

from meanwhile.queue.models import Job
from meanwhile.queue.together import Beside, together

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20.0  # seconds that no test waits for
NOW = datetime(2027, 3, 1, tzinfo=UTC)
UPDATE = "UPDATE meanwhile_job SET attempts = attempts + 1, name = %s WHERE priority = %s"


@pytest.fixture(params=["as the site is set", pytest.param("bound by the server", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[BaseDatabaseWrapper]:
    if request.param == "as the site is set":
        yield connection
        return
    other = connection.copy()
    other.settings_dict["OPTIONS"] = {**other.settings_dict["OPTIONS"], "server_side_binding": True}
    yield other
    other.close()


@pytest.fixture
def jobs() -> list[Job]:
    rows = [Job(kind="toy", due=NOW, created=NOW, priority=number) for number in (1, 2, 2, 3, 3, 3)]
    return Job.objects.bulk_create(rows)


def updates(*priorities: int) -> list[Beside]:
    return [Beside(UPDATE, [f"100 %; {number}", number]) for number in priorities]


class Counted:
    """How often a connection was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.asked += 1
        return execute(*arguments)


def test_all_are_written_and_counted(database: BaseDatabaseWrapper, jobs: list[Job]) -> None:
    beside = [*updates(2, 3), Beside("UPDATE meanwhile_job SET held = 0 WHERE id = %s", [-1])]
    counted = Counted()

    with database.execute_wrapper(counted):
        rows = together(database, UPDATE, ["last", 1], beside, returning="id, name")

    assert rows == [(jobs[0].pk, "last")]
    assert [one.rows for one in beside] == [2, 3, 0]
    assert Job.objects.filter(attempts=1).count() == len(jobs)
    assert set(Job.objects.values_list("priority", "name")) == {(1, "last"), (2, "100 %; 2"), (3, "100 %; 3")}
    assert counted.asked == (1 if database.vendor == "postgresql" else 4)


def test_without_a_return_there_is_one_row_for_each_that_was_written(
    database: BaseDatabaseWrapper, jobs: list[Job]
) -> None:
    assert len(together(database, UPDATE, ["x", 3], updates(1))) == 3
    assert len(together(database, UPDATE, ["x", 3], [])) == 3
    assert together(database, UPDATE, ["x", 9], updates(1)) == []


@pytest.mark.postgres
def test_if_one_fails_none_is_written(database: BaseDatabaseWrapper, jobs: list[Job]) -> None:
    broken = Beside("UPDATE meanwhile_job SET attempts = 1 / (priority - priority) WHERE id = %s", [jobs[0].pk])

    with pytest.raises(DatabaseError):
        together(database, UPDATE, ["x", 3], [*updates(2), broken])

    assert not Job.objects.exclude(attempts=F("held")).exists()


@pytest.mark.postgres
def test_inside_a_pipeline_too_all_are_written_and_counted(database: BaseDatabaseWrapper, jobs: list[Job]) -> None:
    database.ensure_connection()
    beside = updates(2, 3)

    with database.connection.pipeline():
        rows = together(database, UPDATE, ["last", 1], beside, returning="id")

    assert rows == [(jobs[0].pk,)]
    assert [one.rows for one in beside] == [2, 3]


@pytest.mark.postgres
def test_the_statement_takes_its_locks_before_those_beside_it(database: BaseDatabaseWrapper, jobs: list[Job]) -> None:
    """Whoever ends a job by hand locks it and then its run: the worker must not hold the run and wait for the job."""
    first, then = jobs[0], jobs[1]
    update = "UPDATE meanwhile_job SET attempts = attempts + 1 WHERE id = %s"
    worker_connection = database.copy()
    worker_connection.inc_thread_sharing()
    pids: list[int] = []
    written: list[object] = []

    def worker() -> None:
        try:
            worker_connection.ensure_connection()
            pids.append(worker_connection.connection.info.backend_pid)
            written.extend(together(worker_connection, update, [first.pk], [Beside(update, [then.pk])]))
        finally:
            worker_connection.close()

    thread = threading.Thread(target=worker, daemon=True)
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=first.pk)
        thread.start()
        wait_for_a_lock(pids)
        Job.objects.filter(pk=then.pk).update(attempts=F("attempts") + 1)
    thread.join(PATIENCE)

    assert len(written) == 1
    assert Job.objects.get(pk=then.pk).attempts == 2


def wait_for_a_lock(pids: list[int]) -> None:
    """Wait until a server process, whose number ``pids`` gets, stands before a lock."""
    until = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            if pids:
                cursor.execute("SELECT pg_stat_clear_snapshot(), cardinality(pg_blocking_pids(%s))", pids)
                if cursor.fetchone()[1]:
                    return
            time.sleep(0.01)
    pytest.fail(f"no lock was waited for within {PATIENCE} s")
