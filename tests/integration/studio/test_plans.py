"""Every list of the Studio reads the beginning of an index: no filter makes it read a table, or sort what it found."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.http import QueryDict

from meanwhile import Created, EventTree, UpdateField
from meanwhile.queue.models import Job
from meanwhile.queue.overview import overview
from meanwhile.queue.rates import rates
from meanwhile.studio.job_lists import LISTS, list_jobs
from meanwhile.studio.lately import lately
from meanwhile.studio.record_runs import record_runs
from meanwhile.studio.run_search import Filters, find_runs
from meanwhile.studio.workers import workers
from meanwhile.testing import use_trees
from meanwhile.trees.models import Run, TreeVersion, new_run_id
from meanwhile.trees.prune import first_id
from tests.plans import plans_of
from tests.shop.models import Booking, Customer

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
RUNS, JOBS = 2000, 2000
WALK = re.compile(r"ORDER BY .* DESC LIMIT \d+$")
ADA, GRACE = "1001", "1002"
PRIMARY = {"postgresql": "meanwhile_run_pkey", "sqlite": "sqlite_autoindex_meanwhile_run_1"}
TREES = [
    EventTree("Common", on=Created(Booking), do=[UpdateField(status="x")]),
    EventTree("Rare", on=Created(Customer), do=[UpdateField(name="x")]),
    EventTree("Other", on=Created(Customer), do=[UpdateField(name="x")]),
]


@pytest.fixture
def trees():
    with use_trees(*TREES):
        yield


@pytest.fixture
def history(trees) -> list[Run]:
    """Runs of a day each minute, mostly of one tree, succeeded, and of many people."""
    get_user_model().objects.bulk_create(
        get_user_model()(pk=pk, username=name) for pk, name in ((ADA, "ada"), (GRACE, "grace"))
    )
    version = TreeVersion.objects.create(
        id=new_run_id(), key="common", name="Common", content_hash="0", document=TREES[0].as_json(), created=NOW
    )
    runs = [run(number, version) for number in range(RUNS)]
    Run.objects.bulk_create(runs, batch_size=1000)
    return runs


def run(number: int, version: TreeVersion) -> Run:
    at = NOW - timedelta(minutes=RUNS - number)
    tree = "rare" if number % 1000 == 7 else "common" if number % 10 < 7 else "other"
    return Run(
        id=UUID(int=first_id(at).int + (0x7 << 76) + (0x2 << 62) + number),
        version=version,
        tree=tree,
        event="created",
        model="shop.Booking" if tree == "common" else "shop.Customer",
        record_pk=str(number % 500),
        actor_pk=GRACE if number % 900 == 5 else ADA if number % 10 else "",
        state="failed" if number % 50 == 3 else "running" if number % 100 == 4 else "succeeded",
        created=at,
        page_at=at,
        finished=at,
    )


@pytest.fixture
def queue(trees) -> None:
    """Jobs that wait, now and for later, of three priorities, some held back; some that run, and some that ended."""
    states = ["ready"] * 70 + ["succeeded"] * 20 + ["failed"] * 5 + ["cancelled", "skipped", "running"] + ["ready"] * 2
    Job.objects.bulk_create((job(number, states[number % 100]) for number in range(JOBS)), batch_size=1000)


def job(number: int, state: str) -> Job:
    at = NOW - timedelta(minutes=number)
    return Job(
        kind="tree",
        name="Reminder",
        state=state,
        priority=(number % 3 - 1) * 5,
        due=at if number % 2 else NOW + timedelta(minutes=number),
        held=1 if number % 100 > 97 else 0,
        serial_key=f"shop.Booking:{number}" if number % 100 > 97 else "",
        group=str(new_run_id()),
        created=at,
        started=None if state == "ready" else at,
        finished=None if state in {"ready", "running"} else at,
        lease_until=NOW if state == "running" else None,
        lease_owner="a worker" if state == "running" else "",
    )


@pytest.fixture
def statistics() -> Callable[[], None]:
    """Let the database know what is in its tables, and PostgreSQL not take them for too small to use an index."""

    def gather() -> None:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")

    return gather


FILTERS = [
    ("", PRIMARY),
    ("tree=common", "meanwhile_run_tree"),
    ("tree=rare", "meanwhile_run_tree"),
    ("model=shop.Booking", "meanwhile_run_tree"),
    ("model=shop.Customer", "meanwhile_run_tree"),
    ("record=17", "meanwhile_run_record"),
    ("record=17&model=shop.Booking", "meanwhile_run_record"),
    ("person=ada", "meanwhile_run_actor"),
    ("person=grace", "meanwhile_run_actor"),
    ("person=a", "meanwhile_run_actor"),
    ("state=failed", "meanwhile_run_state"),
    ("state=running", "meanwhile_run_state"),
    ("state=succeeded", "meanwhile_run_state"),
    ("state=cancelled", "meanwhile_run_state"),
    ("since=hour", PRIMARY),
    ("since=month", PRIMARY),
    ("day=2027-02-28", PRIMARY),
    ("tree=common&state=failed&since=day", "meanwhile_run_state"),
    ("tree=common&model=shop.Customer", "meanwhile_run_tree"),
    ("tree=rare&person=ada&state=succeeded", "meanwhile_run_actor"),
]


@pytest.mark.parametrize("place", ["first page", "later page"])
@pytest.mark.parametrize(("query", "index"), FILTERS)
def test_each_filter_of_runs_reads_its_index(history, statistics, query, index, place):
    statistics()
    before = None if place == "first page" else history[RUNS // 2].pk
    index = index if isinstance(index, str) else index[connection.vendor]
    with plans_of("meanwhile_run") as planned:
        find_runs(Filters.from_query(QueryDict(query), None), before=before, now=NOW, using="default")
    walks = [one for one in planned if WALK.search(one.statement)]
    assert walks
    for one in walks:
        assert index in one.plan, one.statement
        assert one.faults("meanwhile_run") == [], one.statement
    for one in planned:
        assert "SCAN meanwhile_run\n" not in one.plan
        assert "Seq Scan on meanwhile_run" not in one.plan


@pytest.mark.postgres
@pytest.mark.parametrize("query", ["tree=common", "person=ada", "state=succeeded"])
def test_without_statistics_postgresql_reads_the_index_too(history, query):
    """It would take the runs of the tree for a handful, and sort them all for each page."""
    with plans_of("meanwhile_run") as planned:
        find_runs(Filters.from_query(QueryDict(query), None), before=history[RUNS - 500].pk, now=NOW, using="default")
    for one in planned:
        if WALK.search(one.statement):
            assert one.faults("meanwhile_run") == []
            assert "Bitmap" not in one.plan


@pytest.mark.postgres
def test_what_follows_may_be_sorted_again(history):
    find_runs(Filters(tree="common"), before=None, now=NOW, using="default")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('enable_sort'), current_setting('enable_bitmapscan')")
        assert cursor.fetchone() == ("on", "on")


JOB_LISTS = {
    "due": "meanwhile_job_claim",
    "later": "meanwhile_job_claim",
    "held": "meanwhile_job_held",
    "running": "meanwhile_job_lease",
}


@pytest.mark.parametrize("place", ["first page", "later page"])
@pytest.mark.parametrize("name", LISTS)
def test_each_list_of_jobs_reads_its_index(queue, statistics, name, place):
    statistics()
    first = list_jobs(name, None, now=NOW, using="default")
    assert first.jobs
    assert first.next is not None
    with plans_of("meanwhile_job") as planned:
        list_jobs(name, None if place == "first page" else first.next, now=NOW, using="default")
    lists = [one for one in planned if "RECURSIVE" not in one.statement and " IN (" not in one.statement]
    assert lists
    for one in lists:
        assert JOB_LISTS.get(name, "meanwhile_job_ended") in one.plan, one.statement
        # The few that run are sorted, by their numbers.
        assert name == "running" or one.faults("meanwhile_job") == [], one.statement
    for one in planned:
        assert "SCAN meanwhile_job\n" not in one.plan
        assert "Seq Scan on meanwhile_job" not in one.plan


def test_the_queue_is_counted_by_its_indexes(queue, statistics):
    statistics()
    with plans_of("meanwhile_job") as planned:
        overview(NOW, using="default")
    names = ("claim", "held", "lease", "ended")
    assert {name for name in names for one in planned if f"meanwhile_job_{name}" in one.plan} == set(names)
    for one in planned:
        assert any(f"meanwhile_job_{name}" in one.plan for name in names), one.statement
        # The few priorities in use are sorted.
        assert "RECURSIVE" in one.statement or one.faults("meanwhile_job") == [], one.statement


@pytest.mark.parametrize("slot", [timedelta(minutes=1), timedelta(minutes=30)])
def test_the_plots_read_the_index_of_ended_jobs(queue, statistics, slot):
    statistics()
    with plans_of("meanwhile_job") as planned:
        rates(NOW, slot=slot, number=20, using="default")
    (one,) = planned
    assert one.plan.count("meanwhile_job_ended") == 40
    assert one.faults("meanwhile_job") == []


def test_the_workers_jobs_are_found_by_their_index(queue, statistics):
    statistics()
    with plans_of("meanwhile_job") as planned:
        workers(NOW, using="default")
    (one,) = planned
    assert "meanwhile_job_lease" in one.plan


def test_the_last_day_of_the_trees_is_read_from_indexes(history, statistics):
    statistics()
    with plans_of("meanwhile_run") as planned:
        lately(["common", "rare", "other"], now=NOW, using="default")
    counting, _last, failed = planned
    assert counting.plan.count("meanwhile_run_tree") == 6
    assert "meanwhile_run_state" in failed.plan
    for one in planned:
        assert "Seq Scan on meanwhile_run" not in one.plan
        assert "SCAN meanwhile_run\n" not in one.plan


def test_the_runs_and_jobs_of_a_record_are_read_from_indexes(history, queue, statistics, person: Any):
    statistics()
    booking = Booking.objects.create(pk=17, name="Ada")
    with plans_of("meanwhile_run") as runs, plans_of("meanwhile_job") as jobs:
        found = record_runs(booking, person("view", name="viewer"))
    assert found is not None
    assert found.runs
    assert "meanwhile_run_record" in runs[0].plan
    assert all("meanwhile_job_group" in one.plan for one in jobs)
    assert jobs
