"""The rules of the spec that span the whole way: from the save over the foreground and the queue to the background."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.utils import timezone

from meanwhile import (
    ActionFailed,
    Actor,
    Background,
    Called,
    CallTree,
    Created,
    CreateRecord,
    Delay,
    Deleted,
    DeleteRecord,
    EventTree,
    Field,
    If,
    Is,
    Param,
    ParameterError,
    Query,
    Retry,
    Saved,
    SendEmail,
    Step,
    Template,
    Updated,
    UpdateField,
    UserError,
    Was,
    action,
    before,
    call_tree,
    later,
    now,
)
from meanwhile.clock import SystemClock
from meanwhile.queue import control
from meanwhile.queue.claim import claim
from meanwhile.queue.execution import Execution
from meanwhile.queue.models import Job
from meanwhile.queue.states import State
from meanwhile.testing import advance_to, clock_at, fired, run_background, use_trees
from meanwhile.trees.actor import acting_as
from meanwhile.trees.models import Run, RunState
from tests.shop.models import Booking, Customer, Seat, Ticket

pytestmark = pytest.mark.django_db

NOON = datetime(2036, 3, 10, 12, tzinfo=UTC)


@action(name="rules.append")
def append(record: Booking, text: str) -> None:
    record.notes += text
    record.save(update_fields=["notes"])


@action(name="rules.fail")
def fail(record: Booking, times: int = 1_000) -> None:
    """Fails until it was tried more often than that; counts its tries in what no rollback undoes."""
    tries.append(record.pk)
    if len(tries) <= times:
        raise RuntimeError("no luck")


tries: list[int] = []


@pytest.fixture(autouse=True)
def _no_tries():
    tries.clear()


@action(name="rules.tell")
def tell(record: Booking, step: Step) -> dict[str, object]:
    return {
        "actor": str(step.actor),
        "old": step.event.old.get("status"),
        "new": step.event.new.get("status"),
        "now": record.status,
        "changed": sorted(step.event.changed),
        "background": step.background,
    }


def results(job):
    return [mark.get("result") for mark in job.steps["done"].values()]


# The tree as it was


def test_an_edit_of_the_tree_does_not_change_a_branch_that_is_already_waiting():
    first = EventTree("Reminder", on=Created(Booking), do=[Delay(later(days=30), append("old")), append("!")])
    second = EventTree("Reminder", on=Created(Booking), do=[append("new"), Delay(now(), append("new")), append("new")])
    with clock_at(NOON):
        with use_trees(first):
            booking = Booking.objects.create(name="Ann")
        with use_trees(second):
            advance_to(NOON + timedelta(days=31), raise_errors=True)
    booking.refresh_from_db()
    assert booking.notes == "!old"


def test_a_branch_runs_on_when_its_tree_was_deleted():
    with clock_at(NOON):
        with use_trees(EventTree("Reminder", on=Created(Booking), do=[Delay(later(days=30), append("old"))])):
            booking = Booking.objects.create(name="Ann")
        with use_trees():
            advance_to(NOON + timedelta(days=31), raise_errors=True)
    booking.refresh_from_db()
    assert booking.notes == "old"


# The record as it is


def test_a_step_reads_the_record_when_it_runs_and_sees_old_and_new_values_of_the_event():
    booking = Booking.objects.create(name="Ann", status="draft")
    tree = EventTree("Tell", on=Updated(Booking, "status"), do=[Background(If(Was("status", "draft"), tell()), tell())])
    with use_trees(tree):
        booking.status = "sent"
        booking.save()
        Booking.objects.update(status="lost")
        run_background(raise_errors=True)
    told = {"actor": "None", "old": "draft", "new": "sent", "now": "lost", "changed": ["status"], "background": True}
    assert results(Job.objects.get()) == [told, told]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_record_that_was_deleted_meanwhile_ends_its_job_as_skipped(at_once):
    do = [Background(append("a"), DeleteRecord(), append("b"))] if at_once else [Background(append("a"))]
    with use_trees(EventTree("Gone", on=Created(Booking), do=do)):
        booking = Booking.objects.create(name="Ann")
        if not at_once:
            booking.delete()
        run_background(raise_errors=True)
    job, run = Job.objects.get(), Run.objects.get()
    assert (job.state, run.state) == (State.SKIPPED, RunState.SKIPPED)
    assert "The record is gone" in job.error


def test_a_deletion_carries_the_last_values_into_the_background():
    tree = EventTree(
        "Farewell",
        on=Deleted(Booking),
        do=[Background(CreateRecord(Customer, set={"name": Template("{{ record.name }} {{ event.old.notes }}")}))],
    )
    with use_trees(tree):
        booking = Booking.objects.create(name="Ann", notes="was here")
        booking.delete()
        run_background(raise_errors=True)
    assert Customer.objects.get().name == "Ann was here"


# Moments


@pytest.mark.parametrize(
    ("starts", "due"),
    [
        ("2036-03-31T02:30", datetime(2036, 3, 30, 1, 30, tzinfo=UTC)),
        ("2036-10-27T02:30", datetime(2036, 10, 26, 0, 30, tzinfo=UTC)),
        ("2036-03-30T12:00", datetime(2036, 3, 29, 11, tzinfo=UTC)),
    ],
    ids=["in the gap: moved forward by it", "in the overlap: the first of the two", "over the change: same local time"],
)
def test_a_day_before_is_a_day_of_the_calendar(starts, due):
    tree = EventTree("Remind", on=Created(Booking), do=[Delay(before("starts", days=1), append("soon"))])
    with clock_at(NOON), use_trees(tree):
        Booking.objects.create(name="Ann", starts=timezone.make_aware(datetime.fromisoformat(starts)))
        assert Job.objects.get().due == due


def test_a_month_before_a_day_is_the_start_of_the_last_day_that_month_has():
    tree = EventTree("Remind", on=Created(Booking), do=[Delay(before("day", months=1), append("soon"))])
    with clock_at(NOON), use_trees(tree):
        Booking.objects.create(name="Ann", day=date(2037, 3, 31))
        assert timezone.localtime(Job.objects.get().due) == timezone.make_aware(datetime.fromisoformat("2037-02-28"))


def test_a_moment_in_the_past_is_due_at_once():
    tree = EventTree("Remind", on=Created(Booking), do=[Delay(before("starts", days=2), append("soon"))])
    with clock_at(NOON), use_trees(tree):
        booking = Booking.objects.create(name="Ann", starts=NOON + timedelta(days=1))
        assert run_background(raise_errors=True) == 1
    booking.refresh_from_db()
    assert booking.notes == "soon"


def test_an_empty_date_field_fails_the_save_with_a_text_that_names_it():
    tree = EventTree("Remind", on=Created(Booking), do=[Delay(before("starts", days=2), append("soon"))])
    with use_trees(tree), pytest.raises(ActionFailed, match="starts"):
        Booking.objects.create(name="Ann")
    assert not Booking.objects.exists()


def test_pending_jobs_can_be_run_now_moved_and_cancelled():
    delays = [Delay(later(days=days), append(str(days))) for days in (10, 20, 30)]
    with clock_at(NOON) as clock, use_trees(EventTree("Remind", on=Created(Booking), do=delays)):
        booking = Booking.objects.create(name="Ann")
        ten, twenty, thirty = Job.objects.order_by("due")
        control.cancel(ten.pk, clock=clock)
        control.run_now(thirty.pk, clock=clock)
        control.move(twenty.pk, NOON + timedelta(hours=1))
        run_background(raise_errors=True)
        advance_to(NOON + timedelta(days=60), raise_errors=True)
    booking.refresh_from_db()
    assert booking.notes == "3020"
    assert Run.objects.get().state == RunState.CANCELLED


# Background and Delay(now) are the same thing


def alike(value):
    """A step's mark without how long it took and without the keys of its records."""
    if not isinstance(value, dict):
        return value
    return {name: alike(item) for name, item in value.items() if name not in {"ms", "pk", "id"}}


def trace():
    """All that a tree leaves behind, without what is different each time."""
    jobs = []
    for job in Job.objects.order_by("pk"):
        steps = {key: alike(mark) for key, mark in job.steps.get("done", {}).items()}
        payload = {key: value for key, value in job.payload.items() if key not in {"run", "version", "pk"}}
        state = (job.state, job.error, job.attempts, job.started, job.finished)
        start = (job.priority, job.due, bool(job.serial_key))
        jobs.append((*state, *start, steps, job.steps.get("branches"), payload["path"], alike(payload["event"])))
    runs = Run.objects.order_by("pk").values_list("tree", "event", "state", "depth", "page_at", "finished", "open_jobs")
    shown = [[alike(step) for step in run.foreground] for run in Run.objects.all()]
    left = Booking.objects.values_list("name", "status", "notes", "ready", "reference").order_by("pk")
    return jobs, list(runs), shown, list(left), list(Customer.objects.values_list("name", flat=True))


def test_background_and_delay_now_leave_the_same_trace():
    def play(branch):
        children = [
            append("a"),
            If(Is("notes", "xa"), append("b"), otherwise=[append("c")]),
            branch(append("nested")),
            CreateRecord(Customer, set={"name": Field("notes")}, name="customer"),
            fail(times=2).options(retry=Retry(max_attempts=5, jitter=0)),
            UpdateField(of="customer", name="Cleo"),
            UpdateField(ready=True),
        ]
        tree = EventTree(
            "Same",
            on=Created(Booking),
            do=[
                append("x"),
                branch(*children),
                If(Is("name", "Ann"), branch(append("in if"), serial=True, priority=3)),
                UpdateField(reference="r"),
            ],
        )
        tries.clear()
        for model in (Job, Run, Booking, Customer):
            model._base_manager.all().delete()
        with clock_at(NOON), use_trees(tree):
            Booking.objects.create(name="Ann")
            first = trace()
            advance_to(NOON + timedelta(days=1))
        return first, trace()

    as_background = play(lambda *do, **options: Background(*do, label="branch", **options))
    as_delay = play(lambda *do, **options: Delay(now(), *do, label="branch", **options))
    assert as_background == as_delay
    jobs, runs, _, bookings, customers = as_background[1]
    assert [job[0] for job in jobs] == [State.SUCCEEDED] * 3
    assert runs[0][2] == RunState.SUCCEEDED
    assert (bookings, customers) == ([("Ann", "draft", "xin ifacnested", True, "r")], ["Cleo"])


def test_background_and_delay_may_be_nested_in_each_other_in_conditions_and_any_number_of_times():
    tree = EventTree(
        "Nest",
        on=Created(Booking),
        do=[
            Background(
                append("1"),
                Delay(later(days=1), append("2"), Background(append("3"), Delay(later(days=1), append("4")))),
                If(Is("name", "Ann"), Background(append("5")), otherwise=[Background(append("never"))]),
            ),
            Background(append("6")),
            If(Is("name", "Bob"), append("never"), otherwise=[Background(append("7"), label="last")]),
            append("0"),
        ],
    )
    with clock_at(NOON), use_trees(tree):
        booking = Booking.objects.create(name="Ann")
        assert Run.objects.get().open_jobs == 3
        advance_to(NOON + timedelta(days=5), raise_errors=True)
    booking.refresh_from_db()
    assert booking.notes == "0167" + "5" + "23" + "4"
    run = Run.objects.get()
    assert (run.state, run.open_jobs) == (RunState.SUCCEEDED, 0)


def test_actions_below_a_background_are_done_before_it_starts():
    with use_trees(EventTree("Order", on=Created(Booking), do=[Background(append("behind")), append("first ")])):
        booking = Booking.objects.create(name="Ann")
        booking.refresh_from_db()
        assert booking.notes == "first "
        run_background(raise_errors=True)
    booking.refresh_from_db()
    assert booking.notes == "first behind"


# Conditions in the background


def test_a_condition_is_decided_once_and_remembered_over_a_failure():
    steps = [
        append("a"),
        If(
            Is("status", "draft"),
            UpdateField(status="sent"),
            fail(times=1).options(retry=Retry(max_attempts=3, jitter=0)),
            append("b"),
            otherwise=[append("wrong")],
        ),
    ]
    with clock_at(NOON), use_trees(EventTree("Decide", on=Created(Booking), do=[Background(*steps)])):
        booking = Booking.objects.create(name="Ann")
        advance_to(NOON + timedelta(days=1))
    booking.refresh_from_db()
    assert (booking.notes, booking.status) == ("ab", "sent")


def test_a_condition_before_an_effect_outside_is_remembered_when_the_worker_dies_behind_the_effect():
    """The first condition of a job, too, which has no step before it whose mark could carry it."""

    class Killed(BaseException):
        pass

    class DiesBehindTheEffect(Execution):
        def _mark(self, *args, **options):
            raise Killed

        def _failed(self, *args, **options):
            raise Killed

    branch = If(
        Is("status", "draft"),
        SendEmail(to="a@example.com", subject="draft", body="…"),
        otherwise=[SendEmail(to="a@example.com", subject="no draft", body="…")],
    )
    with use_trees(EventTree("Decide", on=Created(Booking), do=[Background(branch, append("b"))])):
        booking = Booking.objects.create(name="Ann")
        [claimed] = claim(1, "a worker", now=timezone.now(), lease=30, using="default")
        with pytest.raises(Killed):
            DiesBehindTheEffect(claimed, using="default", clock=SystemClock()).run()
        Booking.objects.update(status="sent")
        Job.objects.update(state=State.READY)
        run_background(raise_errors=True)
    booking.refresh_from_db()
    assert [message.subject for message in mail.outbox] == ["draft", "draft"]
    keys = {message.extra_headers["X-Idempotency-Key"] for message in mail.outbox}
    assert (len(keys), booking.notes) == (1, "b")


# Errors


def test_on_error_continue_undoes_the_failed_action_alone_and_goes_on():
    steps = [
        append("a"),
        fail().options(on_error="continue", retry=Retry(max_attempts=2, jitter=0)),
        append("b"),
    ]
    tree = EventTree("Goes on", on=Created(Booking), do=[*steps, Background(*steps)])
    with clock_at(NOON), use_trees(tree):
        booking = Booking.objects.create(name="Ann")
        booking.refresh_from_db()
        assert booking.notes == "ab"
        advance_to(NOON + timedelta(days=1))
    booking.refresh_from_db()
    assert booking.notes == "abab"
    assert len(tries) == 1 + 2
    run, job = Run.objects.get(), Job.objects.get()
    assert (run.state, job.state) == (RunState.SUCCEEDED, State.SUCCEEDED)
    assert "no luck" in run.foreground[1]["error"]
    assert "no luck" in job.steps["done"]["3.1"]["error"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("around", ["autocommit", "commits", "rolls back"])
def test_a_failed_foreground_leaves_nothing_and_is_kept_in_the_history_with_its_reason(around):
    from django.core.signals import request_finished
    from django.db import transaction

    tree = EventTree("Fails", on=Created(Booking), do=[append("a"), Background(append("b")), fail()])
    customer = get_user_model().objects.create(username="ann")
    with use_trees(tree), acting_as(customer):
        if around == "autocommit":
            with pytest.raises(ActionFailed):
                Booking.objects.create(name="Ann")
        else:
            with transaction.atomic():
                with pytest.raises(ActionFailed):
                    Booking.objects.create(name="Ann")
                Customer.objects.create(name="stays")
                transaction.set_rollback(around == "rolls back")
            request_finished.send(sender=None)
    assert not Booking.objects.exists()
    assert not Job.objects.exists()
    assert Customer.objects.count() == (around == "commits")
    run = Run.objects.get(tree="fails")
    assert (run.state, run.actor_name, run.open_jobs) == (RunState.FAILED, "ann", 0)
    assert "no luck" in run.error
    assert [step["path"] for step in run.foreground] == ["0", "2"]
    assert run.finished is not None


def test_the_text_of_a_user_error_reaches_the_person_and_no_internals_do():
    @action(name="rules.refuse")
    def refuse(record: Booking) -> None:
        raise UserError("No seat is free.") if record.name == "Ann" else KeyError("secret")

    with use_trees(EventTree("Refuse", on=Created(Booking), do=[refuse()])):
        with pytest.raises(ActionFailed) as told:
            Booking.objects.create(name="Ann")
        with pytest.raises(ActionFailed) as untold:
            Booking.objects.create(name="Bob")
    assert told.value.user_message == "No seat is free."
    assert "secret" not in untold.value.user_message


# Who


def test_background_steps_run_in_the_name_of_the_person_whose_change_started_the_run():
    ann = get_user_model().objects.create(username="ann", email="ann@example.com")
    child = EventTree("Child", on=Created(Customer), do=[Background(UpdateField(email=Template("{{ actor.email }}")))])
    tree = EventTree(
        "Who",
        on=Created(Booking),
        do=[
            UpdateField(reference=Actor()),
            Background(tell(), CreateRecord(Customer, set={"name": Actor()}), Delay(later(days=1), tell())),
        ],
    )
    with clock_at(NOON), use_trees(tree, child), acting_as(ann):
        booking = Booking.objects.create(name="Ann")
    with clock_at(NOON), use_trees(tree, child):
        advance_to(NOON + timedelta(days=2), raise_errors=True)
    booking.refresh_from_db()
    assert booking.reference == "ann"
    assert Customer.objects.get().name == "ann"
    assert set(Run.objects.values_list("actor_name", flat=True)) == {"ann"}
    told = [job.steps["done"]["1.0"]["result"]["actor"] for job in Job.objects.filter(group=_run("who")) if _first(job)]
    assert told == ["ann"]


def _run(tree):
    return str(Run.objects.get(tree=tree).pk)


def _first(job):
    return "1.0" in job.steps["done"]


def test_a_person_who_was_deleted_meanwhile_is_nobody():
    ann = get_user_model().objects.create(username="ann")
    with use_trees(EventTree("Who", on=Created(Booking), do=[Background(tell())])):
        with acting_as(ann):
            Booking.objects.create(name="Ann")
        ann.delete()
        run_background(raise_errors=True)
    assert results(Job.objects.get())[0]["actor"] == "None"
    assert Run.objects.get().actor_name == "ann"


# Called trees, named records


def test_a_called_tree_gets_its_parameters_with_their_types_in_the_foreground_and_behind():
    refund = EventTree(
        "Refund",
        on=Called(Booking, parameters={"amount": Decimal, "day": date, "note": str}),
        do=[
            UpdateField(price=Param("amount"), day=Param("day")),
            Background(If(Is("price", ">", 10), UpdateField(notes=Param("note"), price=Param("amount")))),
        ],
    )
    with use_trees(refund):
        booking = Booking.objects.create(name="Ann")
        call_tree("refund", booking, {"amount": "20.50", "day": "2036-05-01", "note": "{{ as it is }}"})
        Booking.objects.update(price=11)
        run_background(raise_errors=True)
    booking.refresh_from_db()
    assert (booking.price, booking.day, booking.notes) == (Decimal("20.50"), date(2036, 5, 1), "{{ as it is }}")


def test_wrong_parameters_are_all_named_and_nothing_happens():
    refund = EventTree("Refund", on=Called(Booking, parameters={"amount": int, "day": date}), do=[append("x")])
    with use_trees(refund):
        booking = Booking.objects.create(name="Ann")
        with pytest.raises(ParameterError) as error:
            call_tree("refund", booking, {"amount": "many", "extra": 1})
    assert set(error.value.fields) == {"amount", "day", "extra"}
    assert not Run.objects.exists()


def test_a_record_made_above_can_be_used_below_also_behind_and_in_nested_jobs():
    tree = EventTree(
        "Seat",
        on=Created(Booking),
        do=[
            Background(
                UpdateField(seat=Field("seat_made")),
                CreateRecord(Customer, set={"name": Template("{{ seat_made.number }}")}, name="customer"),
                Background(
                    UpdateField(of="customer", email="seat@example.com"), UpdateField(customer=Field("customer"))
                ),
            ),
            CreateRecord(Seat, set={"number": "1A", "price": 7}, name="seat_made"),
            UpdateField(price=Field("seat_made.price")),
        ],
    )
    with use_trees(tree):
        booking = Booking.objects.create(name="Ann")
        run_background(raise_errors=True)
    booking.refresh_from_db()
    assert (booking.price, booking.seat.number) == (7, "1A")
    assert (booking.customer.name, booking.customer.email) == ("1A", "seat@example.com")


def test_call_tree_runs_for_each_record_of_a_query_as_one_transaction():
    pay = EventTree("Pay", on=Called(Ticket), do=[UpdateField(paid=True), Background(UpdateField(passenger="p"))])
    tree = EventTree(
        "Paid", on=Updated(Booking, "status"), do=[CallTree("Pay", each=Query(Ticket, where={"booking": Field("pk")}))]
    )
    with use_trees(tree, pay):
        booking = Booking.objects.create(name="Ann")
        tickets = [Ticket.objects.create(booking=booking, passenger=str(n)) for n in range(3)]
        other = Ticket.objects.create(booking=Booking.objects.create(name="Bob"), passenger="other")
        with fired() as log:
            booking.status = "paid"
            booking.save()
        log.assert_fired("pay", times=3)
        run_background(raise_errors=True)
    assert set(Ticket.objects.filter(paid=True, passenger="p")) == set(tickets)
    other.refresh_from_db()
    assert not other.paid
    parent = Run.objects.get(tree="paid")
    assert set(Run.objects.filter(tree="pay").values_list("parent_id", "depth")) == {(parent.pk, 2)}


# Loops


def loop(*, background):
    def wrap(node):
        return Background(node) if background else node

    return (
        EventTree(
            "Ping",
            on=Created(Booking),
            do=[wrap(CreateRecord(Customer, set={"name": "x"}))],
        ),
        EventTree("Pong", on=Created(Customer), do=[wrap(CreateRecord(Booking, set={"name": "x"}))]),
    )


def test_a_loop_in_the_foreground_ends_at_depth_20_with_an_error_that_names_the_chain():
    with use_trees(*loop(background=False)), pytest.raises(ActionFailed) as error:
        Booking.objects.create(name="Ann")
    assert " → ".join(["ping", "pong"] * 10) in str(error.value)
    assert not Booking.objects.exists()
    assert not Customer.objects.exists()
    assert max(Run.objects.values_list("depth", flat=True)) == 21


def test_a_loop_in_the_background_ends_at_depth_20_with_an_error_that_names_the_chain():
    with use_trees(*loop(background=True)):
        Booking.objects.create(name="Ann")
        run_background(limit=50)
    failed = Job.objects.get(state=State.FAILED)
    assert " → ".join(["ping", "pong"] * 10) in failed.error
    assert (Booking.objects.count(), Customer.objects.count()) == (10, 10)
    assert Job.objects.filter(state=State.SUCCEEDED).count() == 19
    assert Run.objects.filter(state=RunState.SUCCEEDED).count() == 19


def test_a_reentrant_tree_that_keeps_changing_its_own_record_ends_at_depth_20_too():
    tree = EventTree("Own", on=Saved(Booking), reentrant=True, do=[append("x")])
    with use_trees(tree), pytest.raises(ActionFailed, match="own → own"):
        Booking.objects.create(name="Ann")
    assert not Booking.objects.exists()


@pytest.mark.parametrize("background", [False, True])
def test_a_tree_does_not_fire_for_the_changes_of_its_own_run_unless_it_says_so(background):
    def tree(**options):
        change = If(Is("notes", "!=", "xx"), append("x"))
        return EventTree("Own", on=Saved(Booking), do=[Background(change) if background else change], **options)

    with use_trees(tree()):
        booking = Booking.objects.create(name="Ann")
        run_background(raise_errors=True)
        booking.refresh_from_db()
        assert (booking.notes, Run.objects.count()) == ("x", 1)
    with use_trees(tree(reentrant=True)):
        booking = Booking.objects.create(name="Bob")
        run_background(raise_errors=True)
        booking.refresh_from_db()
        assert (booking.notes, Run.objects.filter(record_pk=booking.pk).count()) == ("xx", 3)


def test_a_tree_fires_for_what_its_run_does_to_another_record():
    tree = EventTree(
        "Own",
        on=Saved(Booking),
        do=[If(Is("name", "Ann"), CreateRecord(Booking, set={"name": "Bob"})), append("x")],
    )
    with use_trees(tree):
        Booking.objects.create(name="Ann")
    assert list(Booking.objects.order_by("name").values_list("name", "notes")) == [("Ann", "x"), ("Bob", "x")]


# Mail


def test_a_mail_behind_is_sent_once_with_the_values_of_the_moment():
    tree = EventTree(
        "Mail",
        on=Created(Booking),
        do=[Background(SendEmail(to="{{ record.email }}", subject="For {{ record.name }}", body="{{ record.notes }}"))],
    )
    with use_trees(tree):
        Booking.objects.create(name="Ann", email="ann@example.com")
        Booking.objects.update(notes="later")
        run_background(raise_errors=True)
        run_background(raise_errors=True)
    [message] = mail.outbox
    assert (message.to, message.subject, message.body) == (["ann@example.com"], "For Ann", "later")


# By hand


def test_a_failed_step_can_be_retried_or_skipped_and_the_run_tells():
    tree = EventTree(
        "Hand",
        on=Created(Booking),
        do=[Background(append("a"), fail(times=2).options(retry=Retry(max_attempts=1)), append("b"))],
    )
    with use_trees(tree):
        booking = Booking.objects.create(name="Ann")
        run_background()
        job = Job.objects.get()
        assert (job.state, Run.objects.get().state) == (State.FAILED, RunState.FAILED)
        control.retry(job.pk)
        assert Run.objects.get().state == RunState.RUNNING
        run_background()
        control.retry_from(job.pk, "0.0")
        run_background(raise_errors=True)
    booking.refresh_from_db()
    assert booking.notes == "aab"
    assert (Job.objects.get().state, Run.objects.get().state) == (State.SUCCEEDED, RunState.SUCCEEDED)
