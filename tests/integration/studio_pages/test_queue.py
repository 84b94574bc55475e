from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meanwhile import Background, Created, EventTree, Field, UpdateField
from meanwhile.queue import pause as pausing
from meanwhile.queue.claim import claim
from meanwhile.queue.models import Job, WorkerProcess
from meanwhile.queue.owner import new_owner
from meanwhile.queue.pause import paused
from meanwhile.studio import step_words, workers
from meanwhile.studio.job_lists import LISTS, Place, list_jobs
from meanwhile.testing import run_background, use_trees
from tests.integration.studio_pages.conftest import book
from tests.integration.studio_pages.pages import job_of, read, rows_of, text_of, url
from tests.plans import plan_of
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def job(number=1, **values):
    given = {"kind": "other", "name": f"Job {number}", "state": "ready", "due": NOON, "created": NOON, **values}
    return Job.objects.create(**given)


def walk(name, page=3):
    """All jobs of a list, page by page."""
    seen, after = [], None
    while True:
        found = list_jobs(name, after, now=NOON, using="default", page=page)
        seen += [one.name for one in found.jobs]
        if found.next is None:
            return seen
        after = Place.read(str(found.next))
        assert after is not None


class TestLists:
    def test_what_is_due_stands_in_the_order_in_which_it_starts(self):
        for number in range(10):
            job(number, priority=number % 2, due=NOON - (number % 5) * MINUTE)
        job("later", due=NOON + MINUTE)
        expected = sorted(range(10), key=lambda number: (-(number % 2), -(number % 5), number))
        assert walk("due") == [f"Job {number}" for number in expected]

    def test_what_is_due_later_stands_by_its_moment_whatever_its_priority(self):
        for number in range(10):
            job(number, priority=number % 3, due=NOON + (10 - number) * MINUTE)
        job("due")
        assert walk("later") == [f"Job {number}" for number in reversed(range(10))]

    def test_what_is_held_back_and_what_runs_have_lists_of_their_own(self):
        for number in range(4):
            job(number, serial_key="a", held=1, due=NOON - MINUTE)
            job(number + 10, state="running", lease_until=NOON, lease_owner="me", started=NOON)
        assert walk("held") == ["Job 0", "Job 1", "Job 2", "Job 3"]
        assert walk("running") == ["Job 10", "Job 11", "Job 12", "Job 13"]

    @pytest.mark.parametrize("state", ["failed", "succeeded", "cancelled", "skipped"])
    def test_what_ended_stands_by_its_end_the_latest_first(self, state):
        for number in range(8):
            job(number, state=state, finished=NOON + (number // 2) * MINUTE)
        assert walk(state) == [f"Job {number}" for number in reversed(range(8))]

    @pytest.mark.parametrize("text", ["", "x", "1~2~3", "1~2026-01-01~3", "1~2026-13-01T00:00:00+00:00~1", "~~"])
    def test_a_place_that_is_none_is_the_beginning(self, viewer, text):
        assert Place.read(text) is None
        assert viewer.get(url("queue", list="due", after=text)).status_code == 200

    @pytest.mark.parametrize("name", LISTS)
    def test_each_page_of_a_list_reads_its_index(self, name):
        ended = name in {"failed", "succeeded", "cancelled", "skipped"}
        for number in range(40):
            job(number, due=NOON + (number - 20) * MINUTE, held=int(number % 4 == 0), priority=number % 2)
            job(number, state="running", lease_until=NOON, started=NOON)
            job(number, state=name if ended else "failed", finished=NOON + number * MINUTE)
        index = {"held": "held", "running": "lease"}.get(name, "ended" if ended else "claim")
        after = Place(1, NOON + (25 if ended else 3 if name == "later" else -15) * MINUTE, 5)
        for place in (None, after):
            with CaptureQueriesContext(connection) as queries:
                found = list_jobs(name, place, now=NOON, using="default", page=5)
            assert found.jobs
            lists = [query["sql"] for query in queries if "ORDER BY" in query["sql"] and "LIMIT" in query["sql"]]
            assert lists
            for statement in lists:
                assert f"meanwhile_job_{index}" in plan_of(statement), statement


class TestPage:
    def test_it_tells_how_much_waits_runs_and_failed_and_since_when(self, viewer):
        book()
        run_background()
        book()
        text = text_of(viewer.get(url("queue")))
        assert re.search(r"1 in line|in line 1", text)
        assert "failed" in text
        assert "oldest wait" in text

    def test_each_waiting_job_says_why_it_waits(self, viewer):
        booking = book()
        [row] = rows_of(viewer.get(url("queue", list="due")))
        assert "No worker is alive" in row
        [row] = rows_of(viewer.get(url("queue", list="later")))
        assert "It is due at" in row
        pausing.pause()
        [row] = rows_of(viewer.get(url("queue", list="due")))
        assert "The queue is paused." in row
        assert str(job_of("printed", booking).pk) in row

    def test_a_failed_job_says_why_it_failed(self, viewer):
        book()
        run_background()
        [row] = rows_of(viewer.get(url("queue", list="failed")))
        assert "the printer is <on> fire" in row

    def test_workers_say_what_each_does(self, viewer):
        now, owner = timezone.now(), new_owner()
        WorkerProcess.objects.create(owner=owner, host="station", pid=7, threads=4, started=now, seen=now)
        text = text_of(viewer.get(url("queue")))
        assert "station process 7 alive idle, 4 threads" in text
        book()
        claim(1, owner, now=now + MINUTE, lease=300, using="default")
        assert "Printed · At once Assign a seat" in text_of(viewer.get(url("queue")))

    def test_of_each_running_job_only_the_step_that_it_is_at_is_named(self, viewer, monkeypatch):
        now, owner, named, read = timezone.now(), new_owner(), [], []
        WorkerProcess.objects.create(owner=owner, host="station", pid=7, threads=4, started=now, seen=now)
        steps = [UpdateField(price=Field("seat.price")) for _number in range(50)]
        with use_trees(EventTree("Long", on=Created(Booking), do=[Background(*steps)])):
            for _number in range(4):
                Booking.objects.create(name="Ada")
        claim(4, owner, now=now + MINUTE, lease=300, using="default")
        title_of, naming_of = step_words.title_of, workers.naming_of
        monkeypatch.setattr(step_words, "title_of", lambda *given: named.append(given) or title_of(*given))
        monkeypatch.setattr(workers, "naming_of", lambda given: read.append(given) or naming_of(given))
        assert text_of(viewer.get(url("queue"))).count("Long · Background Update Price") == 4
        assert (len(named), len(read)) == (4, 1)

    def test_a_worker_without_a_sign_of_life_is_silent(self, viewer):
        now = timezone.now()
        silent = now - timedelta(hours=1)
        WorkerProcess.objects.create(owner="elsewhere", host="far", pid=7, threads=4, started=silent, seen=silent)
        text = text_of(viewer.get(url("queue")))
        assert "far process 7 silent last seen" in text
        assert "idle" not in text

    def test_without_workers_it_says_what_to_do(self, viewer):
        book()
        page = viewer.get(url("queue")).text
        assert page.count("<code>manage.py meanwhile_worker</code>") == 2
        assert "`" not in read(page)


class TestPause:
    def test_an_operator_pauses_with_a_reason_and_resumes(self, operator):
        operator.post(url("queue"), {"do": "pause", "reason": "The mail server moves."})
        assert (paused().by, paused().reason) == ("operator", "The mail server moves.")
        for page in ("record-types", "runs", "queue"):
            assert "“The mail server moves.”" in text_of(operator.get(url(page)))
        operator.post(url("queue"), {"do": "resume"})
        assert paused() is None

    def test_a_job_of_the_list_is_operated_from_it(self, operator):
        booking = book()
        job = job_of("remind", booking)
        operator.post(url("queue", list="later"), {"do": f"cancel:{job.pk}"})
        job.refresh_from_db()
        assert job.state == "cancelled"

    @pytest.mark.parametrize("do", ["", "retry:", "retry:x", "retry:99999999999999999999999", "nonsense:1"])
    def test_nonsense_does_nothing(self, operator, do):
        assert operator.post(url("queue"), {"do": do}, follow=True).status_code == 200


class TestPlots:
    def test_what_ended_and_how_long_it_waited_is_drawn_and_told_as_a_table(self, viewer):
        book(notes="mended")
        run_background()
        page = viewer.get(url("plots"))
        assert 'class="mw-plot__good"' in page.text
        assert "<polyline" in page.text
        assert "style=" not in page.text
        assert re.search(r"1 succeeded", text_of(page))
        assert len(rows_of(page)) == 1
        assert len(rows_of(viewer.get(url("plots", span="day")))) == 1

    def test_an_hour_without_work_says_so(self, viewer):
        assert "No job has ended in this time." in text_of(viewer.get(url("plots")))

    def test_numbers_of_a_drawing_are_never_written_with_a_comma(self, viewer, settings):
        settings.LANGUAGE_CODE = "de"
        book(notes="mended")
        run_background()
        drawn = viewer.get(url("plots"), headers={"Accept-Language": "de"}).text
        assert not re.search(r'(?:x|y|width|height|x1|y1)="\d+,\d', drawn)
