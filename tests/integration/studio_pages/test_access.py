from __future__ import annotations

import pytest
from django.contrib.auth.backends import BaseBackend
from django.test import Client
from django.utils import timezone

from meanwhile.queue.models import Job
from meanwhile.queue.pause import paused
from meanwhile.studio.models import StudioTree
from meanwhile.testing import run_background
from tests.integration.studio_pages.conftest import book
from tests.integration.studio_pages.pages import LIVE, job_of, rows_of, run_of, text_of, url

pytestmark = pytest.mark.django_db

PAGES = [
    ("record-types", ()),
    ("record-type", ("shop.Booking",)),
    ("python-tree", ("printed",)),
    ("runs", ()),
    ("queue", ()),
    ("plots", ()),
]


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def failed():
    booking = book()
    run_background()
    return job_of("printed", booking)


@pytest.mark.parametrize(("name", "args"), PAGES)
class TestPages:
    def test_whoever_is_not_logged_in_is_sent_to_the_login_page(self, client, name, args):
        response = client.get(url(name, *args))
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/?next=")

    def test_the_permission_to_see_opens_it(self, viewer, name, args):
        assert viewer.get(url(name, *args)).status_code == 200

    @pytest.mark.parametrize("what", [(), ("edit",), ("publish",), ("operate",), ("edit", "publish", "operate")])
    def test_nothing_else_opens_it(self, person, name, args, what):
        response = client_of(person(*what)).get(url(name, *args))
        assert response.status_code == 403
        assert "This is not open to you" in response.text

    def test_the_permission_opens_it_to_staff_alone(self, person, name, args):
        assert client_of(person("view", is_staff=False)).get(url(name, *args)).status_code == 403

    def test_no_cache_keeps_it(self, viewer, name, args):
        assert "no-store" in viewer.get(url(name, *args))["Cache-Control"]


class TestRunAndJob:
    def test_a_run_is_open_to_whoever_may_see(self, viewer, person, failed):
        run = failed.group
        assert viewer.get(url("run", run)).status_code == 200
        assert client_of(person("operate")).get(url("run", run)).status_code == 403

    def test_a_job_of_a_run_is_shown_in_it(self, viewer, failed):
        response = viewer.get(url("job", failed.pk))
        assert response.status_code == 302
        assert response["Location"] == f"{url('run', failed.group)}#job-{failed.pk}"

    def test_a_job_of_no_run_shows_its_input_to_operators_alone(self, viewer, operator):
        now = timezone.now()
        job = Job.objects.create(
            kind="other", name="Call", payload={"amount": 4711, "api_key": "s3cr3t"}, due=now, created=now
        )
        assert "4711" not in text_of(viewer.get(url("job", job.pk)))
        assert "4711" in text_of(operator.get(url("job", job.pk)))
        assert "s3cr3t" not in operator.get(url("job", job.pk)).text

    def test_what_is_gone_is_said_to_be(self, viewer):
        response = viewer.get(url("run", "01a20000-0000-7000-8000-000000000000"))
        assert response.status_code == 404
        assert "There is nothing here" in response.text
        assert viewer.get(url("job", 4711)).status_code == 404
        assert viewer.get(url("record-type", "shop.Nothing")).status_code == 404


class TestOperations:
    @pytest.mark.parametrize("what", [("view",), ("view", "edit"), ("view", "publish"), ("view", "edit", "publish")])
    def test_no_other_permission_operates_by_hand_made_requests(self, person, failed, what):
        client = client_of(person(*what))
        posts = [
            (url("run", failed.group), f"retry:{failed.pk}"),
            (url("run", failed.group), "retry"),
            (url("run", failed.group), f"retry_from:{failed.pk}:2.0"),
            (url("queue"), f"cancel:{failed.pk}"),
            (url("queue"), "pause"),
            (url("job", failed.pk), f"skip:{failed.pk}"),
        ]
        for address, do in posts:
            assert client.post(address, {"do": do}).status_code == 403
        failed.refresh_from_db()
        assert failed.state == "failed"
        assert paused() is None

    def test_operating_alone_does_not_suffice_without_seeing(self, person, failed):
        client = client_of(person("operate"))
        assert client.post(url("queue"), {"do": "pause"}).status_code == 403
        assert paused() is None

    def test_a_viewer_is_offered_nothing_to_do(self, viewer, failed):
        for address in (url("run", failed.group), url("queue", list="failed")):
            assert 'name="do"' not in viewer.get(address).text

    def test_a_request_from_another_site_is_refused(self, person, failed):
        client = Client(enforce_csrf_checks=True)
        client.force_login(person("view", "operate"))
        assert client.post(url("run", failed.group), {"do": "retry"}).status_code == 403
        failed.refresh_from_db()
        assert failed.state == "failed"


class TestLiveRequests:
    def test_an_expired_session_is_told_as_such(self, client):
        response = client.get(url("queue"), headers=LIVE)
        assert response.status_code == 401
        assert response["Content-Type"].startswith("text/plain")
        assert response.text == "You are not logged in any more."
        assert response["Meanwhile-Log-In"].endswith(f"?next={url('queue')}")

    def test_an_expired_session_leads_back_to_the_page_and_to_no_other_site(self, client):
        page = {**LIVE, "HX-Current-URL": "http://testserver/studio/queue/?list=failed"}
        here = client.post(url("queue"), {"do": "pause"}, headers=page)
        assert here["Meanwhile-Log-In"].endswith("?next=/studio/queue/%3Flist%3Dfailed")
        away = client.post(url("queue"), headers={**LIVE, "HX-Current-URL": "http://evil.example/"})
        assert away["Meanwhile-Log-In"].endswith(f"?next={url('queue')}")

    def test_a_missing_permission_is_told_as_such(self, person):
        response = client_of(person("edit")).get(url("queue"), headers=LIVE)
        assert response.status_code == 403
        assert response["Content-Type"].startswith("text/plain")
        assert response.text == "You have no permission to see the Studio."


class OneTreeBackend(BaseBackend):
    """Lets everybody see and operate the tree with the key “printed”, and no other."""

    def has_perm(self, user_obj, perm, obj=None):
        return isinstance(obj, StudioTree) and obj.key == "printed" and perm.endswith(("view_studio", "operate_studio"))


class TestObjectLevelPermissions:
    @pytest.fixture
    def guest(self, settings, person):
        settings.AUTHENTICATION_BACKENDS = [
            "django.contrib.auth.backends.ModelBackend",
            f"{__name__}.OneTreeBackend",
        ]
        now = timezone.now()
        for key in ("printed", "remind"):
            StudioTree.objects.create(key=key, name=key.title(), model="shop.Booking", event="created", created=now)
        client = Client()
        client.force_login(person(), backend="django.contrib.auth.backends.ModelBackend")
        return client

    def test_only_the_runs_of_the_tree_are_listed_and_open(self, guest):
        booking = book()
        assert [row.split()[0] for row in rows_of(guest.get(url("runs")))] == ["Printed"]
        assert rows_of(guest.get(url("runs", tree="remind"))) == []
        assert rows_of(guest.get(url("runs", record=booking.pk, model="shop.Booking"))) != []
        assert guest.get(url("run", run_of("printed", booking).pk)).status_code == 200
        assert guest.get(url("run", run_of("remind", booking).pk)).status_code == 403

    def test_the_jobs_of_the_tree_can_be_operated_and_no_others(self, guest):
        booking = book()
        mine, other = job_of("printed", booking), job_of("remind", booking)
        assert guest.post(url("run", mine.group), {"do": f"cancel:{mine.pk}"}).status_code == 302
        assert guest.post(url("run", other.group), {"do": f"cancel:{other.pk}"}).status_code == 403
        # Not by way of the run that is open either.
        guest.post(url("run", mine.group), {"do": f"cancel:{other.pk}"})
        mine.refresh_from_db()
        other.refresh_from_db()
        assert (mine.state, other.state) == ("cancelled", "ready")

    def test_the_queue_of_all_is_closed(self, guest):
        assert guest.get(url("queue")).status_code == 403
        assert guest.get(url("plots")).status_code == 403
        assert url("queue") not in guest.get(url("runs")).text

    def test_the_record_types_show_that_tree_alone(self, guest):
        text = text_of(guest.get(url("record-types")))
        assert "Printed" in text
        assert "Remind" not in text
        assert "Seats" not in text


def test_who_may_see_the_studio_finds_back_from_a_page_that_is_closed(viewer, person):
    closed = viewer.get(url("tree-new"))
    assert closed.status_code == 403
    for name in ("record-types", "queue"):
        assert f'href="{url(name)}"' in closed.text
    assert "To the record types" in closed.text
    assert "To the record types" not in client_of(person("edit", name="blind")).get(url("runs")).text
