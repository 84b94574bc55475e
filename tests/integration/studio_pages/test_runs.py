from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meanwhile import ActionFailed, Created, EventTree, Updated
from meanwhile.studio import run_search, run_walks
from meanwhile.studio.run_search import Filters, find_runs
from meanwhile.testing import run_background, use_trees
from meanwhile.trees.actor import acting_as
from meanwhile.trees.models import Run, TreeVersion, new_run_id
from meanwhile.trees.prune import first_id
from tests.integration.studio_pages.conftest import PRINTED, book
from tests.integration.studio_pages.pages import rows_of, run_of, text_of, url
from tests.plans import plan_of
from tests.shop.models import Booking, Customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def version():
    return TreeVersion.objects.create(
        id=new_run_id(), key="big", name="Big", content_hash="0", document=PRINTED.as_json(), created=timezone.now()
    )


def make(version, number, *, ago=timedelta(0), **values):
    """Store runs, the earliest first, a second apart."""
    now = timezone.now() - ago
    start = int(now.timestamp() * 1000)
    runs = []
    for index in range(number):
        at = now + timedelta(seconds=index - number)
        key = first_id(now).int + ((int(at.timestamp() * 1000) - start) << 80) + (new_run_id().int & ((1 << 80) - 1))
        given = {
            "tree": "big",
            "event": "saved",
            "model": "shop.Booking",
            "state": "succeeded",
            "page_at": at,
            **values,
        }
        runs.append(Run(id=type(new_run_id())(int=key), version=version, created=at, finished=at, **given))
    Run.objects.bulk_create(runs)
    return runs


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "trees"),
        [
            ({}, ["Renamed", "Remind", "Printed"]),
            ({"tree": "printed"}, ["Printed"]),
            ({"state": "running"}, ["Remind", "Printed"]),
            ({"state": "succeeded"}, ["Renamed"]),
            ({"state": "nonsense"}, ["Renamed", "Remind", "Printed"]),
            ({"model": "shop.Customer"}, ["Renamed"]),
            ({"model": "shop.Booking", "tree": "remind"}, ["Remind"]),
            ({"person": "grace"}, ["Renamed"]),
            ({"person": "GRA"}, ["Renamed"]),
            ({"person": "nobody"}, []),
            ({"person": "grace", "model": "shop.Booking"}, []),
            ({"since": "hour"}, ["Renamed", "Remind", "Printed"]),
            ({"day": "2001-02-03"}, []),
            ({"day": "2001-99-99"}, ["Renamed", "Remind", "Printed"]),
            ({"before": "no-place"}, ["Renamed", "Remind", "Printed"]),
        ],
    )
    def test_runs_are_found_by_tree_type_person_state_and_time(self, viewer, query, trees):
        grace = get_user_model().objects.create_user("grace")
        with use_trees(EventTree("Renamed", on=Updated(Customer), do=[]), *_booking_trees()):
            book()
            with acting_as(grace):
                customer = Customer.objects.create(name="Eve")
                customer.save()
            assert [row.split()[0] for row in rows_of(viewer.get(url("runs", **query)))] == trees

    def test_runs_are_found_by_record_with_and_without_its_type(self, viewer):
        booking, other = book(), book()
        assert other.pk != booking.pk
        assert len(rows_of(viewer.get(url("runs", model="shop.Booking", record=booking.pk)))) == 2
        assert len(rows_of(viewer.get(url("runs", record=booking.pk)))) == 2
        assert rows_of(viewer.get(url("runs", model="shop.Customer", record=booking.pk))) == []

    def test_the_day_is_one_of_the_projects_time_zone(self, version):
        [old] = make(version, 1, ago=timedelta(days=3))
        make(version, 1)
        day = timezone.localtime(old.created).date()
        found = find_runs(Filters(day=day), before=None, now=timezone.now(), using="default")
        assert [run.pk for run in found.runs] == [old.pk]

    def test_what_is_asked_for_stays_in_the_form(self, viewer):
        page = viewer.get(url("runs", tree="printed", state="failed", record="x%22y")).text
        assert '<option value="printed" selected>' in page
        assert '<option value="failed" selected>' in page
        assert 'value="x&quot;y"' in page

    def test_runs_of_a_tree_that_is_gone_are_found_and_the_form_says_what_is_chosen(self, viewer):
        with use_trees(EventTree("Gone", on=Created(Booking), do=[])):
            book()
        response = viewer.get(url("runs", tree="gone", model="shop.Gone"))
        assert '<option value="gone" selected>gone</option>' in response.text
        assert '<option value="shop.Gone" selected>Gone</option>' in response.text
        assert len(rows_of(viewer.get(url("runs", tree="gone")))) == 1

    @pytest.mark.parametrize(
        "query",
        [
            "day=9999-12-31",
            "day=0001-01-01",
            "day=2026-02-30",
            "before=x",
            "before=ffffffff-ffff-ffff-ffff-ffffffffffff",
            "state=x",
            "since=x",
            "since=",
            "person=%00",
        ],
    )
    def test_what_can_t_be_understood_is_left_out(self, viewer, query):
        book()
        assert len(rows_of(viewer.get(f"{url('runs')}?{query}"))) == 2

    def test_all_filters_at_once(self, viewer):
        booking = book()
        day = timezone.localdate(run_of("printed", booking).created).isoformat()
        asked = {"tree": "printed", "model": "shop.Booking", "record": booking.pk, "since": "hour", "day": day}
        assert len(rows_of(viewer.get(url("runs", **asked, state="running")))) == 1
        for other in ({"state": "failed"}, {"person": "nobody"}, {"tree": "remind", "state": "failed"}):
            assert rows_of(viewer.get(url("runs", **{**asked, **other}))) == []

    def test_an_empty_list_says_what_to_do(self, viewer):
        assert "No tree has run yet" in text_of(viewer.get(url("runs")))
        assert "No run fits these filters" in text_of(viewer.get(url("runs", state="failed")))


class TestRows:
    def test_a_run_that_waits_for_a_later_day_is_not_said_to_run(self, viewer):
        book()
        remind, printed = rows_of(viewer.get(url("runs")))
        assert "waiting" in remind
        assert "running" in printed

    def test_a_failed_foreground_has_no_record_to_go_to(self, viewer):
        with pytest.raises(ActionFailed):
            book("Sunday")
        Run.objects.filter(state="failed").exists()
        from django.apps import apps

        apps.get_app_config("meanwhile").failed_runs.write()
        [row] = rows_of(viewer.get(url("runs", state="failed")))
        assert "not saved" in row

    def test_a_page_of_runs_costs_the_same_number_of_queries_whatever_is_on_it(self, viewer):
        def number():
            with CaptureQueriesContext(connection) as queries:
                viewer.get(url("runs"))
            return sum(
                re.search(r'FROM "meanwhile_(run|job|treeversion)"', query["sql"]) is not None for query in queries
            )

        book()
        few = number()
        for _ in range(10):
            book()
        assert number() == few


class TestPages:
    def test_every_run_is_on_one_page_alone(self, viewer, version, monkeypatch):
        monkeypatch.setattr(run_search.find_runs, "__kwdefaults__", {"page": 4})
        runs = make(version, 10)
        shown, address = [], url("runs")
        while address:
            page = viewer.get(address).text
            shown += re.findall(r'<tr id="run-([^"]+)"', page)
            older = re.search(r'href="(\?before=[^"]+)"', page)
            address = url("runs") + older[1] if older else ""
        assert shown == [str(run.pk) for run in reversed(runs)]

    def test_a_rare_state_of_a_busy_tree_is_looked_for_so_far_and_then_on_demand(self, version, monkeypatch):
        monkeypatch.setattr(run_search, "LOOK", 20)
        monkeypatch.setattr(run_walks, "CHUNK", 10)
        [rare] = make(version, 1, ago=timedelta(hours=1), actor_pk="7")
        make(version, 50)
        filters = Filters(state="succeeded", tree="big", model="shop.Booking", person="nobody")
        filters = Filters(tree="big", state="succeeded", record="", model="shop.Customer")
        found = find_runs(filters, before=None, now=timezone.now(), using="default")
        assert (found.runs, found.looked) == ([], True)
        rounds = 1
        while found.older is not None:
            found = find_runs(filters, before=found.older, now=timezone.now(), using="default")
            rounds += 1
        assert rounds == 3
        assert rare.pk not in [run.pk for run in found.runs]

    def test_a_bounded_search_goes_on_where_it_stopped_and_misses_nothing(self, version, monkeypatch):
        monkeypatch.setattr(run_search, "LOOK", 20)
        monkeypatch.setattr(run_walks, "CHUNK", 10)
        wanted = make(version, 3, ago=timedelta(hours=1), state="cancelled", model="shop.Seat")
        make(version, 45, state="cancelled")
        filters = Filters(state="cancelled", model="shop.Seat")
        shown, before, rounds = [], None, 0
        while True:
            found = find_runs(filters, before=before, now=timezone.now(), using="default")
            shown += [run.pk for run in found.runs]
            before, rounds = found.older, rounds + 1
            if before is None:
                break
        assert shown == [run.pk for run in reversed(wanted)]
        assert rounds > 1

    def test_lists_of_several_trees_are_merged_in_order_of_time(self, version):
        other = TreeVersion.objects.create(
            id=new_run_id(), key="b", name="B", content_hash="1", document=version.document, created=timezone.now()
        )
        runs = [*make(version, 5), *make(other, 5, tree="b")]
        found = find_runs(Filters(trees=frozenset({"big", "b"})), before=None, now=timezone.now(), using="default")
        assert [run.pk for run in found.runs] == sorted((run.pk for run in runs), reverse=True)
        found = find_runs(Filters(trees=frozenset({"b"})), before=None, now=timezone.now(), using="default")
        assert {run.tree for run in found.runs} == {"b"}


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        (Filters(), "pkey autoindex"),
        (Filters(tree="big"), "meanwhile_run_tree"),
        (Filters(state="failed"), "meanwhile_run_state"),
        (Filters(state="failed", tree="big", since="day"), "meanwhile_run_state"),
        (Filters(state="succeeded", tree="big"), "meanwhile_run_tree"),
        (Filters(record="7", model="shop.Booking"), "meanwhile_run_record"),
        (Filters(record="7", state="failed"), "meanwhile_run_record"),
        (Filters(person="grace", state="failed"), "meanwhile_run_actor"),
        (Filters(trees=frozenset({"big"})), "meanwhile_run_tree"),
        (Filters(model="shop.Booking"), "meanwhile_run_tree"),
    ],
)
def test_every_search_reads_an_index_in_its_order(version, filters, index):
    grace = get_user_model().objects.create_user("grace")
    for number in range(20):
        tree = "big" if number == 7 else f"tree-{number}"
        make(
            version,
            5 if number in {0, 7} else 150,  # few are looked for among many
            ago=timedelta(hours=number),
            tree=tree,
            record_pk=str(number),
            actor_pk=str(grace.pk + number),
        )
    with CaptureQueriesContext(connection) as queries:
        find_runs(filters, before=None, now=timezone.now(), using="default")
    statements = [query["sql"] for query in queries if re.search(r'FROM "meanwhile_run"', query["sql"])]
    walks = [plan_of(statement) for statement in statements if "ORDER BY" in statement and " IN (" not in statement]
    assert walks
    for plan in walks:
        assert any(name in plan for name in index.split()), plan
        # PostgreSQL may sort the few runs that it expects of a tree.
        assert "TEMP B-TREE" not in plan
        assert "Seq Scan" not in plan


def _booking_trees():
    from tests.integration.studio_pages.conftest import REMIND

    return PRINTED, REMIND


def test_finished_runs_are_shown_as_such(viewer):
    book(notes="mended")
    run_background()
    assert any("succeeded" in row for row in rows_of(viewer.get(url("runs", tree="printed"))))
