"""Errors and results that are hard to tell or to store, and kinds of jobs that nobody knows any more."""

from __future__ import annotations

import pytest

from meanwhile.exceptions import TransitionError
from meanwhile.queue import control
from meanwhile.queue.claim import claim
from meanwhile.queue.drain import drain
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.jobs import NewJob
from meanwhile.queue.lease import take_back
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from tests.integration.queue.conftest import NOON
from tests.integration.queue.toys import effects, job

pytestmark = pytest.mark.django_db


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no words")

    __repr__ = __str__


def fails_with(error):
    def action(run):
        raise error

    return action


@pytest.mark.parametrize(
    "error",
    [
        Unspeakable(),
        ValueError("a \0 in the text"),
        ValueError("half a \ud83d pair"),
        ValueError("x" * 1_000_000),
        ExceptionGroup("several", [ValueError("a"), KeyError("b")]),
    ],
    ids=["no text", "NUL", "surrogate", "a million characters", "group"],
)
def test_any_error_ends_the_job_with_a_text_that_can_be_stored(toy, clock, error):
    toy(b=fails_with(error))
    [number] = enqueue([job("a", {"name": "b", "tries": 1})], clock=clock)
    assert drain(clock=clock, limit=5) == 1
    failed = Job.objects.get(pk=number)
    assert failed.state == State.FAILED
    assert 0 < len(failed.error) <= 10_000
    assert len(failed.steps["failed"]["error"]) <= 10_000
    assert effects() == ["a"]


@pytest.mark.parametrize(
    "result",
    [float("nan"), [float("inf")], {"text": "a \0"}, "half a \ud83d pair", {1, 2}, object(), b"bytes", 1j],
    ids=["nan", "inf", "NUL", "surrogate", "set", "object", "bytes", "complex"],
)
def test_a_result_that_a_database_would_refuse_is_refused_here(toy, clock, result):
    toy(b=lambda run: result)
    [number] = enqueue([job("a", {"name": "b", "tries": 5})], clock=clock)
    drain(clock=clock)
    failed = Job.objects.get(pk=number)
    assert (failed.state, failed.attempts) == (State.FAILED, 0)
    assert "cannot be stored as JSON" in failed.error


def test_a_backslash_before_u0000_is_text_like_any_other(toy, clock):
    toy(b=lambda run: "\\u0000")
    [number] = enqueue([job("b")], clock=clock)
    drain(clock=clock)
    assert Job.objects.get(pk=number).steps["done"]["0"]["result"] == "\\u0000"


def test_a_huge_result_is_cut_and_says_so(toy, clock):
    toy(b=lambda run: "x" * 1_000_000)
    [number] = enqueue([job("b", "c")], clock=clock)
    drain(clock=clock)
    done = Job.objects.get(pk=number)
    assert done.state == State.SUCCEEDED
    assert "result" not in done.steps["done"]["0"]
    assert done.steps["done"]["0"]["cut"] == 1_000_002


@pytest.mark.parametrize(
    ("fraction", "shown"), [(0.5, 0.5), (-1, 0.0), (7, 1.0), (float("nan"), 0.0), (float("inf"), 1.0)]
)
def test_progress_that_makes_no_sense_is_shown_as_the_nearest_that_does(toy, clock, fraction, shown):
    toy(b=lambda run: run.progress(fraction, "half a \ud83d \0" * 100) or 1 / 0)
    [number] = enqueue([job({"name": "b", "tries": 1, "atomic": False})], clock=clock)
    drain(clock=clock)
    told = Job.objects.get(pk=number)
    assert (told.progress, len(told.progress_text)) == (shown, 200)


def unknown(clock, **options):
    [number] = enqueue([NewJob(kind="vanished", payload={}, group="run", **options)], clock=clock)
    return number


def test_a_job_of_an_unknown_kind_is_tried_again_and_then_fails_with_the_reason(toy, clock):
    number = unknown(clock)
    for _ in range(10):
        drain(clock=clock, limit=3)
        clock.advance(hours=1)
    failed = Job.objects.get(pk=number)
    assert failed.state == State.FAILED
    assert "vanished" in failed.error


def test_a_job_of_an_unknown_kind_can_be_cancelled_skipped_and_retried(toy, clock):
    cancelled, skipped, retried = unknown(clock), unknown(clock), unknown(clock)
    control.cancel(cancelled, clock=clock)
    control.skip(skipped, clock=clock)
    Job.objects.filter(pk=retried).update(state=State.FAILED)
    control.retry(retried, clock=clock)
    assert list(Job.objects.order_by("pk").values_list("state", flat=True)) == ["cancelled", "skipped", "ready"]
    with pytest.raises(TransitionError):
        control.retry(cancelled, clock=clock)


def test_an_unknown_kind_does_not_keep_the_sweep_from_the_jobs_behind_it(toy, clock):
    number, other = unknown(clock), enqueue([job("a")], clock=clock)[0]
    claim(10, "gone", now=NOON, lease=1, using="default")
    Job.objects.update(takeovers=9)
    clock.advance(seconds=2)
    take_back(now=clock.now(), max_takeovers=10, using="default")
    assert set(Job.objects.filter(pk__in=[number, other]).values_list("state", flat=True)) == {State.FAILED}
