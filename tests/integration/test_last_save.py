"""The last save of a branch goes with the end of its job, and the last save of a foreground with its run: nobody can
tell it from a save of its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, connections, models
from django.db.models.signals import m2m_changed

from meanwhile import Background, Created, EventTree, Literal, Retry, UpdateField, action, call_tree, Called
from meanwhile.exceptions import ActionFailed
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.testing import run_background, use_trees
from meanwhile.trees.models import Run, RunState
from tests.shop.models import Booking, Customer, Seat, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@action(name="last_save.point_nowhere", retry=Retry(max_attempts=2))
def point_nowhere(step: Any) -> None:
    Booking.objects.filter(pk=step.record.pk).update(seat_id=987654)


def test_a_step_that_is_refused_when_it_commits_uses_up_its_tries() -> None:
    with use_trees(EventTree("T", on=Created(Booking), do=[Background(point_nowhere(), UpdateField(ready=True))])):
        Booking.objects.create(name="Ada")
        for _ in range(4):
            Job.objects.filter(state=State.READY).update(due=None)
            run_background()
    job = Job.objects.get()
    assert (job.state, job.attempts) == (State.FAILED, 1), job.error


@pytest.mark.parametrize("do", ["suppress", "raise"])
@pytest.mark.postgres
def test_triggers(do) -> None:
    body = "RETURN NULL;" if do == "suppress" else "RAISE EXCEPTION 'not on my watch';"
    with connection.cursor() as c:
        c.execute(f"CREATE FUNCTION t_f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
        c.execute("CREATE TRIGGER t_t BEFORE UPDATE ON shop_booking FOR EACH ROW EXECUTE FUNCTION t_f()")
    try:
        with use_trees(EventTree("T", on=Created(Booking), do=[Background(UpdateField(ready=True, retry=Retry(max_attempts=1)))])):
            Booking.objects.create(name="Ada")
            run_background()
    finally:
        with connection.cursor() as c:
            c.execute("DROP TRIGGER t_t ON shop_booking; DROP FUNCTION t_f()")
    job = Job.objects.get()
    assert (job.state, Run.objects.get().state) == (State.FAILED, RunState.FAILED), job.error
    print(job.error, job.steps)
    assert not Booking.objects.get().ready


@pytest.mark.postgres
def test_rules() -> None:
    with connection.cursor() as c:
        c.execute("CREATE RULE t_r AS ON UPDATE TO shop_booking DO ALSO INSERT INTO shop_seat (number, price) VALUES ('log', 0)")
    try:
        with use_trees(EventTree("T", on=Created(Booking), do=[UpdateField(status="x"), Background(UpdateField(ready=True, retry=Retry(max_attempts=1)))])):
            Booking.objects.create(name="Ada")
            run_background()
    finally:
        with connection.cursor() as c:
            c.execute("DROP RULE t_r ON shop_booking")
    job = Job.objects.get()
    assert (job.state, Run.objects.get().state) == (State.SUCCEEDED, RunState.SUCCEEDED), job.error
    assert Booking.objects.get().ready
