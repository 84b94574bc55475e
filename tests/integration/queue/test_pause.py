from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from meanwhile.queue.claim import Lookout, claim, first_look, look_out
from meanwhile.queue.drain import drain
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.execution import Execution
from meanwhile.queue.models import Job
from meanwhile.queue.pause import pause, paused, resume
from meanwhile.queue.reasons import why_waiting
from meanwhile.queue.wake import Wake
from tests.integration.queue.conftest import NOON
from tests.integration.queue.toys import effects, job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toy")]


def test_no_job_is_started_while_the_queue_is_paused_and_all_after_it(clock):
    enqueue([job("one"), job("two")], clock=clock)
    pause(clock=clock)
    assert drain(clock=clock) == 0
    assert effects() == []
    assert resume() is True
    assert drain(clock=clock) == 2
    assert effects() == ["one", "two"]


def test_a_worker_sees_nothing_to_take_and_no_moment_to_wake_for(clock):
    enqueue([job(name="now"), job(name="later", due=NOON + timedelta(hours=1))], clock=clock)
    assert look_out(NOON, using="default").due_now == first_look(NOON, using="default").due_now == (0,)
    pause(clock=clock)
    assert look_out(NOON, using="default") == first_look(NOON, using="default") == Lookout((), None)


def test_a_look_costs_no_statement_more_for_the_pause(clock):
    with CaptureQueriesContext(connection) as queries:
        look_out(NOON, using="default")
    assert len(queries) == 1


def test_a_job_that_runs_goes_on_to_its_end(clock):
    enqueue([job("one")], clock=clock)
    [claimed] = claim(1, "me", now=NOON, lease=30, using="default")
    pause(clock=clock)
    Execution(claimed, using="default", clock=clock).run()
    assert effects() == ["one"]


def test_a_pause_says_who_and_why_and_the_first_one_stays(clock):
    first = pause(by="Grace", reason="The mail server moves.", clock=clock)
    clock.advance(minutes=5)
    assert pause(by="Ada", clock=clock) == first
    found = paused()
    assert (found.by, found.reason, found.since) == ("Grace", "The mail server moves.", NOON)


def test_resuming_what_is_not_paused_says_so(clock):
    assert paused() is None
    assert resume() is False


class Idle:
    """What the queue knows of a worker in this process."""

    using = "default"

    def __init__(self):
        self.wake = Wake()


def test_workers_are_woken_when_it_is_resumed(clock, django_capture_on_commit_callbacks):
    worker = Idle()
    apps.get_app_config("meanwhile").workers.add(worker)
    pause(clock=clock)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            resume()
        assert worker.wake.wait(0) is True
    finally:
        apps.get_app_config("meanwhile").workers.discard(worker)


def test_a_due_job_says_that_it_waits_for_the_pause_and_a_delayed_one_for_its_moment(clock):
    enqueue([job(name="now"), job(name="later", due=NOON + timedelta(days=3))], clock=clock)
    pause(clock=clock)
    now, later = Job.objects.order_by("pk")
    reason = why_waiting(now, now=NOON, using="default", alive=True)
    assert (reason.code, reason.text) == ("paused", "The queue is paused.")
    assert reason.person
    assert why_waiting(later, now=NOON, using="default", alive=True).code == "not_due"
