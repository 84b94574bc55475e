"""The lists stay fast at a million rows: each reads an index in its order, or the latest rows alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from meanwhile import EventTree, Updated
from meanwhile.queue.models import Job
from meanwhile.testing import use_trees
from meanwhile.trees.actor import acting_as
from meanwhile.trees.models import Run
from tests.integration.admin.pages import list_of, rows_of, text_of
from tests.plans import plans_of
from tests.shop.models import Booking, Customer

pytestmark = pytest.mark.django_db


def jobs(number: int, **values) -> list[Job]:
    now = timezone.now()
    given = {"kind": "tree", "name": "Reminder", "created": now, "due": now, **values}
    return Job.objects.bulk_create(Job(**given) for _ in range(number))


@pytest.fixture
def many() -> None:
    """Jobs of each state, and statistics of them; PostgreSQL does not take the tables for too small to use an index."""
    now = timezone.now()
    for state in ("succeeded", "failed", "cancelled", "skipped"):
        jobs(200, state=state, started=now, finished=now)
    jobs(20, state="running", started=now, lease_owner="a worker", lease_until=now)
    jobs(50, held=1, serial_key="shop.Booking:1")
    jobs(500)
    jobs(50, priority=5, due=now + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")


PRIMARY = {"postgresql": "meanwhile_job_pkey", "sqlite": "PRIMARY KEY"}


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({"state__exact": "ready"}, "meanwhile_job_claim"),
        ({"state__exact": "ready", "priority": "high"}, "meanwhile_job_claim"),
        ({"state__exact": "held"}, "meanwhile_job_held"),
        ({"state__exact": "running"}, "meanwhile_job_lease"),
        ({"state__exact": "failed"}, "meanwhile_job_ended"),
        ({"state__exact": "succeeded"}, "meanwhile_job_ended"),
        ({"state__exact": "cancelled"}, "meanwhile_job_ended"),
        ({"kind": "other"}, PRIMARY),
        ({"priority": "high"}, PRIMARY),
        ({"state__exact": "ready", "kind": "other"}, PRIMARY),
        ({"state__exact": "succeeded", "kind": "tree"}, PRIMARY),
        ({"q": "nothing like it"}, PRIMARY),
    ],
)
def test_each_list_of_jobs_and_its_count_read_one_index(operator, query, index):
    with plans_of("meanwhile_job") as planned:
        operator.get(list_of("job", **query))
    name = index if isinstance(index, str) else index[connection.vendor]
    # Besides the list and its count: the latest number, and the jobs of a serial key.
    lists = [one for one in planned if "ORDER BY" in one.statement and not one.statement.endswith(("LIMIT 1", "1000"))]
    assert len(lists) == 2
    for one in lists:
        assert name in one.plan, one.statement
        # The few that run are sorted, by their numbers.
        faults = [
            line for line in one.faults("meanwhile_job") if query.get("state__exact") != "running" or "Seq" in line
        ]
        assert faults == [], one.plan


def test_waiting_jobs_are_listed_as_they_will_start(operator):
    now = timezone.now()
    (late,), (early,), (urgent,) = (
        jobs(1, due=now),
        jobs(1, due=now - timedelta(hours=1)),
        jobs(1, priority=5, due=now + timedelta(hours=1)),
    )
    (held,) = jobs(1, held=1, serial_key="shop.Booking:1")
    rows = rows_of(operator.get(list_of("job", state__exact="ready")))
    assert [row.split()[1] for row in rows] == [f"#{one.pk}" for one in (urgent, early, late)]
    (row,) = rows_of(operator.get(list_of("job", state__exact="held")))
    assert f"#{held.pk}" in row


@pytest.mark.parametrize(
    "query", [{"kind": "tree"}, {"priority": "usual"}, {"q": "Remind"}, {"kind": "tree", "state__exact": "ready"}]
)
def test_where_no_index_helps_only_the_latest_jobs_are_looked_at(operator, monkeypatch, query):
    monkeypatch.setattr("meanwhile.admin.search.LATEST", 3)
    made = jobs(5)
    page = operator.get(list_of("job", **query))
    assert len(rows_of(page)) == 3
    assert f"Only jobs from #{made[2].pk} on were looked at" in text_of(page)


@pytest.mark.parametrize("query", [{}, {"state__exact": "ready"}, {"state__exact": "ready", "priority": "usual"}])
def test_where_an_index_helps_all_jobs_are_looked_at(operator, monkeypatch, query):
    monkeypatch.setattr("meanwhile.admin.search.LATEST", 3)
    jobs(5)
    page = operator.get(list_of("job", **query))
    assert len(rows_of(page)) == 5
    assert "were looked at" not in text_of(page)


def test_jobs_in_line_are_found_by_their_serial_key_however_old(operator, monkeypatch):
    monkeypatch.setattr("meanwhile.admin.search.LATEST", 3)
    (old,) = jobs(1, serial_key="shop.Booking:77")
    now = timezone.now()
    jobs(5)
    (over,) = jobs(1, serial_key="shop.Booking:77", state="failed", started=now, finished=now)
    rows = rows_of(operator.get(list_of("job", q="shop.Booking:77")))
    assert [row.split()[1] for row in rows] == [f"#{over.pk}", f"#{old.pk}"]


def test_filters_of_runs_that_have_no_tree_in_common_look_at_no_run(operator):
    Booking.objects.create(name="Ada", starts=timezone.now())
    with plans_of("meanwhile_run") as planned:
        page = operator.get(list_of("run", tree="printed", model="shop.Customer"))
    assert rows_of(page) == []
    assert planned == []


def test_the_runs_of_a_person_are_found_by_the_index_of_people(operator):
    person = get_user_model().objects.get()
    with use_trees(EventTree("Renamed", on=Updated(Customer), do=[])), acting_as(person):
        customer = Customer.objects.create(name="Eve")
        for _ in range(3):
            customer.save()
    for _ in range(300):  # enough for the index to be plainly the shorter way
        Booking.objects.create(name="Ada", starts=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    with plans_of("meanwhile_run") as planned:
        page = operator.get(list_of("run", q=person.get_username()))
    assert len(rows_of(page)) == 3
    assert any("meanwhile_run_actor" in one.plan for one in planned)
    for one in planned:
        assert "SubPlan" not in one.plan
        assert "SUBQUERY" not in one.plan
        assert "SCAN meanwhile_run\n" not in f"{one.plan}\n"
        assert "Seq Scan on meanwhile_run" not in one.plan


@pytest.mark.parametrize("state", ["failed", "succeeded"])
def test_runs_of_a_tree_in_a_state_are_looked_for_among_the_latest(operator, monkeypatch, state):
    for _ in range(4):
        Booking.objects.create(name="Ada", starts=timezone.now())
    Run.objects.filter(tree="printed").update(state=state)
    query = {"tree": "printed", "state__exact": state}
    assert len(rows_of(operator.get(list_of("run", **query)))) == 4
    assert rows_of(operator.get(list_of("run", tree="remind", state__exact=state))) == []
    assert len(rows_of(operator.get(list_of("run", started="hour", **query)))) == 4
    assert "Not all runs" not in text_of(operator.get(list_of("run", **query)))
    monkeypatch.setattr("meanwhile.admin.run_filters.LOOK", 2)
    monkeypatch.setattr("meanwhile.studio.run_walks.CHUNK", 2)
    page = operator.get(list_of("run", **query))
    assert len(rows_of(page)) == 2
    assert "Not all runs were looked at yet." in text_of(page)
