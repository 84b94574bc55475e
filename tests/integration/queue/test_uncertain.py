"""What is written about a failed try must never undo a mark that was committed after all."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from django.db import OperationalError, connections, transaction

from meanwhile.exceptions import StepTimeout
from meanwhile.queue.claim import claim
from meanwhile.queue.drain import drain
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.execution import Execution
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from tests.integration.queue.conftest import NOON
from tests.integration.queue.toys import effects, job
from tests.shop.models import Customer


def claimed(clock, *steps):
    [number] = enqueue([job(*steps)], clock=clock)
    [mine] = claim(1, "me", now=NOON, lease=30, using="default")
    return number, mine


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("atomic", [True, False])
def test_a_commit_whose_answer_was_lost_is_not_done_twice(toy, clock, monkeypatch, atomic):
    """The server has committed the step and its mark, and goes away before it can say so."""
    toy()
    number, mine = claimed(clock, {"name": "a", "atomic": atomic}, "b")
    commit = type(connections["default"])._commit

    def lost_once(self):
        commit(self)
        monkeypatch.undo()
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(type(connections["default"]), "_commit", lost_once)
    Execution(mine, using="default", clock=clock).run()
    clock.advance(hours=1)
    drain(clock=clock)
    done = Job.objects.get(pk=number)
    assert effects() == ["a", "b"]
    assert (done.state, list(done.steps["done"])) == (State.SUCCEEDED, ["0", "1"])


@pytest.mark.django_db(transaction=True)
def test_a_lost_answer_to_the_last_commit_leaves_the_job_ended(toy, clock, monkeypatch):
    toy()
    number, mine = claimed(clock, "a")
    commit = type(connections["default"])._commit

    def lost_once(self):
        commit(self)
        monkeypatch.undo()
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(type(connections["default"]), "_commit", lost_once)
    Execution(mine, using="default", clock=clock).run()
    drain(clock=clock)
    assert effects() == ["a"]
    assert Job.objects.get(pk=number).state == State.SUCCEEDED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("atomic", [True, False])
def test_a_callback_that_fails_after_the_commit_repeats_nothing_and_keeps_the_job_going(toy, clock, atomic):
    def effect(run):
        with nullcontext() if atomic else run.commit():
            Customer.objects.create(name="effect")
            transaction.on_commit(lambda: 1 / 0)

    toy(effect=effect)
    number, mine = claimed(clock, {"name": "effect", "atomic": atomic}, "b", {"name": "effect", "atomic": atomic})
    outcome = Execution(mine, using="default", clock=clock).run()
    assert effects() == ["effect", "b", "effect"]
    assert outcome is not None
    assert (outcome.state, Job.objects.get(pk=number).state) == (State.SUCCEEDED, State.SUCCEEDED)


@pytest.mark.django_db
def test_a_step_that_ends_in_the_moment_it_is_given_up_is_not_done_twice(toy, clock):
    """The watchdog decides to give up a step whose mark is being committed by its own thread."""

    class GivenUpBetween(Execution):
        def _do(self, step):
            outcome = super()._do(step)
            if step.key == "0":
                self.give_up(StepTimeout(1.0))
            return outcome

    toy()
    number, mine = claimed(clock, "a", "b")
    GivenUpBetween(mine, using="default", clock=clock).run()
    clock.advance(hours=1)
    drain(clock=clock)
    assert effects() == ["a", "b"]
    assert Job.objects.get(pk=number).state == State.SUCCEEDED


@pytest.mark.django_db
def test_a_step_that_is_given_up_counts_as_a_failed_try_and_its_thread_commits_nothing(toy, clock):
    def given_up(run):
        execution.give_up(StepTimeout(1.0))
        with run.commit():
            Customer.objects.create(name="late")

    toy(slow=given_up)
    number, mine = claimed(clock, "a", {"name": "slow", "tries": 3, "atomic": False})
    execution = Execution(mine, using="default", clock=clock)
    assert execution.run() is None
    waiting = Job.objects.get(pk=number)
    assert (waiting.state, waiting.attempts) == (State.READY, 1)
    assert "longer than 1 seconds" in waiting.error
    assert list(waiting.steps["done"]) == ["0"]
    assert effects() == ["a"]
