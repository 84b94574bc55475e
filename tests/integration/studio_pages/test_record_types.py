from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meanwhile import Called, EventTree
from meanwhile.queue.overview import Count
from meanwhile.studio import lately as module
from meanwhile.studio.lately import lately
from meanwhile.studio.models import StudioTree
from meanwhile.testing import run_background, use_trees
from tests.integration.studio_pages.conftest import book
from tests.integration.studio_pages.pages import rows_of, text_of, url
from tests.plans import plan_of

pytestmark = pytest.mark.django_db


class TestRecordTypes:
    def test_types_with_trees_come_with_how_they_did_lately(self, viewer):
        book()
        run_background()
        text = text_of(viewer.get(url("record-types")))
        assert "Bookings" in text
        assert "2 runs in the last 24 hours" in text
        assert "1 failed" in text

    def test_types_that_may_have_trees_are_offered_too(self, viewer, settings):
        settings.MEANWHILE = {"STUDIO_MODELS": ["shop.Seat"]}
        _with, _title, without = text_of(viewer.get(url("record-types"))).partition("Without trees so far")
        assert without.split()[0] == "Seats"

    def test_trees_without_a_record_have_a_place(self, viewer):
        with use_trees(EventTree("Nightly", on=Called(), do=[])):
            assert "Without a record" in text_of(viewer.get(url("record-types")))
            assert "Nightly" in text_of(viewer.get(url("record-type", "-")))

    def test_without_any_tree_it_says_what_to_do(self, viewer):
        with use_trees():
            assert "There is no tree yet" in text_of(viewer.get(url("record-types")))


class TestRecordType:
    def test_its_trees_stand_under_their_events_and_say_where_they_are_made(self, viewer):
        now = timezone.now()
        StudioTree.objects.create(key="mine", name="Mine", model="shop.Booking", event="saved", created=now)
        page = viewer.get(url("record-type", "shop.Booking"))
        text = text_of(page)
        assert text.index("Saved") < text.index("Mine") < text.index("Created") < text.index("Printed")
        rows = {row.split()[0]: row for row in rows_of(page)}
        assert "in Python" in rows["Printed"]
        assert "draft" in rows["Mine"]
        assert url("python-tree", "printed") in page.text

    def test_the_last_run_is_one_click_away(self, viewer):
        book()
        page = viewer.get(url("record-type", "shop.Booking")).text
        assert url("runs", tree="printed") in page.replace("&amp;", "&")

    def test_a_type_without_trees_says_what_to_do(self, viewer, settings):
        settings.MEANWHILE = {"STUDIO_MODELS": ["shop.Seat"]}
        assert "Nothing happens here yet" in text_of(viewer.get(url("record-type", "shop.Seat")))


class TestPythonTree:
    def test_it_is_read_as_an_outline_with_the_background_marked(self, viewer):
        page = viewer.get(url("python-tree", "printed"))
        text = text_of(page)
        for part in ("What happens to a booking", "Status", "“received”", "then", "otherwise", "Assign a seat"):
            assert part in text
        assert "after the page, as soon as possible" in text
        assert page.text.count('class="mw-later"') == 1

    def test_it_can_not_be_changed_here(self, viewer):
        assert "written in Python" in text_of(viewer.get(url("python-tree", "printed")))
        assert viewer.post(url("python-tree", "printed")).status_code == 405

    def test_an_unknown_tree_is_not_here(self, viewer):
        assert viewer.get(url("python-tree", "nothing")).status_code == 404


class TestLately:
    def test_runs_are_counted_up_to_a_limit(self, monkeypatch):
        monkeypatch.setattr(module, "LIMIT", 2)
        for _ in range(3):
            book()
        assert lately(["printed"], now=timezone.now(), using="default")["printed"].runs == Count(2, more=True)

    def test_any_number_of_trees_takes_four_queries_by_index(self):
        for _ in range(5):
            book()
        with CaptureQueriesContext(connection) as queries:
            lately(["printed", "remind", *map(str, range(50))], now=timezone.now(), using="default")
        assert len([query for query in queries if "SELECT" in query["sql"]]) == 4
        counting = next(query["sql"] for query in queries if "UNION ALL" in query["sql"])
        # In a table this small a tree that has runs may be found by any index.
        assert plan_of(counting).count("meanwhile_run_tree") >= 2 * 50


class TestExportOfATreeInPython:
    def test_whoever_may_see_it_takes_it_along_as_a_file(self, viewer):
        address = url("python-export", "printed")
        assert f'href="{address}"' in viewer.get(url("python-tree", "printed")).text
        response = viewer.get(address)
        assert response["Content-Disposition"] == 'attachment; filename="printed.json"'
        assert response.json()["name"] == "Printed"

    def test_it_is_closed_to_others(self, person):
        client = Client()
        client.force_login(person("edit", "publish", "operate"))
        assert client.get(url("python-export", "printed")).status_code == 403

    def test_whoever_may_edit_is_offered_to_import(self, viewer, person):
        editor = Client()
        editor.force_login(person("view", "edit"))
        assert url("import") in editor.get(url("record-types")).text
        assert url("import") not in viewer.get(url("record-types")).text
