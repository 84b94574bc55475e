"""Take in what was sent: find or make the record, fire the tree, remember the answer; all of it or nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.clock import Clock
from meanwhile.exceptions import ActionFailed, PayloadTooLarge, UserError
from meanwhile.received.models import ApiKey, ReceivedAnswer
from meanwhile.received.problems import ReceivedRefused
from meanwhile.received.record import Taken, find_or_make, read
from meanwhile.received.remembered import known_answer
from meanwhile.remote import wire
from meanwhile.trees.actor import acting_as
from meanwhile.trees.capture_transaction import all_or_nothing
from meanwhile.trees.change import Change
from meanwhile.trees.context import EventData
from meanwhile.trees.document import EventTree
from meanwhile.trees.identity import stored_key
from meanwhile.trees.received_event import Received
from meanwhile.trees.runner import Occasion, start, written_when_failed

logger = logging.getLogger("meanwhile.received")


@dataclass(frozen=True, slots=True)
class Request:
    """One accepted request: its JSON object, the digest of its body, and what the sender calls it ("" for nothing)."""

    document: Mapping[str, Any]
    digest: str
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told: 201 for a new record, 200 for one that was there. ``again`` if it was told before."""

    status: int
    content: Mapping[str, Any]
    again: bool = False


def receive(tree: EventTree, event: Received, request: Request, *, api_key: ApiKey, clock: Clock) -> Answer:
    """Find or make the record and run the foreground of the tree, in one transaction. Raises `ReceivedRefused`.

    A record that somebody else makes in the same moment is looked for once more.
    """
    try:
        return _receive(tree, event, request, api_key=api_key, clock=clock)
    except Taken:
        pass
    try:
        return _receive(tree, event, request, api_key=api_key, clock=clock)
    except Taken as taken:
        raise taken.refusal from None


def _receive(tree: EventTree, event: Received, request: Request, *, api_key: ApiKey, clock: Clock) -> Answer:
    using, committed, answer = conf.get().database, list[bool](), None
    try:
        with acting_as(api_key.user), written_when_failed(), all_or_nothing(using):
            transaction.on_commit(lambda: committed.append(True), using=using)
            answer = _done(tree, event, request, api_key=api_key, clock=clock, using=using)
    except (ReceivedRefused, Taken):
        raise
    except Exception as error:
        if committed and answer is not None:
            # It is done and kept; a callback of somebody's on_commit is not part of it.
            logger.exception("A callback failed after what was received was committed", extra={"tree": tree.key})
            return answer
        raise _refusal(error, tree) from error
    return answer


def _done(
    tree: EventTree,
    event: Received,
    request: Request,
    *,
    api_key: ApiKey,
    clock: Clock,
    using: str,
) -> Answer:
    key = request.idempotency_key
    if key:
        known = known_answer(api_key, tree.key, key, request.digest, now=clock.now(), using=using)
        if known is not None:
            return Answer(known.status, known.answer, again=True)
    # Only now: what was done is not refused later, when the tree asks for more than it did.
    given = read(event, request.document, of=tree.name)
    change = find_or_make(event, given.values, apps.get_model(event.model), using=using)
    run = start(tree, occasion_of(change, given.parameters), clock=clock)
    answer = _answer(change, run)
    if key:
        ReceivedAnswer.objects.using(using).create(
            api_key=api_key,
            tree=tree.key,
            key=key,
            digest=request.digest,
            status=answer.status,
            answer=answer.content,
            created=clock.now(),
        )
    return answer


def occasion_of(change: Change, parameters: Mapping[str, Any]) -> Occasion:
    """Return the occasion that a record is which was sent."""
    event = EventData.of(change, "received")
    return Occasion(event, change.record, change.model._meta.label, change.record.pk, change.using, parameters)


def _answer(change: Change, run: UUID) -> Answer:
    content = {"run": str(run), "record": stored_key(change.record.pk), "created": change.created}
    return Answer(201 if change.created else 200, content)


def _refusal(error: Exception, tree: EventTree) -> ReceivedRefused:
    """Return what the sender is told of an error: its text only where it is meant for people."""
    match error:
        case ActionFailed() if isinstance(error.reason, UserError):
            return ReceivedRefused(422, "user_error", error.user_message)
        case UserError():
            return ReceivedRefused(422, "user_error", str(error))
        case (PayloadTooLarge() as large) | ActionFailed(reason=PayloadTooLarge() as large):  # no try mends it
            logger.error("What was received is too large for a job", exc_info=error, extra={"tree": tree.key})
            too_large = wire.too_large(large.limit)
            return ReceivedRefused(too_large.status, too_large.code, too_large.message)
        case OperationalError() | InterfaceError():
            logger.warning("The database refused what was received", exc_info=error, extra={"tree": tree.key})
            return busy()
        case _:
            logger.error("What was received could not be taken in", exc_info=error, extra={"tree": tree.key})
            return unexpected()


def busy() -> ReceivedRefused:
    """Return the refusal when the database can't take it now."""
    text = _("Nothing was saved: the database is busy or can't be reached right now. Please try again in a moment.")
    return ReceivedRefused(503, "busy", text)


def unexpected() -> ReceivedRefused:
    """Return the refusal for an error that is nobody's business outside."""
    return ReceivedRefused(500, "server_error", _("Something went wrong on the server. Nothing was saved."))
