from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meanwhile.queue.models import Job
from meanwhile.testing import run_background
from tests.integration.admin.pages import job_of, list_of, page_of, run_of
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db

LISTS = ("job", "run", "treeversion", "workerprocess")


@pytest.fixture
def booking():
    made = Booking.objects.create(name="Ada", starts=timezone.now())
    run_background()
    return made


def pages(booking):
    run = run_of("printed", booking)
    return [*map(list_of, LISTS), page_of(run), page_of(job_of("printed", booking)), page_of(run.version)]


def test_without_permission_nothing_is_seen(person, client, booking):
    client.force_login(person())
    assert {client.get(page).status_code for page in pages(booking)} == {403}


def test_a_stranger_is_sent_to_the_login(client, booking):
    assert {client.get(page).status_code for page in pages(booking)} == {302}


def test_one_may_see_jobs_and_not_runs(person, client, booking):
    client.force_login(person("view_job"))
    page = client.get(page_of(job_of("printed", booking)))
    assert page.status_code == 200
    assert page_of(run_of("printed", booking)) not in page.text
    assert client.get(list_of("run")).status_code == 403


def test_who_may_look_may_not_operate(viewer, booking):
    job, run = job_of("printed", booking), run_of("printed", booking)
    assert 'name="operation"' not in viewer.get(page_of(job)).text + viewer.get(page_of(run)).text
    assert 'name="action"' not in viewer.get(list_of("job")).text
    assert viewer.post(page_of(job), {"operation": "cancel"}).status_code == 403
    assert viewer.post(page_of(run), {"operation": "cancel"}).status_code == 403
    viewer.post(list_of("job"), {"action": "cancel", "_selected_action": [job.pk]})
    assert Job.objects.get(pk=job.pk).state == "failed"


def test_operating_needs_a_token(person, booking):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("view_job", "operate_job"))
    job = job_of("printed", booking)
    assert client.post(page_of(job), {"operation": "cancel"}).status_code == 403
    assert Job.objects.get(pk=job.pk).state == "failed"


@pytest.mark.parametrize("name", LISTS)
def test_nothing_can_be_added_changed_or_deleted(admin_client, booking, name):
    assert admin_client.get(reverse(f"admin:meanwhile_{name}_add")).status_code == 403
    for page in (list_of(name), page_of(job_of("printed", booking))):
        text = admin_client.get(page).text
        assert "delete_selected" not in text
        assert 'name="_save"' not in text
    job = job_of("printed", booking)
    assert admin_client.post(reverse("admin:meanwhile_job_delete", args=[job.pk]), {"post": "yes"}).status_code == 403


def test_other_pages_of_a_version_take_no_post(operator, booking):
    assert operator.post(page_of(run_of("printed", booking).version), {"operation": "cancel"}).status_code == 403


def test_no_page_needs_an_inline_script_or_style(operator, booking):
    for page in [*pages(booking), list_of("job", state__exact="failed")]:
        html = operator.get(page).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))
        assert "/static/meanwhile/admin.css" in html
    job = job_of("printed", booking)
    asked = operator.post(list_of("job"), {"action": "retry_from_step", "_selected_action": [job.pk]}).text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", asked)
