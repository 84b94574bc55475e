"""What a run comes to when its jobs come to different ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import InterfaceError, OperationalError

from meanwhile import ActionFailed, Background, Created, Delay, EventTree, Retry, UpdateField, action, later
from meanwhile.queue import control
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.testing import clock_at, run_background, use_trees
from meanwhile.trees import failed_runs
from meanwhile.trees.models import Run, RunState
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db

NOON = datetime(2036, 3, 10, 12, tzinfo=UTC)


@action(name="run_state.fail", retry=Retry(max_attempts=1))
def fail(text: str = "no luck") -> None:
    if broken:
        raise RuntimeError(text)


broken: list[bool] = []


@pytest.fixture(autouse=True)
def _broken():
    broken[:] = [True]


@pytest.fixture
def clock():
    with clock_at(NOON) as clock:
        yield clock


def begin(*do):
    with use_trees(EventTree("Run", on=Created(Booking), do=list(do))):
        Booking.objects.create(name="Ann")
        run_background()


def state():
    run = Run.objects.get()
    return run.state, run.error, run.open_jobs


def only(state):
    return Job.objects.get(state=state).pk


BEHIND = Background(fail())
TOMORROW = Delay(later(days=1), UpdateField(ready=True))


@pytest.mark.parametrize("end", [control.skip, control.cancel, "gone"])
def test_a_later_end_without_success_leaves_the_reason_of_a_failure(end, clock):
    begin(BEHIND, TOMORROW)
    if end == "gone":
        Booking.objects.all().delete()
        control.run_now(only(State.READY), clock=clock)
        run_background()
    else:
        end(only(State.READY), clock=clock)
    assert state() == (RunState.FAILED, "RuntimeError: no luck", 0)


def test_a_retry_that_succeeds_takes_the_error_away(clock):
    begin(BEHIND, Background(fail(text="none either")))
    broken.clear()
    first, second = Job.objects.filter(state=State.FAILED).order_by("pk")
    control.retry(second.pk, clock=clock)
    assert state() == (RunState.FAILED, "RuntimeError: no luck", 1)
    run_background()
    assert state() == (RunState.FAILED, "RuntimeError: no luck", 0)
    control.retry(first.pk, clock=clock)
    assert state() == (RunState.RUNNING, "", 1)
    run_background()
    assert state() == (RunState.SUCCEEDED, "", 0)
    assert Run.objects.get().finished is not None


@pytest.mark.parametrize(("end", "expected"), [(control.cancel, RunState.CANCELLED), (control.skip, RunState.SKIPPED)])
def test_a_retry_that_succeeds_does_not_hide_that_another_job_was_given_up(end, expected, clock):
    begin(BEHIND, TOMORROW)
    end(only(State.READY), clock=clock)
    broken.clear()
    control.retry(only(State.FAILED), clock=clock)
    run_background()
    assert state() == (expected, "", 0)


def test_a_failed_job_that_is_cancelled_is_not_forgotten_when_the_others_succeed(clock):
    begin(BEHIND, TOMORROW)
    control.cancel(only(State.FAILED), clock=clock)
    control.run_now(only(State.READY), clock=clock)
    run_background()
    assert state() == (RunState.CANCELLED, "RuntimeError: no luck", 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lost", [InterfaceError("connection already closed"), OperationalError("gone")])
def test_a_history_that_cannot_be_written_hides_no_failure_and_is_written_later(lost, monkeypatch):
    def refuse(*args, **options):
        raise lost

    with use_trees(EventTree("Fails", on=Created(Booking), do=[fail()])):
        with monkeypatch.context() as broken_connection:
            broken_connection.setattr(failed_runs, "ensure_version", refuse)
            with pytest.raises(ActionFailed, match="no luck"):
                Booking.objects.create(name="Ann")
        assert not Run.objects.exists()
        failed_runs.failed_runs().write()
    assert state() == (RunState.FAILED, Run.objects.get().error, 0)
    assert "no luck" in Run.objects.get().error


@pytest.mark.django_db(transaction=True)
def test_a_history_that_never_can_be_written_is_given_up(monkeypatch):
    tried = []

    def refuse(*args, **options):
        tried.append(1)
        raise OperationalError("no such table")

    monkeypatch.setattr(failed_runs, "ensure_version", refuse)
    with use_trees(EventTree("Fails", on=Created(Booking), do=[fail()])), pytest.raises(ActionFailed):
        Booking.objects.create(name="Ann")
    for _ in range(2 * failed_runs.MOST_TRIES):
        failed_runs.failed_runs().write()
    assert len(tried) == failed_runs.MOST_TRIES
