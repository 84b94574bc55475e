"""The person in whose name things happen (spec, "Who")."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class _Person:
    """Holds a user, so that nobody who compares contexts, as asgiref does, compares and so loads a lazy one."""

    user: Any


_actor: ContextVar[_Person | None] = ContextVar("meanwhile_actor", default=None)


@contextmanager
def acting_as(user: Any) -> Iterator[None]:
    """Run the body in a person's name: runs that start in it know the person as their actor.

    ``user`` is a user object, or None or an anonymous user for nobody.

    >>> with acting_as(request.user):
    ...     booking.save()
    """
    token = _actor.set(_Person(user))
    try:
        yield
    finally:
        _actor.reset(token)


def current_actor() -> Any:
    """Return the person in whose name the current code runs, or None. A lazy ``request.user`` is loaded only now."""
    person = _actor.get()
    actor = person.user if person is not None else None
    if actor is None or not getattr(actor, "is_authenticated", False):
        return None
    # request.user is lazy; what is kept must not load itself from another thread later.
    return getattr(actor, "_wrapped", actor) if type(actor).__name__ == "SimpleLazyObject" else actor
