from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import django
import pytest
from django.dispatch import Signal
from django.utils import timezone

from meanwhile import ActionFailed, Background, Created, EventTree, Retry, UpdateField, action, signals
from meanwhile.queue import control
from meanwhile.queue.claim import claim
from meanwhile.queue.lease import take_back
from meanwhile.queue.models import Job
from meanwhile.testing import run_background, use_trees
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db(transaction=True)


@action(retry=Retry(max_attempts=2, first=1, jitter=0))
def break_down(record: Booking) -> None:
    raise RuntimeError("the printer is on fire")


ADMINS: list[Any] = ["office@example.com"] if django.VERSION >= (6, 0) else [("Office", "office@example.com")]
READY = EventTree("Ready", on=Created(Booking), do=[Background(UpdateField(ready=True))])
BROKEN = EventTree("Broken", on=Created(Booking), do=[Background(break_down())])
REFUSED = EventTree("Refused", on=Created(Booking), do=[break_down()])


@contextmanager
def received(signal: Signal) -> Iterator[list[dict[str, Any]]]:
    """The arguments that receivers of a signal get."""
    got: list[dict[str, Any]] = []

    def receiver(**arguments: Any) -> None:
        got.append(arguments)

    signal.connect(receiver)
    try:
        yield got
    finally:
        signal.disconnect(receiver)


@pytest.fixture
def mails(settings, mailoutbox):
    settings.ADMINS = ADMINS
    settings.MEANWHILE = {"MAIL_ADMINS_ON_FAILURE": True}
    return mailoutbox


def fail():
    """A job that fails once at each call of `run_background`, two times in all."""
    with use_trees(BROKEN):
        Booking.objects.create(name="Ada")
        run_background()
        Job.objects.update(due=timezone.now() - timedelta(seconds=1))
    return Job.objects.get()


def test_a_job_that_has_used_up_its_tries_is_announced_once(mails):
    with received(signals.job_failed) as failures, received(signals.job_finished) as ends:
        fail()
        assert (failures, ends, mails) == ([], [], [])
        run_background()
    (failure,), (end,), (mail,) = failures, ends, mails
    assert failure["sender"] is Job
    assert (failure["job"].state, failure["job"].error) == ("failed", "RuntimeError: the printer is on fire")
    assert (end["job_id"], end["kind"], end["state"]) == (failure["job"].pk, "tree", "failed")
    assert "Background job failed: Broken · Background" in mail.subject
    assert "the printer is on fire" in mail.body


def test_no_mail_is_sent_unless_it_is_wanted(settings, mailoutbox):
    settings.ADMINS = ADMINS
    fail()
    run_background()
    assert mailoutbox == []


def test_a_job_that_succeeds_is_finished_and_not_failed(mails):
    with use_trees(READY), received(signals.job_failed) as failures, received(signals.job_finished) as ends:
        Booking.objects.create(name="Ada")
        run_background()
    assert [end["state"] for end in ends] == ["succeeded"]
    assert (failures, mails) == ([], [])


@pytest.mark.parametrize(("end", "state"), [(control.skip, "skipped"), (control.cancel, "cancelled")])
def test_a_job_that_a_person_ends_is_finished(mails, end, state):
    with use_trees(READY), received(signals.job_finished) as ends:
        Booking.objects.create(name="Ada")
        end(Job.objects.get().pk)
    assert [end["state"] for end in ends] == [state]
    assert mails == []


def test_a_job_that_cost_too_many_workers_is_announced(mails):
    with use_trees(READY), received(signals.job_failed) as failures:
        Booking.objects.create(name="Ada")
        claim(1, "gone", now=timezone.now(), lease=1, using="default")
        take_back(now=timezone.now() + timedelta(seconds=2), max_takeovers=1, using="default")
    assert "worker" in failures[0]["job"].error
    assert len(mails) == 1


def test_receivers_are_told_after_the_commit(mails):
    from django.db import connection

    states = []

    def receiver(**arguments):
        states.append((connection.in_atomic_block, Job.objects.get(pk=arguments["job_id"]).state))

    signals.job_finished.connect(receiver)
    try:
        with use_trees(READY):
            Booking.objects.create(name="Ada")
            run_background()
    finally:
        signals.job_finished.disconnect(receiver)
    assert states == [(False, "succeeded")]


def test_a_receiver_that_raises_harms_nothing_and_is_logged(caplog):
    def broken(**arguments):
        raise KeyError("a receiver's own mistake")

    signals.job_finished.connect(broken)
    try:
        with use_trees(READY), received(signals.job_finished) as ends:
            Booking.objects.create(name="Ada")
            run_background()
    finally:
        signals.job_finished.disconnect(broken)
    assert len(ends) == 1
    assert Job.objects.get().state == "succeeded"
    assert "A receiver of a Meanwhile signal raised" in caplog.text


def test_a_mail_server_that_refuses_harms_nothing_and_is_logged(mails, monkeypatch, caplog):
    def refuse(*args, **kwargs):
        raise OSError("connection refused")

    monkeypatch.setattr("meanwhile.queue.failure_mail.mail_admins", refuse)
    fail()
    run_background()
    assert Job.objects.get().state == "failed"
    assert "could not be told by mail" in caplog.text


def test_a_refused_save_is_announced_with_its_run():
    with use_trees(REFUSED), received(signals.run_failed) as failures, pytest.raises(ActionFailed):
        Booking.objects.create(name="Ada")
    (failure,) = failures
    assert (failure["run"].tree, failure["run"].state) == ("refused", "failed")
    assert "the printer is on fire" in failure["run"].error
