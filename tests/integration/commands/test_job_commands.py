from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone

from meanwhile.queue.models import Job
from meanwhile.testing import run_background, use_trees
from meanwhile.trees.models import Run, TreeVersion
from tests.integration.commands.conftest import READY
from tests.shop.models import Booking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trees")]


def book(**values):
    return Booking.objects.create(name="Ada", starts=timezone.now() + timedelta(days=30), **values)


def job(tree, booking):
    run = Run.objects.get(tree=tree, record_pk=booking.pk)
    return Job.objects.get(group=str(run.pk))


class TestJobs:
    def test_every_job_is_listed_with_why_it_waits(self, run):
        booking = book()
        lines = run("meanwhile_jobs").splitlines()
        assert len(lines) == 3
        (remind,) = [line for line in lines if "Remind" in line]
        assert f"#{job('remind', booking).pk}  ready" in remind
        assert f"shop.Booking:{booking.pk}" in remind
        assert "It is due at" in remind
        assert "No worker is alive" in next(line for line in lines if "Ready" in line)

    def test_a_failed_job_shows_its_error(self, run):
        book()
        run_background()
        (line,) = run("meanwhile_jobs", "--state", "failed").splitlines()
        assert "RuntimeError: broken" in line

    @pytest.mark.parametrize(
        ("options", "found"),
        [
            (["--tree", "ready"], {"Ready · Background"}),
            (["--state", "ready"], {"Remind · Delay"}),
            (["--state", "ready", "--state", "failed"], {"Remind · Delay", "Broken · Background"}),
            (["--kind", "tree", "--state", "succeeded"], {"Ready · Background"}),
            (["--kind", "other"], set()),
        ],
    )
    def test_jobs_are_chosen_by_options(self, run, options, found):
        book()
        run_background()
        assert {
            one["name"].partition(" until")[0] for one in json.loads(run("meanwhile_jobs", "--json", *options))
        } == found

    def test_jobs_about_a_record(self, run):
        first, second = book(), book()
        found = json.loads(run("meanwhile_jobs", "--json", "--record", f"shop.booking:{second.pk}", "--tree", "ready"))
        assert [(one["record"], one["tree"]) for one in found] == [(f"shop.Booking:{second.pk}", "ready")]
        assert first.pk != second.pk

    def test_the_latest_come_first_and_only_so_many(self, run):
        book()
        newest = Job.objects.latest("pk").pk
        assert [one["id"] for one in json.loads(run("meanwhile_jobs", "--json", "--limit", 1))] == [newest]

    @pytest.mark.parametrize("record", ["shop.Booking", "shop.Boking:1", "booking:1"])
    def test_a_record_that_can_not_be_meant_is_refused(self, run, record):
        with pytest.raises(CommandError, match="--record"):
            run("meanwhile_jobs", "--record", record)


class TestRetry:
    def test_a_failed_job_goes_on_at_the_step_that_failed(self, run):
        booking = book()
        run_background()
        Booking.objects.filter(pk=booking.pk).update(notes="mended", status="seen")
        assert run("meanwhile_retry", job("broken", booking).pk).strip() == "Jobs that go on: 1"
        run_background()
        booking.refresh_from_db()
        assert (job("broken", booking).state, booking.status, booking.ready) == ("succeeded", "seen", True)

    def test_it_goes_on_at_an_earlier_step_if_told(self, run):
        booking = book()
        run_background()
        Booking.objects.filter(pk=booking.pk).update(notes="mended", status="seen")
        run("meanwhile_retry", job("broken", booking).pk, "--from-step", "0.0")
        run_background()
        booking.refresh_from_db()
        assert booking.status == "begun"

    def test_all_failed_jobs_of_a_tree_go_on(self, run):
        book()
        book()
        run_background()
        assert run("meanwhile_retry", "--all-failed", "--tree", "ready").strip() == "Jobs that go on: 0"
        assert run("meanwhile_retry", "--all-failed", "--tree", "broken").strip() == "Jobs that go on: 2"
        assert not Job.objects.filter(state="failed").exists()

    def test_those_that_can_not_be_retried_are_named_and_the_others_go_on(self, run):
        booking = book()
        run_background()
        good, bad = job("broken", booking), job("ready", booking)
        with pytest.raises(CommandError, match=rf"Job {bad.pk} is succeeded(.|\n)*There is no job 99999"):
            run("meanwhile_retry", bad.pk, 99999, good.pk)
        good.refresh_from_db()
        assert good.state == "ready"

    def test_an_unknown_step_is_named(self, run):
        booking = book()
        run_background()
        with pytest.raises(CommandError, match=r"no step “7\.7”"):
            run("meanwhile_retry", job("broken", booking).pk, "--from-step", "7.7")

    @pytest.mark.parametrize(
        "args", [[], ["1", "--all-failed"], ["1", "--tree", "ready"], ["--all-failed", "--from-step", "0.0"]]
    )
    def test_what_can_not_be_meant_is_refused(self, run, args):
        with pytest.raises(CommandError):
            run("meanwhile_retry", *args)


class TestCancel:
    def test_jobs_are_cancelled_by_number(self, run):
        booking = book()
        assert run("meanwhile_cancel", job("ready", booking).pk).strip() == "Jobs cancelled: 1"
        assert job("ready", booking).state == "cancelled"

    def test_all_waiting_jobs_of_a_tree_are_cancelled(self, run):
        booking = book()
        run("meanwhile_cancel", "--all-waiting", "--tree", "remind")
        assert (job("remind", booking).state, job("ready", booking).state) == ("cancelled", "ready")

    def test_all_failed_jobs_are_cancelled(self, run):
        booking = book()
        run_background()
        run("meanwhile_cancel", "--all-failed")
        assert (job("broken", booking).state, job("remind", booking).state) == ("cancelled", "ready")

    def test_what_can_not_be_meant_is_refused(self, run):
        with pytest.raises(CommandError, match="--all-waiting"):
            run("meanwhile_cancel")


class TestPrune:
    def test_a_dry_run_counts_and_deletes_nothing(self, run):
        with use_trees(READY):
            book()
            run_background()
        TreeVersion.objects.update(created=timezone.now() - timedelta(days=1))
        with use_trees():
            said = run("meanwhile_prune", "--dry-run", "--days", 0)
            assert said.strip() == "It would delete: jobs 1, runs 1, tree versions 0"
            assert Job.objects.count() == 1
            assert run("meanwhile_prune", "--days", 0).strip() == "Deleted: jobs 1, runs 1, tree versions 1"
        assert not Run.objects.exists()

    def test_the_retention_of_the_settings_is_kept(self, run):
        book()
        run_background()
        assert run("meanwhile_prune").strip() == "Deleted: jobs 0, runs 0, tree versions 0"

    def test_negative_days_are_refused(self, run):
        with pytest.raises(CommandError, match="from 0 on"):
            run("meanwhile_prune", "--days=-1")
