from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from meanwhile import Background, Created, EventTree, Retry, UpdateField, action, conf
from meanwhile.clock import FixedClock
from meanwhile.queue.models import Job
from meanwhile.queue.prune import prune
from meanwhile.queue.wake import Wake
from meanwhile.queue.worker.sweeper import FIRST_PRUNE_AFTER, Sweeper
from meanwhile.testing import advance_to, run_background, use_trees
from meanwhile.trees.models import Run, TreeVersion
from meanwhile.trees.prune import prune_runs, prune_versions
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db


@action(retry=Retry(max_attempts=1))
def break_down(record: Booking) -> None:
    raise RuntimeError("broken")


QUIET = EventTree("Quiet", on=Created(Booking), do=[])
READY = EventTree("Ready", on=Created(Booking), do=[Background(UpdateField(ready=True))])
BROKEN = EventTree("Broken", on=Created(Booking), do=[Background(break_down())])


def prune_in(days, using="default"):
    """What is pruned when so many days have gone by."""
    return prune(conf.get().retention, now=timezone.now() + timedelta(days=days), using=using)


def left():
    return sorted(Run.objects.values_list("tree", flat=True))


def test_runs_and_their_jobs_go_when_their_state_is_kept_no_longer():
    with use_trees(QUIET, READY, BROKEN):
        Booking.objects.create(name="Ada")
        run_background()
        assert prune_in(days=6) == 0
        assert prune_in(days=8) == 3  # two runs and one job
        assert left() == ["broken"]
        assert prune_in(days=91) == 2
        assert left() == []
        assert not Job.objects.exists()


def test_a_run_stays_while_a_job_of_it_waits():
    with use_trees(READY):
        Booking.objects.create(name="Ada")
        assert prune_in(days=400) == 0
        assert left() == ["ready"]


def test_a_run_stays_while_a_failed_job_of_it_could_be_retried(settings):
    settings.MEANWHILE = {"RETENTION": {"succeeded": 1}}
    with use_trees(BROKEN):
        Booking.objects.create(name="Ada")
        run_background()
        Run.objects.update(state="succeeded")
        assert prune_in(days=30) == 0


def test_batches_reach_behind_runs_that_stay(monkeypatch):
    monkeypatch.setattr("meanwhile.trees.prune.BATCH", 2)
    with use_trees(READY):
        Booking.objects.create(name="waits")
        Booking.objects.create(name="waits")
        Run.objects.update(state="succeeded", finished=timezone.now())
    with use_trees(QUIET):
        for _ in range(5):
            Booking.objects.create(name="Ada")
    retention, now = {"succeeded": 7}, timezone.now() + timedelta(days=8)
    assert prune_runs(retention, now=now, using="default", dry_run=True) == 5
    assert len(left()) == 7
    assert prune_runs(retention, now=now, using="default") == 5
    assert left() == ["ready", "ready"]


def test_a_version_goes_when_no_run_refers_to_it_and_its_tree_is_gone():
    retention, later = {"succeeded": 7.0, "failed": 90.0}, timezone.now() + timedelta(days=91)
    with use_trees(QUIET):
        Booking.objects.create(name="Ada")
        assert prune_versions(retention, now=later, using="default") == 0
        Run.objects.all().delete()
        assert prune_versions(retention, now=later, using="default") == 0
    assert prune_versions(retention, now=timezone.now() + timedelta(days=8), using="default") == 0
    assert prune_versions(retention, now=later, using="default", dry_run=True) == 1
    assert prune_versions(retention, now=later, using="default") == 1
    assert not TreeVersion.objects.exists()


def test_a_tree_that_was_pruned_away_can_run_again():
    with use_trees(READY):
        Booking.objects.create(name="Ada")
        run_background()
    assert prune_in(days=100) == 3
    with use_trees(READY):
        booking = Booking.objects.create(name="Bob")
        advance_to(timezone.now() + timedelta(seconds=1))
    booking.refresh_from_db()
    assert booking.ready


def test_the_worker_prunes_soon_after_its_start_and_then_every_hour():
    with use_trees(QUIET):
        Booking.objects.create(name="Ada")
        clock = FixedClock(timezone.now() + timedelta(days=8))
        sweeper = Sweeper("default", sweep=0.001, clock=clock, wake=Wake())
        sweeper.turn()
        assert left() == ["quiet"]
        clock.advance(seconds=FIRST_PRUNE_AFTER)
        sweeper.turn()
        assert left() == []
        Booking.objects.create(name="Bob")
        clock.advance(minutes=59)
        sweeper.turn()
        assert left() == ["quiet"]
        clock.advance(minutes=1)
        sweeper.turn()
        assert left() == []
