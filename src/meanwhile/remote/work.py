"""The actions of one accepted request, run one after the other, each ending in a line."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.apps import apps
from django.db import Error
from django.http import HttpRequest

from meanwhile import conf
from meanwhile.remote import session, throttle, wire
from meanwhile.remote.access import unknown_action
from meanwhile.remote.bound import BoundAction
from meanwhile.remote.controller import Report
from meanwhile.remote.perform import perform
from meanwhile.remote.progress import after_it_ended, while_it_runs
from meanwhile.texts import gettext as _

logger = logging.getLogger("meanwhile.remote")


@dataclass(frozen=True, slots=True)
class Step:
    """One action of a request; ``bound`` is None for a name that pages can't call."""

    call: wire.Call
    bound: BoundAction | None


class Work:
    """What a request asks for. Once accepted it is done to its end, also if nobody waits for the answer any more."""

    def __init__(self, request: HttpRequest, steps: list[Step], *, owner: str, slot: throttle.Slot | None) -> None:
        self.request = request
        self.steps = steps
        self._owner = owner
        self._slot = slot

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of the answer, each as soon as its action has ended."""
        self.begin()
        try:
            for step in self.steps:
                told = while_it_runs if step.bound is not None and step.bound.reports else after_it_ended
                yield from told(partial(self.line, step), step.call.id)
        finally:
            self.finish()
        yield wire.END

    @property
    def has_place(self) -> bool:
        """Whether the request as a whole has a background place, of which the database is told."""
        return self._slot is not None

    def begin(self) -> None:
        """Note where the actions begin, and keep the request's place for as long as they may run."""
        session.begin(self.request)
        if self._slot is not None:
            throttle.keep(self._slot, now=now())

    def line(self, step: Step, report: Report) -> bytes:
        """Run one action and return its line."""
        if step.bound is None:
            refusal = unknown_action(step.call.action)
            return wire.error_line(step.call.id, refusal.code, refusal.message)
        if self._slot is not None or not takes_slot(step.bound):
            return perform(step.bound, step.call, self.request, report)
        try:
            slot = take_slot(self._owner)
        except Error:
            logger.exception("An action got no background place", extra={"action": step.bound.name})
            return wire.error_line(step.call.id, "server_error", busy_text())
        if slot is None:
            return wire.error_line(step.call.id, "too_many", too_many_text())
        try:
            throttle.keep(slot, now=now())
            return perform(step.bound, step.call, self.request, report)
        finally:
            throttle.release(slot, now=now())

    def finish(self) -> None:
        """Give the request's place back, before the page can know that the answer has ended."""
        if self._slot is not None:
            slot, self._slot = self._slot, None
            throttle.release(slot, now=now())


def takes_slot(bound: BoundAction) -> bool:
    """Say whether an action needs one of its caller's background places; a durable one is only queued."""
    return bound.background and not bound.durable


def take_slot(owner: str) -> throttle.Slot | None:
    """Take a background place for an owner, for `throttle.TO_BEGIN`; None if none is free."""
    limits = conf.get()
    return throttle.acquire(owner, limits.remote_background_slots, now=now(), using=limits.database)


def too_many_text() -> str:
    """Return what a page is told when all background places are taken."""
    return _("Too many background requests at a time. Try again in a moment.")


def busy_text() -> str:
    """Return what a page is told when the database can't be asked."""
    return _("The server is too busy right now, and nothing was done. Try again in a moment.")


def now() -> datetime:
    """Return the present moment by the app's clock."""
    moment: datetime = apps.get_app_config("meanwhile").clock.now()  # type: ignore[attr-defined]
    return moment
