from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from meanwhile.queue import control
from meanwhile.queue.models import Job
from meanwhile.testing import run_background
from tests.integration.studio_pages.conftest import book
from tests.integration.studio_pages.pages import LIVE, POLL, every_in, job_of, read, run_of, tag_in, url

pytestmark = pytest.mark.django_db

PAGES = [
    ("record-types", (), POLL),
    ("record-type", ("shop.Booking",), POLL),
    ("runs", (), POLL),
    ("queue", (), POLL),
    ("plots", (), {**POLL, "HX-Source": "div#plots"}),
]


@pytest.mark.parametrize(("name", "args", "poll"), PAGES)
def test_an_unchanged_part_is_answered_with_nothing(viewer, name, args, poll):
    book()
    first = viewer.get(url(name, *args), headers=poll)
    assert first.status_code == 200
    assert "<html" not in first.text
    assert tag_in(first.text) == first["HX-PTag"]
    again = viewer.get(url(name, *args), headers={**poll, "HX-PTag": first["HX-PTag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("name", "args", "poll"), PAGES[:4])
def test_a_changed_part_is_sent_anew(viewer, name, args, poll):
    book()
    first = viewer.get(url(name, *args), headers=poll)
    book()
    again = viewer.get(url(name, *args), headers={**poll, "HX-PTag": first["HX-PTag"]})
    assert again.status_code == 200
    assert again["HX-PTag"] != first["HX-PTag"]


def test_the_whole_page_holds_the_part_with_its_tag(viewer):
    book()
    part = viewer.get(url("runs"), headers=POLL)
    page = viewer.get(url("runs"))
    assert tag_in(page.text) == part["HX-PTag"]
    assert part.text in page.text


def test_a_link_into_the_part_is_answered_even_if_the_page_knew_the_list_before(viewer):
    # htmx remembers a tag for whatever asked, and the link asks for what the page no longer shows.
    tag = viewer.get(url("queue", list="later"), headers=POLL)["HX-PTag"]
    answer = viewer.get(url("queue", list="later"), headers={**LIVE, "HX-Source": "a#tab-later", "HX-PTag": tag})
    assert answer.status_code == 200
    assert "HX-PTag" not in answer.headers
    assert read("<" + answer.text.partition("<hx-partial")[2]) == "Later"


def test_going_back_gets_the_whole_page(viewer):
    for headers in ({"HX-History-Restore-Request": "true"}, {**LIVE, "HX-Request-Type": "full"}):
        assert "<html" in viewer.get(url("runs"), headers=headers).text


def test_part_and_page_are_told_apart_by_caches(viewer):
    assert {"HX-Request", "HX-Request-Type"} <= set(viewer.get(url("runs"))["Vary"].split(", "))


def test_a_run_is_followed_while_it_works_seldom_while_it_waits_and_never_when_it_is_over(viewer):
    booking = book(notes="mended")
    printed, remind = url("run", run_of("printed", booking).pk), url("run", run_of("remind", booking).pk)
    assert every_in(viewer.get(printed, headers=POLL).text) == 1500
    assert every_in(viewer.get(remind, headers=POLL).text) == 15_000
    run_background()
    control.cancel(job_of("remind", booking).pk)
    assert every_in(viewer.get(printed, headers=POLL).text) == 0
    assert every_in(viewer.get(remind, headers=POLL).text) == 0


def test_a_job_that_is_due_before_the_next_seldom_look_is_followed_closely(viewer):
    remind = run_of("remind", book())
    for seconds, every in ((60, 15_000), (10, 1500)):
        Job.objects.filter(group=str(remind.pk)).update(due=timezone.now() + timedelta(seconds=seconds))
        assert every_in(viewer.get(url("run", remind.pk), headers=POLL).text) == every


def test_a_number_of_a_thousand_is_written_for_the_script_and_not_for_people(viewer, settings):
    settings.USE_THOUSAND_SEPARATOR = True
    booking = book()
    assert every_in(viewer.get(url("run", run_of("remind", booking).pk), headers=POLL).text) == 15_000


def test_another_language_is_another_part(viewer):
    with override("en"):  # a request leaves its language to the thread
        english = viewer.get(url("runs"), headers={**POLL, "Accept-Language": "en"})
        german = viewer.get(url("runs"), headers={**POLL, "Accept-Language": "de"})
    assert english["HX-PTag"] != german["HX-PTag"]


class TestFiltersOfTheRuns:
    FORM = {**LIVE, "HX-Source": "form#filters", "HX-Current-URL": "http://testserver/studio/runs/"}

    def test_the_address_has_only_the_filters_that_are_set(self, viewer):
        book()
        answer = viewer.get(url("runs", tree="", state="running", person="", since=""), headers=self.FORM)
        assert answer["HX-Push-Url"] == url("runs", state="running")
        assert f'hx-get="{url("runs", state="running")}"' in answer.text

    def test_the_same_address_is_not_put_into_the_history_twice(self, viewer):
        here = {**self.FORM, "HX-Current-URL": f"http://testserver{url('runs', state='running')}"}
        assert viewer.get(url("runs", tree="", state="running"), headers=here)["HX-Push-Url"] == "false"

    def test_they_can_be_cleared_as_soon_as_there_are_some(self, viewer):
        assert "Clear" in viewer.get(url("runs", state="running"), headers=self.FORM).text
        assert "Clear" not in viewer.get(url("runs", state=""), headers=self.FORM).text

    def test_a_part_that_follows_changes_no_address(self, viewer):
        assert "HX-Push-Url" not in viewer.get(url("runs", state="running"), headers=POLL).headers
