from __future__ import annotations

import pytest

from meanwhile.queue import control
from meanwhile.testing import run_background
from tests.integration.studio_pages.conftest import book
from tests.integration.studio_pages.pages import LIVE, job_of, run_of, url

pytestmark = pytest.mark.django_db

PAGES = [
    ("record-types", ()),
    ("record-type", ("shop.Booking",)),
    ("runs", ()),
    ("queue", ()),
    ("plots", ()),
]


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_an_unchanged_part_is_answered_with_nothing(viewer, name, args):
    book()
    first = viewer.get(url(name, *args), headers=LIVE)
    assert first.status_code == 200
    assert "<html" not in first.text
    again = viewer.get(url(name, *args), headers={**LIVE, "If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("name", "args"), PAGES[:4])
def test_a_changed_part_is_sent_anew(viewer, name, args):
    book()
    first = viewer.get(url(name, *args), headers=LIVE)
    book()
    again = viewer.get(url(name, *args), headers={**LIVE, "If-None-Match": first["ETag"]})
    assert again.status_code == 200
    assert again["ETag"] != first["ETag"]


def test_the_whole_page_holds_the_etag_of_its_part(viewer):
    book()
    part = viewer.get(url("runs"), headers=LIVE)
    page = viewer.get(url("runs"))
    assert f'data-etag="{part["ETag"]}"'.replace('""', '"') in page.text.replace("&quot;", "")
    assert part.text in page.text


def test_part_and_page_are_told_apart_by_caches(viewer):
    assert "X-Meanwhile-Live" in viewer.get(url("runs"))["Vary"]


def test_a_run_is_followed_while_it_works_seldom_while_it_waits_and_never_when_it_is_over(viewer):
    booking = book(notes="mended")
    printed, remind = url("run", run_of("printed", booking).pk), url("run", run_of("remind", booking).pk)
    assert viewer.get(printed, headers=LIVE)["X-Meanwhile-Again"] == "1.5"
    assert viewer.get(remind, headers=LIVE)["X-Meanwhile-Again"] == "15"
    run_background()
    control.cancel(job_of("remind", booking).pk)
    assert viewer.get(printed, headers=LIVE)["X-Meanwhile-Again"] == "0"
    assert viewer.get(remind, headers=LIVE)["X-Meanwhile-Again"] == "0"


def test_another_language_is_another_part(viewer):
    english = viewer.get(url("runs"), headers={**LIVE, "Accept-Language": "en"})
    german = viewer.get(url("runs"), headers={**LIVE, "Accept-Language": "de"})
    assert english["ETag"] != german["ETag"]
