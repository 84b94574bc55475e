"""Run the background in a test: what is due, what becomes due until a moment, or everything as it is queued."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from meanwhile import conf
from meanwhile.clock import Clock, FixedClock
from meanwhile.queue.claim import claim, look_out
from meanwhile.queue.execution import Execution, Outcome
from meanwhile.queue.handlers import PlannedStep
from meanwhile.queue.jobs import ClaimedJob
from meanwhile.queue.owner import new_owner
from meanwhile.testing.commits import after_commits
from meanwhile.testing.moments import current_clock, using_clock

LIMIT = 10_000


def run_background(clock: Clock | None = None, *, raise_errors: bool = False, limit: int = LIMIT) -> int:
    """Run the jobs that are due, and those that they queue, in this thread and in start order; return how many.

    ``clock`` says what is due; without one it is now, or the moment of `clock_at`. With ``raise_errors`` the error of
    the first step that fails is raised here, after the failure was recorded as in real life; steps with
    ``on_error="continue"`` are passed over. A failed step is tried again only if its next try is due. Raises
    AssertionError when ``limit`` jobs were run and there are still more.

        booking.save()
        run_background(raise_errors=True)
    """
    timer = clock or current_clock()
    owner, settings = new_owner(), conf.get()
    with using_clock(timer):
        for done in range(limit):
            jobs = claim(1, owner, now=timer.now(), lease=settings.lease, using=settings.database)
            if not jobs:
                return done
            _run(jobs[0], settings.database, timer, raise_errors=raise_errors)
    if not look_out(timer.now(), using=settings.database).due_now:
        return limit
    message = f"{limit} jobs were run and more are due: do they queue one another?"
    raise AssertionError(message)


def advance_to(moment: datetime, *, raise_errors: bool = False) -> int:
    """Let time go by until ``moment`` (aware) and run each job as it becomes due; return how many were run.

    Further tries of failed steps are made in their time. Jobs that a delayed job delays in turn are due at the right
    time too. It begins now, or at the moment of `clock_at`, whose clock stands at ``moment`` afterwards. Raises
    ValueError if that lies in the past.

        booking.save()  # its tree says Delay(before("starts", days=2), SendEmail(…))
        advance_to(booking.starts - timedelta(days=2))
        assert "See you soon" in mail.outbox[-1].subject
    """
    present = current_clock()
    if moment < present.now():
        message = f"Time goes forward only: it is {present.now().isoformat()}, and {moment.isoformat()} is before that."
        raise ValueError(message)
    clock = present if isinstance(present, FixedClock) else FixedClock(present.now())
    done = run_background(clock, raise_errors=raise_errors)
    while (due := look_out(clock.now(), using=conf.get().database).next_due) is not None and due <= moment:
        _move(clock, due)
        done += run_background(clock, raise_errors=raise_errors)
    _move(clock, moment)
    return done


@contextmanager
def inline_background(*, raise_errors: bool = True) -> Iterator[None]:
    """Run background jobs as soon as the transaction that queued them commits, in this thread.

    In a `TestCase` nothing is ever committed: there it is the end of the outermost ``atomic`` block inside the body,
    such as that of one ``save()`` or of one submitted form, and only if it ends well. Jobs that are delayed stay
    queued (`advance_to` runs them). With ``raise_errors`` the error of a failed step is raised out of that block,
    although the record is saved.

        with inline_background():
            client.post("/book/", data)
        assert Booking.objects.get().ready
    """
    with after_commits(conf.get().database, lambda: run_background(raise_errors=raise_errors)):
        yield


def _run(job: ClaimedJob, using: str, clock: Clock, *, raise_errors: bool) -> None:
    execution = _Remembering(job, using=using, clock=clock)
    execution.run()
    if raise_errors and execution.errors:
        raise execution.errors[0]


class _Remembering(Execution):
    """An execution that keeps the errors of its steps, for the test to see."""

    errors: tuple[BaseException, ...] = ()

    def _failed(self, step: PlannedStep, error: BaseException) -> Outcome | None:
        if not step.goes_on:
            self.errors = (*self.errors, error)
        return super()._failed(step, error)


def _move(clock: FixedClock, moment: datetime) -> None:
    clock.advance(seconds=(moment - clock.now()).total_seconds())
