"""The last save of a branch goes with the end of its job, and the last save of a foreground with its run: nobody can
tell it from a save of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.db.models import F
from django.db.models.signals import m2m_changed

from meanwhile import (
    Background,
    Called,
    Created,
    CreateRecord,
    EventTree,
    Field,
    Literal,
    Retry,
    UpdateField,
    action,
    call_tree,
)
from meanwhile.exceptions import ActionFailed
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.testing import run_background, use_trees
from meanwhile.trees import quick_save
from meanwhile.trees.models import Run, RunState
from tests.shop.models import Booking, Customer, Parcel, Seat

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


@action(name="last_save.point_nowhere", retry=Retry(max_attempts=2))
def point_nowhere(step: Any) -> None:
    Booking.objects.filter(pk=step.record.pk).update(seat_id=987654)


def test_a_step_that_is_refused_when_it_commits_uses_up_its_tries() -> None:
    with use_trees(EventTree("T", on=Created(Booking), do=[Background(point_nowhere(), UpdateField(ready=True))])):
        Booking.objects.create(name="Ada")
        for _ in range(4):
            Job.objects.filter(state=State.READY).update(due=LONG_AGO)
            run_background()
    job = Job.objects.get()
    assert (job.state, job.attempts) == (State.FAILED, 1), job.error


@pytest.fixture
def no_long_status() -> Iterator[None]:
    if connection.vendor == "postgresql":
        define = "ALTER TABLE shop_booking ADD CONSTRAINT short CHECK (status <> 'long')"
        drop = "ALTER TABLE shop_booking DROP CONSTRAINT short"
    else:
        define = (
            "CREATE TRIGGER short BEFORE UPDATE ON shop_booking WHEN NEW.status = 'long'"
            " BEGIN SELECT RAISE(ABORT, 'short'); END"
        )
        drop = "DROP TRIGGER short"
    with defined(define, drop):
        yield


ONCE = UpdateField(ready=True, retry=Retry(max_attempts=1))


@contextmanager
def defined(define: str, drop: str) -> Iterator[None]:
    quick_save.may_go_with_others.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute(define)
    try:
        yield
    finally:
        quick_save.may_go_with_others.cache_clear()
        with connection.cursor() as cursor:
            cursor.execute(drop)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("body", "error"),
    [("RETURN NULL;", "did not affect any rows"), ("RAISE EXCEPTION 'not on my watch';", "not on my watch")],
    ids=["suppresses", "raises"],
)
def test_a_trigger_that_refuses_the_last_save_fails_its_step(body: str, error: str) -> None:
    define = (
        f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$;"
        "CREATE TRIGGER refuse BEFORE UPDATE ON shop_booking FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    drop = "DROP TRIGGER refuse ON shop_booking; DROP FUNCTION refuse()"
    with defined(define, drop), use_trees(EventTree("T", on=Created(Booking), do=[Background(ONCE)])):
        Booking.objects.create(name="Ada")
        run_background()
    job, run = Job.objects.get(), Run.objects.get()
    assert (job.state, run.state, run.open_jobs) == (State.FAILED, RunState.FAILED, 0)
    assert error in job.error
    assert not Booking.objects.get().ready


@pytest.mark.postgres
def test_a_table_with_rules_is_saved_by_a_statement_of_its_own() -> None:
    define = (
        "CREATE RULE log AS ON UPDATE TO shop_booking DO ALSO INSERT INTO shop_seat (number, price) VALUES ('1', 0)"
    )
    do = [UpdateField(status="x"), Background(ONCE)]
    with defined(define, "DROP RULE log ON shop_booking"), use_trees(EventTree("T", on=Created(Booking), do=do)):
        Booking.objects.create(name="Ada")
        run_background()
    assert Job.objects.get().state == State.SUCCEEDED, Job.objects.get().error
    assert (Booking.objects.get().status, Booking.objects.get().ready) == ("x", True)
    assert Seat.objects.count() == 2


@pytest.mark.usefixtures("no_long_status")
def test_a_run_whose_last_save_is_refused_has_no_open_jobs_and_one_entry_for_the_step() -> None:
    do = [Background(ONCE), UpdateField(status="long")]
    with use_trees(EventTree("T", on=Created(Booking), do=do)), pytest.raises(ActionFailed, match="short"):
        Booking.objects.create(name="Ada")
    run = Run.objects.get()
    assert (run.state, run.open_jobs, run.page_at) == (RunState.FAILED, 0, None)
    (entry,) = run.foreground
    assert entry["path"] == "1"
    assert "short" in entry["error"]
    assert "result" not in entry


@pytest.fixture
def heard():
    """The names that groups have in the database when their permissions are set."""
    names = []

    def hear(instance, action, **_):
        if action == "post_add":
            names.append(Group.objects.get(pk=instance.pk).name)

    m2m_changed.connect(hear, sender=Group.permissions.through)
    yield names
    m2m_changed.disconnect(hear, sender=Group.permissions.through)


def permission() -> int:
    content_type = ContentType.objects.get_for_model(Booking)
    return Permission.objects.create(codename="p", content_type=content_type, name="p").pk


def test_fields_are_saved_before_relations_to_many_of_the_next_update_field(heard) -> None:
    do = [UpdateField(name="x"), UpdateField(permissions=Literal([permission()]))]
    with use_trees(EventTree("T", on=Created(Group), do=do)):
        Group.objects.create(name="g")
    assert heard == ["x"]


def test_fields_are_saved_before_relations_to_many_of_a_record_made_above(heard) -> None:
    update = UpdateField(of="made", set={"name": Literal("x"), "permissions": Literal([permission()])})
    do = [CreateRecord("auth.Group", set={"name": Literal("g")}, name="made"), Background(update)]
    with use_trees(EventTree("T", on=Created(Booking), do=do)):
        Booking.objects.create(name="Ada")
        run_background()
    assert Job.objects.get().state == State.SUCCEEDED, Job.objects.get().error
    assert heard == ["x"]


@pytest.mark.postgres
def test_a_record_of_another_database_is_saved_there() -> None:
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS meanwhile_other")
        cursor.execute("CREATE DATABASE meanwhile_other")
    other.close()
    new = connections.create_connection("default")
    new.settings_dict = {**new.settings_dict, "NAME": "meanwhile_other"}
    connections["elsewhere"] = new
    connections.settings["elsewhere"] = new.settings_dict
    try:
        with new.schema_editor() as editor:
            for model in (Customer, Seat, Booking):
                editor.create_model(model)
        there = Booking.objects.using("elsewhere").create(pk=77, name="there")
        Booking.objects.create(pk=77, name="here")
        tree = EventTree("T", on=Called(Booking), do=[UpdateField(status="x")])
        with use_trees(tree):
            call_tree("t", there)
        assert Booking.objects.get().status == "draft"
        assert Booking.objects.using("elsewhere").get().status == "x"
    finally:
        new.close()
        del connections["elsewhere"]
        connections.settings.pop("elsewhere", None)
        with connection.cursor() as cursor:
            cursor.execute("DROP DATABASE IF EXISTS meanwhile_other")


def test_a_job_that_is_no_longer_ours_saves_nothing(monkeypatch) -> None:
    asked = []

    def statement(record: Any, names: Any) -> Any:
        asked.append(names)
        Job.objects.filter(state=State.RUNNING).update(lease_token=F("lease_token") + 1)
        return quick_save.quick_save(record, names)

    monkeypatch.setattr("meanwhile.trees.background.quick_save", statement)
    with use_trees(EventTree("T", on=Created(Booking), do=[Background(UpdateField(ready=True), serial=True)])):
        Booking.objects.create(name="Ada")
        run_background()
    assert asked
    assert not Booking.objects.get().ready
    assert (Run.objects.get().open_jobs, Run.objects.get().state) == (1, RunState.RUNNING)


@pytest.mark.usefixtures("no_long_status")
@pytest.mark.parametrize(("on_error", "comes_to"), [("stop", "failed"), ("continue", "succeeded")])
def test_a_last_save_that_the_database_refuses_is_its_steps_failure(on_error: str, comes_to: str) -> None:
    last = UpdateField(status="long", on_error=on_error, retry=Retry(max_attempts=2))
    with use_trees(EventTree("T", on=Created(Booking), do=[Background(UpdateField(notes="kept"), last, serial=True)])):
        Booking.objects.create(name="Ada")
        for _ in range(4):
            Job.objects.filter(state=State.READY).update(due=LONG_AGO)
            run_background()
    job, run, booking = Job.objects.get(), Run.objects.get(), Booking.objects.get()
    assert (job.state, run.state, run.open_jobs) == (comes_to, comes_to, 0), job.error
    assert (booking.status, booking.notes) == ("draft", "kept")
    assert "short" in (job.error if on_error == "stop" else job.steps["done"]["0.1"]["error"])


@pytest.mark.parametrize("gone", ["run", "record"])
def test_a_run_or_a_record_that_is_gone_is_no_obstacle(gone: str, monkeypatch) -> None:
    def statement(record: Any, names: Any) -> Any:
        made = quick_save.quick_save(record, names)
        (Run if gone == "run" else Booking).objects.all().delete()
        return made

    with use_trees(EventTree("T", on=Created(Booking), do=[Background(UpdateField(ready=True))])):
        Booking.objects.create(name="Ada")
        monkeypatch.setattr("meanwhile.trees.background.quick_save", statement)
        run_background()
    job = Job.objects.get()
    assert (job.state, job.attempts) == ((State.SUCCEEDED, 0) if gone == "run" else (State.READY, 1)), job.error


def test_a_field_set_on_saving_is_read_as_it_was_saved() -> None:
    Parcel.objects.create(tag="a")
    Parcel.objects.update(updated=LONG_AGO)
    parcel = Parcel.objects.get()
    with use_trees(EventTree("T", on=Called(Parcel), do=[UpdateField(pieces=2), UpdateField(at=Field("updated"))])):
        call_tree("t", parcel)
    assert Parcel.objects.get().at > LONG_AGO
