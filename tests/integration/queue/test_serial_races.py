"""What two PostgreSQL connections can do to one serial key; SQLite has one writer, who sees everything."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction

from meanwhile.queue import claim as claiming
from meanwhile.queue import control
from meanwhile.queue.acknowledge import end
from meanwhile.queue.claim import claim, first_look
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.queue.together import Beside
from tests.integration.queue.conftest import NOON
from tests.integration.queue.test_worker import eventually
from tests.integration.queue.toys import job
from tests.shop.models import Customer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("toy"),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a race of PostgreSQL"),
]


def take(owner, number=10):
    return claim(number, owner, now=NOON, lease=300, using="default")


def elsewhere(action):
    """Run in another thread, with a connection of its own, and wait for the end."""

    def run():
        try:
            action()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def waiting_for_a_lock():
    """How many connections wait for another one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0]


def test_a_job_is_not_held_back_by_one_that_ends_at_that_very_moment(clock, monkeypatch):
    enqueue([job(name=str(n), serial_key="k") for n in range(3)], clock=clock)
    running = take("me", 1)[0]
    hold = claiming.hold_back

    def ended_just_before(*arguments):
        monkeypatch.undo()
        elsewhere(lambda: end(running, State.SUCCEEDED, now=NOON, using="default")).join()
        Job.objects.filter(name="1").update(held=1)  # the end looked for it before it was held back
        hold(*arguments)

    monkeypatch.setattr(claiming, "hold_back", ended_just_before)
    assert [one.name for one in [*take("me", 1), *take("me")]] == ["1"]


@pytest.mark.parametrize("committed", [True, False])
def test_a_job_that_becomes_visible_late_does_not_run_beside_another_of_its_key(clock, committed):
    queued, committing, claimed, commit = (threading.Event() for _ in range(4))

    def early():
        with transaction.atomic():
            enqueue([job(name="early", serial_key="k")], clock=clock)
            queued.set()
            committing.wait(20)

    taken = []

    def claim_late():
        with transaction.atomic():
            taken.extend(take("other"))
            claimed.set()
            if not committed:
                commit.wait(20)

    first = elsewhere(early)
    assert queued.wait(20)
    enqueue([job(name="late", serial_key="k")], clock=clock)
    second = elsewhere(claim_late)
    assert claimed.wait(20)
    if committed:
        second.join()
    committing.set()
    first.join()
    mine = take("me")
    commit.set()
    second.join()
    assert [one.name for one in [*taken, *mine]] == ["late"]
    assert Job.objects.filter(state=State.RUNNING).count() == 1
    end(taken[0], State.SUCCEEDED, now=NOON, using="default")
    assert [one.name for one in take("me")] == ["early"]


def test_a_job_that_somebody_has_locked_does_not_keep_those_of_lower_priority_from_a_worker(clock):
    enqueue([job(name="locked", priority=5), job(name="low")], clock=clock)
    locked, leave = threading.Event(), threading.Event()

    def lock():
        with transaction.atomic():
            Job.objects.select_for_update().get(name="locked")
            locked.set()
            leave.wait(20)

    other = elsewhere(lock)
    assert locked.wait(20)
    waiting = first_look(NOON, using="default")
    found = claim(10, "me", now=NOON, lease=300, using="default", waiting=waiting)
    leave.set()
    other.join()
    assert [one.name for one in found] == ["low"]


@pytest.mark.parametrize("first", [control.cancel, control.run_now])
def test_two_who_operate_on_jobs_of_one_line_do_not_wait_for_each_other_for_ever(clock, monkeypatch, first):
    ids = enqueue([job(name=str(n), serial_key="k") for n in range(4)], clock=clock)
    take("me")
    release_next, arrived, go, errors = control.release_next, [], threading.Event(), []

    def when_both_are_there(*arguments, **options):
        arrived.append(arguments)
        go.wait(20)
        release_next(*arguments, **options)

    def do(operation, job_id):
        try:
            operation(job_id, clock=clock)
        except DatabaseError as error:
            errors.append(error)

    monkeypatch.setattr(control, "release_next", when_both_are_there)
    threads = [elsewhere(partial(do, first, ids[1])), elsewhere(partial(do, control.cancel, ids[2]))]
    eventually(lambda: len(arrived) + waiting_for_a_lock() == 2)
    go.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Job.objects.get(name="2").state == State.CANCELLED


def test_the_end_of_a_job_and_the_cancellation_of_the_next_one_of_its_run_do_not_wait_for_each_other(
    clock, toy, monkeypatch
):
    """Both count in the row of the run, which a customer stands for here."""
    run = Customer.objects.create(name="")
    first, second = enqueue([job(name=str(n), serial_key="k") for n in range(2)], clock=clock)
    [running] = take("me")
    count = f"UPDATE {Customer._meta.db_table} SET name = name || %s WHERE id = %s"
    cancelling, go, errors = threading.Event(), threading.Event(), []

    def count_cancelled(*arguments, **options):
        cancelling.set()
        go.wait(20)
        with connection.cursor() as cursor:
            cursor.execute(count, ["c", run.pk])

    def finish():
        with transaction.atomic():
            end(running, State.SUCCEEDED, now=NOON, using="default", beside=[Beside(count, ["e", run.pk])])

    def do(action):
        try:
            action()
        except DatabaseError as error:
            errors.append(error)

    monkeypatch.setattr(toy(), "ended", count_cancelled)
    threads = [elsewhere(lambda: do(lambda: control.cancel(second, clock=clock)))]
    assert cancelling.wait(20)
    threads.append(elsewhere(lambda: do(finish)))
    eventually(lambda: waiting_for_a_lock() == 1)
    go.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert set(Job.objects.values_list("pk", "state")) == {(first, State.SUCCEEDED), (second, State.CANCELLED)}
    assert sorted(Customer.objects.get().name) == ["c", "e"]
