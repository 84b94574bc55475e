"""Remember in a test which trees fired and what they queued."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NoReturn

from django.db.models import Model

from meanwhile import conf
from meanwhile.queue.models import Job
from meanwhile.trees import registry
from meanwhile.trees.document import EventTree
from meanwhile.trees.failed_runs import failed_runs
from meanwhile.trees.identity import family
from meanwhile.trees.models import Run


class Fired:
    """The runs that started, and the jobs that they queued, since the body of `fired` began.

    A tree is given as the `EventTree`, its key or its name.
    """

    def __init__(self, tree: EventTree | str | None = None) -> None:
        self._key = None if tree is None else self._key_of(tree)
        self._using = conf.get().database
        self._before = _Here(self._using)
        self._after: _Here | None = None

    def stop(self) -> None:
        """Record no more; what was recorded can be asserted from now on, too."""
        self._after = _Here(self._using)

    @property
    def runs(self) -> list[Run]:
        """The runs, in order; one whose foreground failed is among them, although its transaction was rolled back."""
        now = self._after or _Here(self._using)
        runs = Run.objects.using(self._using).filter(pk__in=now.runs - self._before.runs).order_by("created", "pk")
        return [run for run in runs if self._key in (None, run.tree)]

    @property
    def jobs(self) -> list[Job]:
        """The jobs that these runs queued, in order, in the state in which they are now."""
        now = self._after or _Here(self._using)
        groups = {str(run.pk) for run in self.runs}
        jobs = Job.objects.using(self._using).filter(pk__in=now.jobs - self._before.jobs).order_by("pk")
        return [job for job in jobs if job.group in groups]

    def assert_fired(
        self, tree: EventTree | str | None = None, *, times: int | None = None, record: Model | None = None
    ) -> list[Run]:
        """Assert that a tree fired, so many ``times`` if that is given, about this ``record`` if one is; return its
        runs.
        """
        found = self._of(tree, record)
        if not found if times is None else len(found) != times:
            wanted = "at least once" if times is None else f"{times}×"
            self._fail(f"{self._name(tree)} should have fired {wanted}{_about(record)}", len(found))
        return found

    def assert_not_fired(self, tree: EventTree | str | None = None, *, record: Model | None = None) -> None:
        """Assert that a tree (any tree, if none is given) did not fire."""
        if found := self._of(tree, record):
            self._fail(f"{self._name(tree)} should not have fired{_about(record)}", len(found))

    def assert_queued(
        self, number: int | None = None, *, tree: EventTree | str | None = None, due: datetime | None = None
    ) -> list[Job]:
        """Assert that so many jobs were queued (at least one, if no number is given), due at this moment if one is
        given.

        Jobs of a Background are due when they are queued. Returns the jobs.
        """
        groups = {str(run.pk) for run in self._of(tree, None)}
        found = [job for job in self.jobs if job.group in groups and due in (None, job.due)]
        if not found if number is None else len(found) != number:
            wanted = "at least one job" if number is None else f"{number} jobs"
            at = "" if due is None else f" due at {due.isoformat()}"
            queued = "; ".join(f"{job} due {job.due.isoformat()}" for job in self.jobs) or "nothing"
            message = f"{self._name(tree)} should have queued {wanted}{at}, and queued {len(found)}. In all: {queued}."
            raise AssertionError(message)
        return found

    def _of(self, tree: EventTree | str | None, record: Model | None) -> list[Run]:
        key = None if tree is None else self._key_of(tree)
        return [run for run in self.runs if key in (None, run.tree) and (record is None or _is_about(run, record))]

    def _name(self, tree: EventTree | str | None) -> str:
        key = self._key if tree is None else self._key_of(tree)
        return "Some tree" if key is None else f"The tree “{key}”"

    def _key_of(self, tree: EventTree | str) -> str:
        if isinstance(tree, EventTree):
            return tree.key
        return registry.current().find(tree).key

    def _fail(self, wish: str, times: int) -> NoReturn:
        story = "; ".join(map(str, self.runs)) or "nothing"
        message = f"{wish}, and fired {times}×. What fired: {story}."
        raise AssertionError(message)


class _Here:
    """What is there at one moment."""

    def __init__(self, using: str) -> None:
        failed_runs().write()
        self.runs = set(Run.objects.using(using).values_list("pk", flat=True))
        self.jobs = set(Job.objects.using(using).values_list("pk", flat=True))


@contextmanager
def fired(tree: EventTree | str | None = None) -> Iterator[Fired]:
    """Record the runs that start in the body, of one tree if one is given.

    The runs can be asserted in the body and after it.

        with fired() as log:
            booking.save()
        log.assert_fired("booking-received", times=1, record=booking)
        log.assert_not_fired("refund")
        log.assert_queued(2)
    """
    log = Fired(tree)
    try:
        yield log
    finally:
        log.stop()


def _is_about(run: Run, record: Model) -> bool:
    return run.model in family(type(record)) and run.record_pk == str(record.pk)


def _about(record: Model | None) -> str:
    return "" if record is None else f" about {record._meta.label} {record.pk}"
