from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.test import TestCase
from django.utils import timezone

from meanwhile import Background, Created, Delay, EventTree, Retry, Step, Updated, UpdateField, action, before, later
from meanwhile.queue.models import Job
from meanwhile.testing import advance_to, clock_at, inline_background, run_background, use_trees
from tests.shop.models import Booking

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@action(retry=Retry(max_attempts=2, first=60, jitter=0))
def break_down(record: Booking) -> None:
    raise RuntimeError("the printer is on fire")


@action
def note_time(record: Booking, step: Step) -> None:
    record.notes += f"{step.now:%d.%m. %H:%M};"
    record.save(update_fields=["notes"])


READY = EventTree("Ready", on=Created(Booking), do=[Background(UpdateField(ready=True))])
REMINDED = EventTree(
    "Reminded", on=Created(Booking), do=[Delay(before("starts", days=2), UpdateField(notes="See you soon"))]
)
BROKEN = EventTree("Broken", on=Created(Booking), do=[Background(break_down())])
TOLERANT = EventTree("Tolerant", on=Created(Booking), do=[Background(break_down().options(on_error="continue"))])


def stored(booking: Booking) -> Booking:
    return Booking.objects.get(pk=booking.pk)


class RunBackgroundTests(TestCase):
    """In Django's own test case, whose transaction is never committed."""

    def test_what_is_due_is_run_and_counted(self):
        with use_trees(READY, REMINDED):
            booking = Booking.objects.create(name="Ada", starts=timezone.now() + timedelta(days=30))
            assert not stored(booking).ready
            assert run_background() == 1
        assert (stored(booking).ready, stored(booking).notes) == (True, "")

    def test_time_goes_by_until_a_delayed_branch_is_due(self):
        starts = timezone.now() + timedelta(days=30)
        with use_trees(READY, REMINDED):
            booking = Booking.objects.create(name="Ada", starts=starts)
            assert advance_to(starts - timedelta(days=2, seconds=1)) == 1
            assert stored(booking).notes == ""
            assert advance_to(starts - timedelta(days=2)) == 1
        assert stored(booking).notes == "See you soon"

    def test_the_error_of_a_step_is_raised_if_wanted_and_recorded_in_any_case(self):
        with use_trees(BROKEN):
            Booking.objects.create(name="Ada")
            with pytest.raises(RuntimeError, match="on fire"):
                run_background(raise_errors=True)
        assert Job.objects.get().attempts == 1

    def test_without_raising_the_failure_is_in_the_job(self):
        with use_trees(BROKEN):
            Booking.objects.create(name="Ada")
            assert run_background() == 1
            assert "on fire" in Job.objects.get().error

    def test_an_error_that_the_tree_passes_over_is_not_raised(self):
        with use_trees(TOLERANT):
            Booking.objects.create(name="Ada")
            advance_to(timezone.now() + timedelta(minutes=2), raise_errors=True)
        assert Job.objects.get().state == "succeeded"


@pytest.mark.django_db
def test_advancing_makes_the_further_tries_in_their_time():
    with use_trees(BROKEN), clock_at(NOON):
        Booking.objects.create(name="Ada")
        advance_to(NOON + timedelta(seconds=59))
        assert Job.objects.get().state == "ready"
        advance_to(NOON + timedelta(seconds=60))
    assert Job.objects.get().state == "failed"


@pytest.mark.django_db
def test_a_job_that_a_delayed_job_delays_is_due_by_the_clock_of_the_test():
    inner = Delay(later(days=1), note_time())
    tree = EventTree("Twice", on=Created(Booking), do=[Delay(later(days=1), note_time(), inner)])
    follow_up = EventTree("After", on=Updated(Booking, "notes"), do=[Delay(later(hours=1), UpdateField(ready=True))])
    with use_trees(tree, follow_up), clock_at(NOON) as clock:
        booking = Booking.objects.create(name="Ada")
        advance_to(NOON + timedelta(days=3))
        assert clock.now() == NOON + timedelta(days=3)
    assert stored(booking).notes == "03.03. 12:00;04.03. 12:00;"
    assert sorted(Job.objects.values_list("due", flat=True)) == [
        NOON + timedelta(days=1),
        NOON + timedelta(days=1, hours=1),
        NOON + timedelta(days=2),
        NOON + timedelta(days=2, hours=1),
    ]


@pytest.mark.django_db
def test_time_does_not_go_backwards():
    with clock_at(NOON), pytest.raises(ValueError, match="forward only"):
        advance_to(NOON - timedelta(seconds=1))


@pytest.mark.django_db
def test_jobs_that_queue_one_another_for_ever_end_in_a_clear_error():
    again = EventTree(
        "Again",
        on=Updated(Booking, "notes"),
        reentrant=True,
        do=[Background(note_time())],
    )
    with use_trees(again), clock_at(NOON):
        booking = Booking.objects.create(name="Ada")
        booking.notes = "go"
        booking.save()
        with pytest.raises(AssertionError, match="5 jobs were run and more are due"):
            run_background(limit=5)
        assert not Job.objects.filter(state="running").exists()


class InlineBackgroundTests(TestCase):
    def test_a_save_is_followed_by_its_background(self):
        with use_trees(READY), inline_background():
            booking = Booking.objects.create(name="Ada")
            assert stored(booking).ready

    def test_only_the_end_of_the_outermost_block_counts(self):
        with use_trees(READY), inline_background():
            with transaction.atomic():
                booking = Booking.objects.create(name="Ada")
                assert not stored(booking).ready
            assert stored(booking).ready

    def test_what_is_rolled_back_is_not_run(self):
        def refused():
            with transaction.atomic():
                Booking.objects.create(name="Ada")
                raise KeyError

        with use_trees(READY), inline_background(), pytest.raises(KeyError):
            refused()
        assert not Job.objects.exists()

    def test_a_failing_step_is_raised(self):
        with use_trees(BROKEN), inline_background(), pytest.raises(RuntimeError, match="on fire"):
            Booking.objects.create(name="Ada")

    def test_a_failing_step_can_be_left_to_its_job(self):
        with use_trees(BROKEN), inline_background(raise_errors=False):
            Booking.objects.create(name="Ada")
        assert Job.objects.get().attempts == 1

    def test_nothing_is_run_behind_the_block(self):
        with use_trees(READY):
            with inline_background():
                pass
            Booking.objects.create(name="Ada")
        assert Job.objects.get().state == "ready"


@pytest.mark.django_db(transaction=True)
def test_inline_works_with_real_commits_too():
    with use_trees(READY), inline_background():
        booking = Booking.objects.create(name="Ada")
        assert stored(booking).ready
