"""Bad input from the actions' side: whatever they raise or return, there is a clear error and nothing is lost."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import django
import pytest
from django.core import mail
from django.db import OperationalError, connection
from django.test import override_settings

from meanwhile import (
    ActionFailed,
    Background,
    Call,
    Called,
    Created,
    CreateRecord,
    EventTree,
    Field,
    ParameterError,
    Retry,
    SendEmail,
    UpdateField,
    action,
    call_tree,
)
from meanwhile.forms.transaction import NotSaved, one_transaction
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.testing import advance_to, clock_at, run_background, use_trees
from meanwhile.trees.models import Run, RunState, TreeVersion
from meanwhile.trees.versions import load_version
from tests.shop.models import Booking, Customer

pytestmark = pytest.mark.django_db

NOON = datetime(2036, 3, 10, 12, tzinfo=UTC)
ONCE = Retry(max_attempts=1)


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


ERRORS = {
    "ValueError": ValueError("wrong"),
    "an empty error": Exception(),
    "SystemExit": SystemExit(3),
    "GeneratorExit": GeneratorExit(),
    "CancelledError": asyncio.CancelledError(),
    "StopIteration": StopIteration(),
    "RecursionError": RecursionError("too deep"),
    "MemoryError": MemoryError(),
    "ExceptionGroup": ExceptionGroup("several", [ValueError("a")]),
    "BaseException": BaseException("bare"),
    "no text": Unspeakable(),
    "NUL": ValueError("a \0"),
    "surrogate": ValueError("half a \ud83d pair"),
    "a million characters": ValueError("x" * 1_000_000),
    "a database error": OperationalError("database is locked"),
}
RESULTS = {
    "an object": object(),
    "a set of objects": {object()},
    "nan": float("nan"),
    "inside": {"deep": [float("inf")]},
    "NUL": "a \0",
    "surrogate": ["\ud83d"],
    "a function": len,
    "itself": [],
}
RESULTS["itself"].append(RESULTS["itself"])
chosen: dict[str, object] = {}


@action(name="bad.raises")
def raises(record: Booking) -> None:
    Customer.objects.create(name="half done")
    error = chosen["error"]
    assert isinstance(error, BaseException)
    raise error


@action(name="bad.returns")
def returns(record: Booking) -> object:
    Customer.objects.create(name="half done")
    return chosen["result"]


def left() -> list[object]:
    """What there is of a save and its effects."""
    return [*Booking.objects.all(), *Customer.objects.all(), *Job.objects.all()]


def everything_else() -> Background:
    return Background(UpdateField(notes="the other job"))


@pytest.mark.parametrize("error", ERRORS.values(), ids=list(ERRORS))
def test_whatever_a_foreground_action_raises_undoes_the_save_and_says_which_step_it_was(error):
    chosen["error"] = error
    tree = EventTree("Bad", on=Created(Booking), do=[everything_else(), raises().options(label="Break it")])
    with use_trees(tree):
        with pytest.raises(ActionFailed) as told:
            Booking.objects.create(name="Ann")
        assert "Break it" in told.value.user_message
        assert "Break it" in str(told.value)
        run = Run.objects.get(tree="bad")
    assert (run.state, run.foreground[-1]["path"]) == (RunState.FAILED, "1")
    assert 0 < len(run.error) <= 10_000
    assert left() == []


def test_ctrl_c_in_a_foreground_action_passes_through_and_leaves_nothing():
    chosen["error"] = KeyboardInterrupt()
    for node in (raises(), raises().options(on_error="continue")):
        with use_trees(EventTree("Bad", on=Created(Booking), do=[node])), pytest.raises(KeyboardInterrupt):
            Booking.objects.create(name="Ann")
    assert left() == []
    assert not Run.objects.exists()


@pytest.mark.parametrize("error", ERRORS.values(), ids=list(ERRORS))
def test_whatever_a_foreground_action_raises_can_be_passed_over(error):
    chosen["error"] = error
    tree = EventTree("Bad", on=Created(Booking), do=[raises().options(on_error="continue"), UpdateField(notes="on")])
    with use_trees(tree):
        booking = Booking.objects.create(name="Ann")
    booking.refresh_from_db()
    assert (booking.notes, Customer.objects.exists()) == ("on", False)
    assert Run.objects.get().foreground[0]["error"]


@pytest.mark.parametrize("error", [*ERRORS.values(), KeyboardInterrupt()], ids=[*ERRORS, "KeyboardInterrupt"])
def test_whatever_a_background_action_raises_is_tried_again_and_then_fails_its_job_alone(error):
    chosen["error"] = error
    bad = Background(UpdateField(reference="a"), raises().options(retry=Retry(max_attempts=3)), UpdateField(ready=True))
    with clock_at(NOON), use_trees(EventTree("Bad", on=Created(Booking), do=[bad, everything_else()])):
        booking = Booking.objects.create(name="Ann")
        advance_to(NOON + timedelta(days=1))
    booking.refresh_from_db()
    assert (booking.reference, booking.notes, booking.ready) == ("a", "the other job", False)
    failed, other = Job.objects.order_by("pk")
    assert (failed.state, failed.steps["failed"]["attempt"], other.state) == (State.FAILED, 3, State.SUCCEEDED)
    assert failed.error
    assert not Customer.objects.exists()
    assert Run.objects.get().state == RunState.FAILED


@pytest.mark.parametrize("result", RESULTS.values(), ids=list(RESULTS))
@pytest.mark.parametrize("background", [False, True])
def test_a_result_that_can_not_be_stored_fails_its_step_with_a_text_that_says_so(result, background):
    chosen["result"] = result
    node = returns()
    tree = EventTree("Bad", on=Created(Booking), do=[Background(node) if background else node])
    with use_trees(tree):
        if background:
            Booking.objects.create(name="Ann")
            run_background()
            failed = Job.objects.get()
            assert failed.state == State.FAILED
            text = failed.error
        else:
            with pytest.raises(ActionFailed) as told:
                Booking.objects.create(name="Ann")
            text = str(told.value)
            assert not Booking.objects.exists()
    assert "cannot be stored as JSON" in text
    assert not Customer.objects.exists()


@pytest.mark.parametrize("background", [False, True])
def test_a_huge_result_is_cut_and_the_history_says_so(background):
    chosen["result"] = "x" * 1_000_000
    tree = EventTree("Bad", on=Created(Booking), do=[Background(returns()) if background else returns()])
    with use_trees(tree):
        Booking.objects.create(name="Ann")
        run_background(raise_errors=True)
    step = Job.objects.get().steps["done"]["0.0"] if background else Run.objects.get().foreground[0]
    assert (step["cut"], "result" in step) == (1_000_002, False)


@action(name="bad.sleeps", atomic=False)
async def sleeps(record: Booking, seconds: float) -> None:
    await asyncio.sleep(seconds)


@action(name="bad.times_out")
async def times_out(record: Booking) -> None:
    raise TimeoutError("of its own")


@pytest.mark.parametrize("background", [False, True])
def test_a_coroutine_that_takes_too_long_is_ended(background):
    node = sleeps(seconds=3600).options(timeout=0.01, retry=ONCE)
    tree = EventTree("Slow", on=Created(Booking), do=[Background(node) if background else node])
    with use_trees(tree):
        if background:
            Booking.objects.create(name="Ann")
            run_background()
            assert "longer than 0.01 seconds" in Job.objects.get(state=State.FAILED).error
        else:
            with pytest.raises(ActionFailed, match=r"longer than 0\.01 seconds"):
                Booking.objects.create(name="Ann")


def test_a_timeout_of_a_coroutine_s_own_is_told_as_it_is():
    tree = EventTree("Slow", on=Created(Booking), do=[times_out()])
    with use_trees(tree), pytest.raises(ActionFailed, match="of its own"):
        Booking.objects.create(name="Ann")


# Parameters and documents


@action(name="bad.typed")
def typed(record: Booking, amount: int, day: date | None = None) -> None:
    Customer.objects.create(name=f"{amount} {day}")


@action(name="bad.append")
def append_text() -> None:
    Customer.objects.create(name="x")


@pytest.mark.parametrize("background", [False, True])
def test_a_field_of_the_wrong_type_for_a_parameter_is_named(background):
    node = Call("bad.typed", params={"amount": Field("name"), "day": Field("price")})
    tree = EventTree("Bad", on=Created(Booking), do=[Background(node.options(retry=ONCE)) if background else node])
    with use_trees(tree):
        if background:
            Booking.objects.create(name="Ann", price=Decimal("1.5"))
            run_background()
            text = Job.objects.get(state=State.FAILED).error
        else:
            with pytest.raises(ActionFailed) as told:
                Booking.objects.create(name="Ann", price=Decimal("1.5"))
            text = str(told.value)
    assert "amount" in text
    assert "day" in text
    assert not Customer.objects.exists()


def test_a_wrong_literal_is_refused_when_the_tree_is_written():
    with pytest.raises(ParameterError, match="amount"):
        typed(amount="many")


@pytest.mark.parametrize("value", [float("nan"), "1e999", "many", None])
def test_a_parameter_of_a_called_tree_that_is_no_number_is_refused(value):
    tree = EventTree(
        "Rate", on=Called(parameters={"rate": float}), do=[Background(CreateRecord(Customer, set={"name": "x"}))]
    )
    with use_trees(tree), pytest.raises(ParameterError, match="rate"):
        call_tree("rate", params={"rate": value})
    assert not Job.objects.exists()


def stored(document_change):
    """Make the stored version of the only waiting job another document, as if the code had changed since."""
    version = TreeVersion.objects.get()
    document_change(version.document)
    version.save()
    load_version.__globals__["_load"].cache_clear()


@pytest.fixture
def _fresh_versions() -> Iterator[None]:
    yield
    load_version.__globals__["_load"].cache_clear()


def step(document):
    return document["do"][0]["do"][0]


def calls_a_vanished_action(document):
    step(document).clear()
    document["do"][0]["do"][0] = {"kind": "call", "function": "gone.away"}


CHANGES = {
    "an unknown action": (calls_a_vanished_action, "gone.away"),
    "an unknown kind of node": (lambda document: step(document).update(kind="teleport"), "teleport"),
    "a field that is gone": (
        lambda document: step(document)["set"].update(vanished={"value": "literal", "literal": 1}),
        "vanished",
    ),
    "a format of the future": (lambda document: document.update(meanwhile=99), "99"),
    "no nodes": (lambda document: document.update(do=[]), "0"),
    "no document": (lambda document: document.clear(), "meanwhile"),
}


@pytest.mark.usefixtures("_fresh_versions")
@pytest.mark.parametrize(("change", "text"), CHANGES.values(), ids=list(CHANGES))
def test_an_old_version_that_can_no_longer_be_run_fails_its_job_with_the_reason(change, text):
    with clock_at(NOON), use_trees(EventTree("Old", on=Created(Booking), do=[Background(UpdateField(notes="x"))])):
        booking = Booking.objects.create(name="Ann")
        stored(change)
        advance_to(NOON + timedelta(days=1))
    failed = Job.objects.get()
    assert (failed.state, Run.objects.get().state) == (State.FAILED, RunState.FAILED)
    assert text in failed.error
    booking.refresh_from_db()
    assert booking.notes == ""


@pytest.mark.usefixtures("_fresh_versions")
@pytest.mark.parametrize("field", ["model", "names"])
def test_a_model_that_is_gone_fails_its_job_with_the_reason(field):
    with clock_at(NOON), use_trees(EventTree("Old", on=Created(Booking), do=[Background(UpdateField(notes="x"))])):
        Booking.objects.create(name="Ann")
        job = Job.objects.get()
        job.payload[field] = {"model": "shop.Vanished", "names": {"a": ["shop.Vanished", 1]}}[field]
        job.save()
        advance_to(NOON + timedelta(days=1))
    failed = Job.objects.get()
    assert failed.state == State.FAILED
    assert "Vanished" in failed.error


@pytest.mark.usefixtures("_fresh_versions")
def test_a_version_that_is_gone_fails_its_job_with_the_reason():
    with clock_at(NOON), use_trees(EventTree("Old", on=Created(Booking), do=[Background(UpdateField(notes="x"))])):
        Booking.objects.create(name="Ann")
        version = TreeVersion.objects.get()
        job = Job.objects.get()
        job.payload["version"] = "00000000-0000-0000-0000-000000000000"
        job.save()
        advance_to(NOON + timedelta(days=1))
    failed = Job.objects.get()
    assert failed.state == State.FAILED
    assert "There is no tree" in failed.error
    assert version.pk


def test_a_payload_that_is_too_large_undoes_the_submit_with_a_clear_text(settings):
    settings.MEANWHILE = {"MAX_PAYLOAD": 1000}
    rest = Background(CreateRecord(Customer, set={"name": "later"}), label="Rest")
    tree = EventTree("Big", on=Called(parameters={"text": str}), do=[CreateRecord(Customer, set={"name": "now"}), rest])
    with use_trees(tree):
        with pytest.raises(ActionFailed, match="MAX_PAYLOAD") as told:
            call_tree("big", params={"text": "x" * 1000})
        assert "Rest" in told.value.user_message
        with pytest.raises(NotSaved), one_transaction("default"):
            call_tree("big", params={"text": "x" * 1000})
    assert not Customer.objects.exists()
    assert list(Run.objects.filter(tree=tree.key).values_list("state", flat=True)) == [RunState.FAILED] * 2


def test_a_parameter_that_is_too_large_for_a_job_is_refused(settings):
    tree = EventTree("Big", on=Called(parameters={"text": str}), do=[Background(append_text(), label="Rest")])
    with use_trees(tree), pytest.raises(ActionFailed, match="MAX_PAYLOAD"):
        call_tree("big", params={"text": "x" * 300_000})
    assert not Job.objects.exists()


@pytest.mark.parametrize("text", ["a \0", "half a \ud83d pair"])
def test_a_parameter_that_a_database_would_refuse_is_refused(text):
    tree = EventTree("Big", on=Called(parameters={"text": str}), do=[Background(append_text(), label="Rest")])
    with use_trees(tree), pytest.raises(ActionFailed, match="can't be stored"):
        call_tree("big", params={"text": text})
    assert not Job.objects.exists()


def test_a_long_text_of_a_record_does_not_make_the_payload_too_large():
    tree = EventTree("Big", on=Created(Booking), do=[Background(UpdateField(ready=True))])
    with use_trees(tree):
        booking = Booking.objects.create(name="Ann", notes="ä" * 2_000_000)
        run_background(raise_errors=True)
    booking.refresh_from_db()
    assert booking.ready
    assert len(booking.notes) == 2_000_000


# Mail


def smtp(port: int) -> override_settings:
    options = {"host": "127.0.0.1", "port": port, "timeout": 5}
    if django.VERSION >= (6, 1):
        return override_settings(
            MAILERS={"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
        )
    return override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST=options["host"],
        EMAIL_PORT=port,
        EMAIL_TIMEOUT=options["timeout"],
    )


def refusing_port() -> int:
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


class MailServer:
    """Speaks enough SMTP for one client after the other. ``answers`` are its replies to MAIL, the last one for good."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.received, self.headers = list(answers), 0, []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> MailServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(b"STOP\r\n")
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            client, _ = self._socket.accept()
            with client, client.makefile("rwb") as wire:
                if not self._talk(wire):
                    return

    def _talk(self, wire) -> bool:
        def say(text: str) -> None:
            wire.write(text.encode() + b"\r\n")
            wire.flush()

        say("220 here")
        for line in wire:
            match line[:4].upper().strip():
                case b"STOP":
                    return False
                case b"MAIL":
                    say(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
                case b"DATA":
                    say("354 go on")
                    self.headers.append([one for one in iter(wire.readline, b".\r\n") if b"Idempotency" in one])
                    self.received += 1
                    say("250 taken")
                case b"QUIT":
                    say("221 bye")
                    return True
                case _:
                    say("250 fine")
        return True


MAIL = SendEmail(to="ann@example.com", subject="Hello", body="…", retry=Retry(max_attempts=3, jitter=0))


def test_a_mail_server_that_is_not_there_is_tried_again_and_then_fails_the_job_with_the_reason():
    tree = EventTree(
        "Mail", on=Created(Booking), do=[Background(UpdateField(notes="a"), MAIL, UpdateField(ready=True))]
    )
    with smtp(refusing_port()), clock_at(NOON), use_trees(tree):
        booking = Booking.objects.create(name="Ann")
        run_background()
        waiting = Job.objects.get()
        assert (waiting.state, waiting.attempts) == (State.READY, 1)
        advance_to(NOON + timedelta(days=1))
    failed = Job.objects.get()
    assert (failed.state, failed.steps["failed"]["attempt"]) == (State.FAILED, 3)
    assert "refused" in failed.error
    booking.refresh_from_db()
    assert (booking.notes, booking.ready) == ("a", False)


@pytest.mark.parametrize("answer", ["451 try again later", "550 not from you"])
def test_a_mail_that_is_refused_is_tried_again_with_the_same_key_and_arrives_once(answer):
    tree = EventTree("Mail", on=Created(Booking), do=[Background(MAIL, UpdateField(ready=True))])
    with MailServer(answer, answer, "250 fine") as server, smtp(server.port), clock_at(NOON), use_trees(tree):
        booking = Booking.objects.create(name="Ann")
        advance_to(NOON + timedelta(days=1))
        assert server.received == 1
    booking.refresh_from_db()
    assert booking.ready
    assert Job.objects.get().steps["done"]["0.0"]["attempts"] == 3


def test_a_mail_server_that_refuses_in_the_foreground_undoes_the_save():
    tree = EventTree("Mail", on=Created(Booking), do=[UpdateField(notes="a"), MAIL])
    with MailServer("550 not from you") as server, smtp(server.port), use_trees(tree):
        with pytest.raises(ActionFailed, match="not from you"):
            Booking.objects.create(name="Ann")
        assert server.received == 0
    assert not Booking.objects.exists()
    assert mail.outbox == []


# A disk that is full


@contextmanager
def full_disk() -> Iterator[None]:
    """Let the SQLite file not grow any more: what ENOSPC does, at the size it has now."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # no free pages that earlier tests left
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA max_page_count = {2**31}")


def submit_many(size: int) -> None:
    with one_transaction("default"):
        for _ in range(60):
            Booking.objects.create(name="Ann", notes="x" * size)


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_a_full_disk_leaves_nothing_half_done_and_is_told_clearly():
    tree = EventTree(
        "Full",
        on=Created(Booking),
        do=[Background(UpdateField(ready=True)), CreateRecord(Customer, set={"name": "x"}), UpdateField(reference="r")],
    )
    with use_trees(tree):
        with full_disk():
            for size in (0, 1_000, 5_000, 20_000, 100_000):
                with pytest.raises(NotSaved) as told:
                    submit_many(size)
                assert "Nothing was saved" in told.value.user_message
                assert left() == []
        booking = Booking.objects.create(name="Ann")
        run_background(raise_errors=True)
    booking.refresh_from_db()
    assert (booking.ready, booking.reference) == (True, "r")


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_a_job_on_a_full_disk_is_not_lost_and_ends_when_there_is_room():
    @action(name="bad.grows")
    def grows(record: Booking) -> None:
        record.notes = "x" * 500_000
        record.save(update_fields=["notes"])

    tree = EventTree("Full", on=Created(Booking), do=[Background(grows(), UpdateField(ready=True))])
    with clock_at(NOON), use_trees(tree):
        booking = Booking.objects.create(name="Ann")
        with full_disk():
            run_background()
        assert Job.objects.get().state == State.READY
        assert "full" in Job.objects.get().error
        advance_to(NOON + timedelta(hours=1), raise_errors=True)
    booking.refresh_from_db()
    assert (booking.ready, len(booking.notes)) == (True, 500_000)
