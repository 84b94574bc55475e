"""However many jobs fail, the admins get few mails, and learn of every failure."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from meanwhile.clock import FixedClock
from meanwhile.queue import announce
from meanwhile.queue.failure_mail import FIRST_ONES, failure_mails
from meanwhile.queue.models import Job
from meanwhile.queue.wake import Wake
from meanwhile.queue.worker.sweeper import Sweeper

from .test_announce import ADMINS

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
INTERVAL = 600.0


@pytest.fixture
def mails(settings, mailoutbox):
    settings.ADMINS = ADMINS
    settings.MEANWHILE = {"MAIL_ADMINS_ON_FAILURE": True, "MAIL_ADMINS_INTERVAL": INTERVAL}
    return mailoutbox


def fail(
    number: int = 1, *, name: str = "Booking · Background", after: float = 0, error: str = "OSError: no mail"
) -> None:
    at = NOW + timedelta(seconds=after)
    announce.failed(Job(pk=number, kind="tree", name=name, state="failed", error="OSError: no mail", finished=at))


def look(after: float) -> None:
    mails = failure_mails()
    mails.send(mails.due(now=NOW + timedelta(seconds=after), interval=INTERVAL))


def test_ten_thousand_failures_of_a_kind_are_one_mail_at_once_and_one_later(mails):
    for number in range(10_000):
        fail(number, after=number / 100)
    (first,) = mails
    assert "Background job failed: Booking · Background #0" in first.subject
    assert "OSError: no mail" in first.body
    look(INTERVAL - 1)
    assert len(mails) == 1
    look(INTERVAL)
    look(INTERVAL + 1)
    _first, rest = mails
    assert "Background jobs failed: 9999 more" in rest.subject
    assert "9999 × Booking · Background #9999: OSError: no mail" in rest.body


def test_what_goes_on_failing_is_one_mail_each_interval(mails):
    for number in range(100):
        fail(number, after=number * INTERVAL / 10)
    assert len(mails) == 10
    assert [mail.subject.split(": ")[-1] for mail in mails[1:]] == ["9 more"] + ["10 more"] * 8


def test_each_kind_is_told_at_once(mails):
    fail(1, name="Booking · Background")
    fail(2, name="Booking · Delay")
    assert len(mails) == 2


def test_many_kinds_are_gathered_too(mails):
    for number in range(200):
        fail(number, name=f"Tree {number}")
    assert len(mails) == FIRST_ONES
    look(INTERVAL)
    assert "190 more" in mails[-1].subject
    assert len(mails[-1].body.splitlines()) < 60


def test_after_a_quiet_interval_a_failure_is_told_at_once(mails):
    fail(1)
    fail(2, after=INTERVAL)
    assert [mail.subject[-2:] for mail in mails] == ["#1", "#2"]


def test_after_a_summary_and_a_quiet_interval_a_failure_is_told_at_once(mails):
    fail(1)
    fail(2)
    look(INTERVAL)
    fail(3, after=2 * INTERVAL)
    assert "#3" in mails[-1].subject
    assert len(mails) == 3


def test_an_interval_of_zero_is_a_mail_each(mails, settings):
    settings.MEANWHILE = {"MAIL_ADMINS_ON_FAILURE": True, "MAIL_ADMINS_INTERVAL": 0}
    for number in range(5):
        fail(number)
    assert len(mails) == 5


def test_what_a_broken_mail_server_did_not_take_is_in_the_next_mail(mails, monkeypatch, caplog):
    tried = []

    def refuse(*args, **kwargs):
        tried.append(args)
        raise OSError("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr("meanwhile.queue.failure_mail.mail_admins", refuse)
        for number in range(1000):
            fail(number)
        look(INTERVAL)
    assert len(tried) == 2
    assert "could not be told by mail" in caplog.text
    look(2 * INTERVAL)
    (mail,) = mails
    assert "1000 more" in mail.subject


def test_the_rest_is_sent_when_the_process_ends(mails):
    fail(1)
    fail(2)
    failure_mails().send_rest()
    failure_mails().send_rest()
    assert ["1 more" in mail.subject for mail in mails] == [False, True]


def test_nothing_is_gathered_unless_mails_are_wanted(settings, mailoutbox):
    settings.ADMINS = ADMINS
    fail(1)
    fail(2)
    failure_mails().send_rest()
    assert mailoutbox == []


@pytest.mark.django_db(transaction=True)
def test_a_worker_sends_the_summary_when_it_is_time(mails):
    clock = FixedClock(NOW)
    sweeper = Sweeper("default", sweep=0.001, clock=clock, wake=Wake())
    fail(1)
    fail(2)
    sweep(sweeper)
    assert len(mails) == 1
    clock.advance(seconds=INTERVAL)
    sweep(sweeper)
    assert "1 more" in mails[1].subject


def sweep(sweeper: Sweeper) -> None:
    sweeper.turn()
    for thread in threading.enumerate():
        if thread.name == "meanwhile-mail":
            thread.join()


def test_a_name_of_several_lines_is_a_subject_of_one(mails):
    fail(name="Booking · Ask\nthe guest")
    (mail,) = mails
    assert "Background job failed: Booking · Ask the guest #1" in mail.subject
