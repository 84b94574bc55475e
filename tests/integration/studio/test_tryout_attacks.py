"""Code that tries to get something out of a trial, or never to come back from it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import django
import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, connection, connections, transaction
from django.db.models.signals import post_save

from meanwhile import Background, Created, Deleted, EventTree, Saved, UpdateField, action
from meanwhile.queue.enqueue import enqueue
from meanwhile.queue.jobs import NewJob
from meanwhile.studio import tryout
from meanwhile.studio.errors import EditProblem
from meanwhile.testing import use_trees
from tests.integration.studio.trying import DONE, changes, tried
from tests.shop.models import Booking, Customer, Seat

pytestmark = pytest.mark.django_db(transaction=True)


class Loud(BaseEmailBackend):
    """A backend of the project's own."""

    def open(self) -> bool:
        DONE.append("opened")
        return True

    def send_messages(self, email_messages: Any) -> int:
        DONE.append("sent")
        return len(email_messages)


def mass(_record: Any) -> None:
    letters = [(f"Mass {number}", "text", "from@example.com", ["x@example.com"]) for number in range(2)]
    mail.send_mass_mail(letters)


def explicit(_record: Any) -> None:
    with Loud() as backend:
        mail.EmailMessage("Explicit", "text", "from@example.com", ["x@example.com"], connection=backend).send()
        backend.send_messages([mail.EmailMessage("By hand", "text", "from@example.com", ["x@example.com"])])


def late(_record: Any) -> None:
    class Late(Loud):
        def send_messages(self, email_messages: Any) -> int:
            DONE.append("sent late")
            return 1

    mail.send_mass_mail([("Late", "text", None, ["x@example.com"])], connection=Late())


def admins(_record: Any) -> None:
    mail.mail_admins("Admins", "text")


def ring(*_args: Any) -> None:
    DONE.append("rung")


def promises(record: Any) -> None:
    transaction.on_commit(ring)
    transaction.on_commit(partial(ring, record))


def queues(_record: Any) -> None:
    enqueue(
        [NewJob(kind="other", name="Pack the bags", payload={}), NewJob(kind="other", name="Ship them", payload={})]
    )


def commits(_record: Any) -> None:
    Seat.objects.create(number="kept?")
    with connection.cursor() as cursor:
        cursor.execute(" commit")


def commits_and_hides_it(record: Any) -> None:
    try:
        commits(record)
    except Exception:  # noqa: BLE001
        Seat.objects.create(number="kept?")


def exits(_record: Any) -> None:
    sys.exit("I am leaving.")


def dangles(record: Any) -> None:
    Booking.objects.filter(pk=record.pk).update(seat_id=999_999)


def breaks(_record: Any) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")
    except DatabaseError:
        pass


def swallows(_record: Any) -> None:
    ends = time.monotonic() + 3

    def go_on(depth: int) -> None:
        while time.monotonic() < ends:
            with contextlib.suppress(BaseException):
                go_on(depth - 1) if depth else Seat.objects.create(number="much")

    go_on(5)


def sleeps(_record: Any) -> None:
    time.sleep(3)


async def waits(_record: Any) -> None:
    await asyncio.sleep(60)


def writes_elsewhere(_record: Any) -> None:
    with connections["other"].cursor() as cursor:
        cursor.execute("INSERT INTO things VALUES (1)")


def renames_the_person(step: Any) -> None:
    step.actor.first_name = "Changed"
    step.actor.save()


DOES: dict[str, Callable[[Any], Any]] = {}


@action(name="attack.do")
def do(record: Any, what: str) -> None:
    DOES[what](record)


@action(name="attack.wait")
async def do_wait(record: Any) -> None:
    await waits(record)


@action(name="attack.rename")
def do_rename(step: Any) -> None:
    renames_the_person(step)


def doing(what: Callable[[Any], Any]) -> Any:
    DOES[what.__name__] = what
    return do(what=what.__name__)


def quickly(settings: Any, seconds: float = 0.3) -> None:
    settings.MEANWHILE = {**settings.MEANWHILE, "STUDIO_TRY_SECONDS": seconds}


@pytest.mark.parametrize("background", [False, True])
@pytest.mark.parametrize(
    ("what", "subjects"),
    [
        (mass, ["Mass 0", "Mass 1"]),
        (explicit, ["Explicit", "By hand"]),
        (late, ["Late"]),
        (admins, ["[Django] Admins"]),
    ],
)
@pytest.mark.filterwarnings("ignore:The 'connection' argument")  # of Django 6.1, where it still works
def test_whichever_way_a_mail_is_sent_it_is_shown(
    booking: Booking, settings: Any, what: Any, subjects: list[str], background: bool
) -> None:
    settings.ADMINS = ["a@example.com"] if django.VERSION >= (6, 0) else [("A", "a@example.com")]
    node = Background(doing(what)) if background else doing(what)
    result = tried(EventTree("M", on=Created(Booking), do=[node]), booking)
    (step,) = result.branches[0].steps if background else result.foreground
    assert (step.state, [message.subject for message in step.mails]) == ("done", subjects)


def test_after_the_trial_mails_are_sent_again(booking: Booking) -> None:
    tried(EventTree("M", on=Created(Booking), do=[doing(mass)]), booking)
    mass(None)
    assert len(mail.outbox) == 2


def test_what_is_left_for_after_the_commit_is_told_and_not_done(booking: Booking) -> None:
    tree = EventTree("L", on=Created(Booking), do=[doing(promises), doing(queues), Background(doing(promises))])
    result = tried(tree, booking)
    assert [step.later for step in result.foreground] == [
        [f"{__name__}.ring"] * 2, ["Pack the bags", "Ship them"], []
    ]  # fmt: skip
    assert result.branches[0].steps[0].later == [f"{__name__}.ring"] * 2


def test_receivers_of_djangos_signals_are_part_of_it(booking: Booking) -> None:
    def receiver(instance: Booking, **_: Any) -> None:
        promises(instance)
        mass(instance)

    post_save.connect(receiver, sender=Booking)
    try:
        result = tried(EventTree("L", on=Saved(Booking), do=[]), booking, changes={"status": "paid"})
    finally:
        post_save.disconnect(receiver, sender=Booking)
    assert result.besides[0].later == [f"{__name__}.ring"] * 2
    assert [message.subject for message in result.besides[0].mails] == ["Mass 0", "Mass 1"]


@pytest.mark.parametrize("what", [commits, commits_and_hides_it])
def test_a_commit_by_a_statement_is_refused(booking: Booking, what: Any) -> None:
    (step,) = tried(EventTree("C", on=Created(Booking), do=[doing(what)]), booking).foreground
    assert (step.state, "transactions" in step.message) == (("failed", True) if what is commits else ("done", False))


def test_a_program_that_exits_is_a_step_that_fails(booking: Booking) -> None:
    in_front = tried(EventTree("E", on=Created(Booking), do=[doing(exits)]), booking)
    assert "I am leaving." in in_front.error
    behind = tried(
        EventTree("E", on=Created(Booking), do=[Background(doing(exits)), Background(doing(admins))]), booking
    )
    assert [(branch.failed, branch.steps[0].state) for branch in behind.branches] == [(True, "failed"), (False, "done")]


def test_an_error_that_would_come_with_the_commit_is_shown(booking: Booking) -> None:
    in_front = tried(EventTree("D", on=Created(Booking), do=[doing(dangles), Background()]), booking)
    assert "IntegrityError" in in_front.error
    assert in_front.branches == []
    behind = tried(
        EventTree("D", on=Created(Booking), do=[Background(doing(dangles), UpdateField(notes="x"))]), booking
    )
    (branch,) = behind.branches
    assert (behind.error, branch.failed, [step.state for step in branch.steps]) == ("", True, ["failed"])
    assert "IntegrityError" in branch.ended
    again = tried(EventTree("D", on=Created(Booking), do=[doing(dangles), UpdateField(seat=None)]), booking)
    assert not again.error


def test_a_transaction_that_code_has_broken_and_hidden_is_the_failure_it_is(booking: Booking) -> None:
    result = tried(EventTree("B", on=Created(Booking), do=[doing(breaks), UpdateField(notes="x")]), booking)
    states = [step.state for step in result.foreground]
    assert states == (["failed"] if connection.vendor == "postgresql" else ["done", "done"])
    assert bool(result.error) == (connection.vendor == "postgresql")


def test_what_a_person_typed_and_the_database_refuses_is_said(booking: Booking) -> None:
    def receiver(**_: Any) -> None:
        raise RuntimeError("Not on a Sunday.")

    post_save.connect(receiver, sender=Booking)
    try:
        with pytest.raises(EditProblem, match="Not on a Sunday"):
            tried(EventTree("L", on=Saved(Booking), do=[]), booking, changes={"status": "paid"})
    finally:
        post_save.disconnect(receiver, sender=Booking)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_code_that_catches_everything_is_given_up_and_keeps_nothing(booking: Booking, settings: Any) -> None:
    quickly(settings)
    tree = EventTree("S", on=Created(Booking), do=[doing(swallows).options(on_error="continue"), doing(mass)])
    result = tried(tree, booking)
    assert result.timed_out
    assert [step.title for step in result.foreground] == ["Do"]


def test_a_coroutine_that_waits_for_ever_is_given_up(booking: Booking, settings: Any) -> None:
    quickly(settings)
    started = time.monotonic()
    for node in (do_wait(), Background(do_wait())):
        assert tried(EventTree("W", on=Created(Booking), do=[node]), booking).timed_out
    assert time.monotonic() - started < 30


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # interrupted wherever it is
@pytest.mark.parametrize("what", [sleeps, swallows])
def test_others_wait_for_a_trial_no_longer_than_its_time(booking: Booking, settings: Any, what: Any) -> None:
    quickly(settings)
    came: list[float] = []
    holds = threading.Event()

    def hold(record: Any) -> None:
        holds.set()
        what(record)

    def write() -> None:
        holds.wait(20)
        Booking.objects.filter(pk=booking.pk).update(notes="by another")
        came.append(time.monotonic())
        connection.close()

    other = threading.Thread(target=write)
    other.start()
    DOES["hold"] = hold
    try:
        tree = EventTree("S", on=Created(Booking), do=[UpdateField(notes="tried"), do(what="hold")])
        result = tryout.try_out(tree.as_json(), booking, by=None)
        ended = time.monotonic()
    finally:
        other.join(30)
    assert result.timed_out
    assert came
    assert came[0] < ended - 0.5
    booking.refresh_from_db()
    assert booking.notes == "by another"
    Seat.objects.create(number="again")
    assert not Seat.objects.filter(number="much").exists()


@pytest.fixture
def other_database(tmp_path: Path) -> Iterator[Any]:
    connections.settings["other"] = {
        **connections.settings["default"],
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path / "other.sqlite3"),
        "OPTIONS": {},
    }
    try:
        connections["other"].connect()  # the test's own guard lets only known databases be opened by themselves
        with connections["other"].cursor() as cursor:
            cursor.execute("CREATE TABLE things (number INTEGER)")
        yield connections["other"]
    finally:
        connections["other"].close()
        del connections["other"], connections.settings["other"]


def test_nothing_is_kept_in_other_databases_either(booking: Booking, other_database: Any) -> None:
    result = tried(EventTree("O", on=Created(Booking), do=[doing(writes_elsewhere)]), booking)
    assert not result.error
    with other_database.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM things")
        assert cursor.fetchone() == (0,)


def test_a_database_that_can_not_be_reached_hinders_no_trial(booking: Booking, other_database: Any) -> None:
    other_database.close()
    other_database.settings_dict["NAME"] = "/nowhere/at/all"
    assert not tried(EventTree("O", on=Created(Booking), do=[UpdateField(notes="x")]), booking).error


def test_what_code_does_to_the_person_is_gone_with_the_trial(booking: Booking, person: Callable[..., Any]) -> None:
    ada = person("view", "edit")
    (step,) = tried(EventTree("P", on=Created(Booking), do=[do_rename()]), booking, by=ada).foreground
    assert step.state == "done"
    assert ada.first_name == ""


def test_a_trial_in_a_request_with_a_transaction_of_its_own_leaves_that_usable(booking: Booking) -> None:
    with transaction.atomic():
        Customer.objects.create(name="of the request")
        result = tried(EventTree("T", on=Deleted(Booking), do=[doing(mass)]), booking)
    assert not result.error
    assert Customer.objects.get().name == "of the request"


def test_two_trials_at_once_do_not_see_each_other(booking: Booking, settings: Any) -> None:
    """They are in different threads, as requests are; each has its own draft, mails and steps."""
    results: dict[str, Any] = {}

    def run(name: str) -> None:
        tree = EventTree("Same", on=Saved(Booking), do=[UpdateField(notes=name), doing(mass)])
        try:
            results[name] = tryout.try_out(tree.as_json(), booking, by=None)
        finally:
            connections.close_all()

    with use_trees():
        threads = [threading.Thread(target=run, args=(name,)) for name in ("a", "b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    for name in ("a", "b"):
        first, second = results[name].foreground
        assert changes(first) == [("notes", "", name)]
        assert len(second.mails) == 2
    assert mail.outbox == []
