from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.jobs import NewJob
from meanwhile.queue.models import Job, WorkerProcess
from meanwhile.queue.owner import new_owner
from meanwhile.testing import run_background
from tests.integration.admin.pages import job_of, list_of, page_of, rows_of, run_of, text_of
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db


def book(name="Ada", **values):
    return Booking.objects.create(name=name, starts=timezone.now() + timedelta(days=30), **values)


def failed():
    booking = book()
    run_background()
    return booking, job_of("printed", booking)


def act(client, action, *jobs, **extra):
    data = {"action": action, "_selected_action": [job.pk for job in jobs], **extra}
    return client.post(list_of("job"), data, follow=True)


class TestList:
    def test_each_waiting_job_says_why(self, operator):
        book()
        remind, printed = rows_of(operator.get(list_of("job")))
        assert "Remind" in remind
        assert "○ waiting" in remind
        assert "It is due at" in remind
        assert "No worker is alive" in printed

    def test_with_a_worker_alive_it_says_that_workers_are_busy(self, operator):
        book()
        now = timezone.now()
        WorkerProcess.objects.create(owner=new_owner(), host="h", pid=1, threads=1, started=now, seen=now)
        assert "Workers are busy" in rows_of(operator.get(list_of("job")))[1]

    def test_a_failed_job_shows_its_error_and_its_run(self, operator):
        booking, _job = failed()
        (row,) = rows_of(operator.get(list_of("job", state__exact="failed")))
        assert "✗ failed" in row
        assert "RuntimeError: the printer is <on> fire" in row
        assert f"printed · created · shop.Booking {booking.pk}" in row

    @pytest.mark.parametrize(
        ("query", "number"),
        [
            ({"state__exact": "ready"}, 1),
            ({"state__exact": "failed"}, 1),
            ({"kind": "tree"}, 2),
            ({"kind": "other"}, 0),
            ({"priority": "usual"}, 1),
            ({"priority": "high"}, 1),
            ({"priority": "low"}, 0),
            ({"q": "Remi"}, 1),
            ({"q": "nothing like it"}, 0),
        ],
    )
    def test_jobs_are_found_by_filters_and_search(self, operator, query, number):
        booking, _job = failed()
        Job.objects.filter(pk=job_of("remind", booking).pk).update(priority=5)
        assert len(rows_of(operator.get(list_of("job", **query)))) == number

    def test_jobs_are_found_by_number_run_and_serial_key(self, operator):
        booking, job = failed()
        Job.objects.filter(pk=job.pk).update(serial_key="shop.Booking:77")
        book()
        for typed in (
            job.pk,
            f"%23{job.pk}",
            run_of("printed", booking).pk,
            job.group.replace("-", ""),
            "shop.Booking:77",
        ):
            (row,) = rows_of(operator.get(list_of("job", q=typed)))
            assert f"#{job.pk}" in row

    def test_the_number_of_queries_does_not_grow_with_the_jobs(self, operator, django_assert_num_queries):
        book()
        with CaptureQueriesContext(connection) as few:
            operator.get(list_of("job"))
        for _ in range(10):
            book()
        with django_assert_num_queries(len(few)):
            operator.get(list_of("job"))

    @pytest.mark.sqlite
    def test_the_failed_jobs_are_found_by_their_index(self, operator):
        failed()
        with CaptureQueriesContext(connection) as queries:
            operator.get(list_of("job", state__exact="failed"))
        of_jobs = [query["sql"] for query in queries if 'FROM "meanwhile_job"' in query["sql"]]
        assert len(of_jobs) == 2
        for statement in of_jobs:
            with connection.cursor() as cursor:
                plan = str(cursor.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall())
            assert "meanwhile_job_ended" in plan
            assert "TEMP B-TREE" not in plan

    def test_many_jobs_are_counted_only_so_far(self, operator, monkeypatch):
        monkeypatch.setattr("meanwhile.admin.read_only.MOST_LISTED", 3)
        book()
        book()
        assert "Only the first 3 are listed" in text_of(operator.get(list_of("job")))
        assert "Only the first" not in text_of(operator.get(list_of("job", q="Remind")))


class TestPage:
    def test_the_steps_are_shown_with_those_to_come(self, operator):
        booking, job = failed()
        text = text_of(operator.get(page_of(job)))
        seat, ticket, ready = "2.0 Assign a seat ✓ done", "2.1 Print the ticket ✗ failed", "2.2 Update ready ○ to come"
        assert text.index(seat) < text.index(ticket) < text.index(ready)
        assert f'{{"seat": "12A", "booking": {booking.pk}}}' in text
        assert text.count("the printer is <on> fire") == 2
        assert '"path": "2"' in text

    def test_the_error_is_escaped(self, operator):
        _booking, job = failed()
        assert "the printer is &lt;on&gt; fire" in operator.get(page_of(job)).text

    def test_a_running_step_shows_its_progress(self, operator):
        booking = book()
        job = job_of("printed", booking)
        Job.objects.filter(pk=job.pk).update(state="running", progress=0.5, progress_text="half of it")
        text = text_of(operator.get(page_of(job)))
        assert "Assign a seat ▶ running" in text
        assert "50% half of it" in text

    def test_a_job_whose_version_is_gone_shows_what_it_did(self, operator):
        _booking, job = failed()
        job.payload["version"] = "00000000-0000-0000-0000-000000000000"
        job.save()
        text = text_of(operator.get(page_of(job)))
        assert "Assign a seat ✓ done" in text
        assert "Print the ticket ✗ failed" in text

    def test_a_job_of_another_kind_can_be_looked_at(self, operator):
        now = timezone.now()
        job = Job.objects.create(kind="call", name="a call", due=now, created=now, group="page 7", result={"n": 1})
        text = text_of(operator.get(page_of(job)))
        for shown in ("a call", "page 7", '"n": 1', "No steps."):
            assert shown in text

    def test_a_job_that_is_not_there_is_not_found(self, operator):
        _booking, job = failed()
        job.delete()
        assert operator.get(page_of(Job(pk=job.pk or 99999))).status_code == 404

    @pytest.mark.parametrize(
        ("state", "offered"),
        [
            ("ready", {"skip", "cancel"}),
            ("running", {"cancel"}),
            ("failed", {"retry", "skip", "cancel", "retry_from"}),
            ("succeeded", set()),
            ("cancelled", set()),
        ],
    )
    def test_only_what_fits_the_state_is_offered(self, operator, state, offered):
        _booking, job = failed()
        Job.objects.filter(pk=job.pk).update(state=state)
        page = operator.get(page_of(job)).text
        names = {"retry", "run_now", "skip", "cancel", "retry_from"}
        assert {name for name in names if f'name="operation" value="{name}"' in page} == offered

    def test_running_now_is_offered_while_its_moment_is_to_come(self, operator):
        job = job_of("remind", book())
        assert 'name="operation" value="run_now"' in operator.get(page_of(job)).text

    def test_no_sensitive_value_of_the_payload_is_shown(self, operator):
        job = Job.objects.get(
            pk=enqueue([NewJob(kind="toy", payload={"params": {"api_key": "s3cr3t", "to": "Ada"}})])[0]
        )
        text = operator.get(page_of(job)).text
        assert "Ada" in text
        assert "s3cr3t" not in text


class TestOperations:
    def test_a_failed_job_is_retried(self, operator):
        booking, job = failed()
        Booking.objects.update(notes="mended")
        assert "Done for 1 job." in text_of(act(operator, "retry", job))
        run_background()
        booking.refresh_from_db()
        assert booking.ready

    def test_a_waiting_job_is_made_due(self, operator):
        booking = book()
        act(operator, "run_now", job_of("remind", booking))
        run_background()
        booking.refresh_from_db()
        assert booking.notes == "soon"

    @pytest.mark.parametrize(("action", "state"), [("skip", "skipped"), ("cancel", "cancelled")])
    def test_jobs_are_ended(self, operator, action, state):
        booking = book()
        jobs = [job_of("remind", booking), job_of("printed", booking)]
        assert "Done for 2 jobs." in text_of(act(operator, action, *jobs))
        assert set(Job.objects.values_list("state", flat=True)) == {state}

    def test_jobs_that_can_not_be_operated_on_are_named_and_hinder_no_other(self, operator):
        booking, job = failed()
        waits = job_of("remind", booking)
        text = text_of(act(operator, "retry", waits, job))
        assert "Done for 1 job." in text
        assert f"Job {waits.pk} is waiting and cannot become waiting." in text
        job.refresh_from_db()
        assert job.state == "ready"

    def test_only_the_first_problems_are_told(self, operator):
        jobs = [job_of("remind", book()) for _ in range(12)]
        assert "And 2 more." in text_of(act(operator, "retry", *jobs))

    def test_a_job_is_retried_from_a_chosen_step(self, operator):
        booking, job = failed()
        waits = job_of("remind", booking)
        asked = act(operator, "retry_from_step", job, waits)
        assert "Left as they are" in text_of(asked)
        assert f'name="step_{job.pk}"' in asked.text
        assert f'name="step_{waits.pk}"' not in asked.text
        for option in ("2.0 Assign a seat", "2.1 Print the ticket"):
            assert option in text_of(asked)
        act(operator, "retry_from_step", job, apply="1", **{f"step_{job.pk}": "2.0"})
        job.refresh_from_db()
        assert (job.state, job.steps["done"]) == ("ready", {})

    def test_a_step_that_the_job_does_not_have_is_refused(self, operator):
        _booking, job = failed()
        text = text_of(act(operator, "retry_from_step", job, apply="1", **{f"step_{job.pk}": "9.9"}))
        assert "no step “9.9”" in text

    def test_without_a_job_that_has_steps_there_is_nothing_to_choose(self, operator):
        booking = book()
        assert "no step to go on from" in text_of(act(operator, "retry_from_step", job_of("remind", booking)))

    def test_the_buttons_of_the_page_do_the_same(self, operator):
        _booking, job = failed()
        response = operator.post(page_of(job), {"operation": "retry_from", "step": "2.0"}, follow=True)
        assert "Done for 1 job." in text_of(response)
        job.refresh_from_db()
        assert (job.state, job.steps["done"]) == ("ready", {})
        operator.post(page_of(job), {"operation": "cancel"})
        job.refresh_from_db()
        assert job.state == "cancelled"
        text = text_of(operator.post(page_of(job), {"operation": "retry"}, follow=True))
        assert f"Job {job.pk}" in text
        operator.post(page_of(job), {"operation": "delete"})
        assert Job.objects.filter(pk=job.pk).exists()

    def test_who_did_it_is_logged(self, operator):
        _booking, job = failed()
        act(operator, "retry", job)
        entry = LogEntry.objects.get()
        assert (entry.user.username, entry.object_id) == ("staff", str(job.pk))
        assert "retry" in entry.change_message
