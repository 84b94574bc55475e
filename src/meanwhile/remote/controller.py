"""What a page can call: classes with decorated methods."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from meanwhile.queue.backoff import RetryPolicy

if TYPE_CHECKING:
    from django.http import HttpRequest

MARK = "__meanwhile_action__"
"""The attribute of a decorated method that holds its `ActionOptions`."""

Method = TypeVar("Method", bound=Callable[..., Any])
Check = Callable[..., bool]


Report = Callable[[float | None, str], None]
"""Where an action's progress goes, a fraction and a text: to the page that waits, or to the row of a durable job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOptions:
    """What the decorator of a method says; None where the class decides."""

    public: bool | None = None
    permissions: tuple[str, ...] | None = None
    on: str = ""
    check: Check | None = None
    atomic: bool = True
    background: bool = False
    durable: bool = False
    retry: RetryPolicy | None = None
    timeout: float | None = None
    keep: timedelta | None = None


class Controller:
    """Base of the classes whose decorated methods a page can call (client actions, "The server's side").

    Each call gets an instance of its own. Only methods that are decorated in the class itself can be reached: what it
    inherits can't, unless the base is a mixin made for that, with ``abstract = True`` in its own body.

        class BookingController(Controller):
            permissions = "bookings.view_booking"

            @action(permissions="bookings.change_booking", on="booking")
            def confirm(self, booking: Booking) -> str:
                ...

    Call a method in a test as it is: ``BookingController(user=somebody).confirm(booking)``.
    """

    name: ClassVar[str] = ""
    """What pages call the controller; by default the class's name without "Controller", in snake case."""

    abstract: ClassVar[bool] = False
    """True in the body of a class that is only a base: it is no controller itself, and its actions are inherited."""

    public: ClassVar[bool] = False
    """Whether people who are not logged in may call its actions."""

    permissions: ClassVar[str | Sequence[str]] = ()
    """Permissions (``"app.codename"``) that a caller needs for all of its actions that name none."""

    check: ClassVar[Check | None] = None
    """A further rule, ``check(user, **params) -> bool``, for all of its actions that have none."""

    def __init__(self, *, request: HttpRequest | None = None, user: Any = None, report: Report | None = None) -> None:
        self.request = request
        """The request that the call came with; None in a durable run."""
        self.user = getattr(request, "user", None) if user is None else user
        """Who calls."""
        self._report = report

    def progress(self, fraction: float | None, text: str = "") -> None:
        """Tell the page how far the action is: a fraction from 0 to 1 (None: can't be known), and a short text."""
        if self._report is not None:
            self._report(None if fraction is None else min(1.0, max(0.0, float(fraction))), str(text))


@overload
def action(method: Method, /) -> Method: ...
@overload
def action(
    *,
    public: bool | None = None,
    permissions: str | Sequence[str] | None = None,
    on: str = "",
    check: Check | None = None,
    atomic: bool = True,
) -> Callable[[Method], Method]: ...
def action(method: Any = None, /, **options: Any) -> Any:
    """Let pages call a method of a `Controller`, with its annotations as typed parameters.

    ``public``, ``permissions`` and ``check`` say who may, instead of what the class says; ``on`` names the parameter
    that is the object which the permissions are asked about. ``atomic=False`` runs it outside a transaction.
    The method stays what it is for Python.

        @action(permissions="bookings.change_booking", on="booking")
        def confirm(self, booking: Booking) -> str: …

    Raises `TypeError` for what is not a plain method.
    """
    return _decorate(method, options)


@overload
def background_action(method: Method, /) -> Method: ...
@overload
def background_action(
    *,
    public: bool | None = None,
    permissions: str | Sequence[str] | None = None,
    on: str = "",
    check: Check | None = None,
    atomic: bool = True,
    durable: bool = False,
    retry: RetryPolicy | None = None,
    timeout: float | None = None,
    keep: timedelta | None = None,
) -> Callable[[Method], Method]: ...
def background_action(method: Any = None, /, **options: Any) -> Any:
    """Let pages call a method, always in the background lane; else as `action`.

    ``durable=True`` queues it as a job instead of running it in the request: it then survives reloads and restarts.
    ``retry``, ``timeout`` (seconds of one try) and ``keep`` (how long its result can be read) are for durable ones.

    Raises `TypeError` for what is not a plain method.
    """
    return _decorate(method, {**options, "background": True})


def _decorate(method: Any, options: dict[str, Any]) -> Any:
    permissions = options.get("permissions")
    if permissions is not None:
        options = {**options, "permissions": as_names(permissions)}
    marked = ActionOptions(**options)

    def mark(method: Any) -> Any:
        if not inspect.isfunction(method):
            msg = f"{method!r} is not a method of a controller: put the decorator directly above its def."
            raise TypeError(msg)
        setattr(method, MARK, marked)
        return method

    return mark if method is None else mark(method)


def as_names(permissions: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return permissions as they may be written, none, one or several, as a tuple."""
    return (permissions,) if isinstance(permissions, str) else tuple(permissions or ())


def name_of(controller: type[Controller]) -> str:
    """Return what pages call a controller."""
    said: object = controller.name
    if isinstance(said, str) and said:
        return said
    return _snake(controller.__name__.removesuffix("Controller") or controller.__name__)


def methods_of(controller: type[Controller]) -> dict[str, Callable[..., Any]]:
    """Return the methods that pages can reach, by name: those decorated in the class itself or in an abstract base."""
    found: dict[str, Callable[..., Any]] = {}
    decided: set[str] = set()
    for base in controller.__mro__:
        own = vars(base)
        for key, value in own.items():
            if key in decided:
                continue
            decided.add(key)
            if (base is controller or own.get("abstract") is True) and is_marked(value) and not key.startswith("_"):
                found[key] = value
    return found


def is_marked(value: object) -> bool:
    """Say whether an attribute of a class is a decorated method."""
    return inspect.isfunction(value) and isinstance(getattr(value, MARK, None), ActionOptions)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
