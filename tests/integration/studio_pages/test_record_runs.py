from __future__ import annotations

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from meanwhile.testing import run_background
from tests.integration.studio_pages.conftest import book
from tests.integration.studio_pages.pages import job_of, read, run_of, url

pytestmark = pytest.mark.django_db


def shown(record, user):
    request = RequestFactory().get("/")
    request.user = user
    template = Template("{% load meanwhile_studio %}{% record_runs record %}")
    return template.render(Context({"record": record, "request": request}))


def test_a_record_shows_its_runs_and_what_is_pending(person):
    booking = book()
    run_background()
    page = shown(booking, person("view"))
    text = read(page)
    assert text.index("Pending") < text.index("Remind · Two days It is due at") < text.index("failed Printed Created")
    assert url("run", run_of("printed", booking).pk) in page
    assert f"#job-{job_of('remind', booking).pk}" in page


def test_other_records_runs_are_not_shown(person):
    book()
    other = book()
    page = shown(other, person("view"))
    assert page.count("<li>") == 4


def test_a_record_without_runs_says_so(person):
    booking = book()
    booking.pk = 4711
    assert "No tree has run for this record yet." in shown(booking, person("view"))


@pytest.mark.parametrize("what", [(), ("edit",), ("operate",)])
def test_nobody_else_sees_anything(person, what):
    assert shown(book(), person(*what)) == ""


def test_a_page_without_a_request_shows_nothing():
    template = Template("{% load meanwhile_studio %}{% record_runs record %}")
    assert template.render(Context({"record": book()})) == ""


def test_the_admins_page_of_a_record_shows_them_to_whoever_may_see_the_studio(client, person):
    booking = book()
    address = f"/admin/shop/booking/{booking.pk}/change/"
    client.force_login(person("view", "view_booking", "change_booking"))
    page = client.get(address).text
    assert "Remind · Two days" in page
    assert "meanwhile/studio/studio.css" in page
    client.force_login(person("view_booking", "change_booking", name="other"))
    assert "Remind · Two days" not in client.get(address).text
    assert client.get("/admin/shop/booking/add/").status_code in {200, 403}
