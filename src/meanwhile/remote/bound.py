"""One method of a controller as pages call it: its name, its parameters and its rules, worked out once."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from types import CodeType
from typing import Any

from asgiref.sync import async_to_sync

from meanwhile.queue.backoff import RetryPolicy
from meanwhile.remote.controller import MARK, ActionOptions, Check, Controller, as_names, name_of
from meanwhile.remote.parameters import MethodSignature, models_of, signature_of_method


class BoundAction:
    """A method of a controller that pages can reach. Everything is read from the class once, at first use."""

    def __init__(self, controller: type[Controller], method: str) -> None:
        self.controller = controller
        self.method = method
        self.name = f"{name_of(controller)}.{method}"
        """What pages call: ``"echo.echo"``."""
        self.function: Callable[..., Any] = inspect.getattr_static(controller, method)
        """The method itself; call it with an instance of the controller."""
        self.options: ActionOptions = getattr(self.function, MARK)
        self.is_async = inspect.iscoroutinefunction(inspect.unwrap(self.function))
        said = controller.public if self.options.public is None else self.options.public
        self.public = said is True  # a method that somebody calls so must not open the controller to everybody
        self.on = self.options.on
        self.atomic = self.options.atomic
        self.background = self.options.background
        self.durable = self.options.durable

    def __repr__(self) -> str:
        return f"<action {self.name}: {self.place}>"

    @property
    def place(self) -> str:
        """Where it is written, for texts to developers."""
        return f"{self.controller.__module__}.{self.controller.__qualname__}.{self.method}"

    @cached_property
    def permissions(self) -> tuple[str, ...]:
        """What a caller needs. Raises `TypeError` where the class says it in a way that can't be read."""
        said = self.options.permissions
        return as_names(self.controller.permissions) if said is None else said

    @property
    def retry(self) -> RetryPolicy | None:
        """When a durable action that failed is tried again; None for never."""
        return self.options.retry

    @property
    def timeout(self) -> float | None:
        """Seconds that one try of a durable action may take; None for the project's default."""
        return self.options.timeout

    @property
    def keep(self) -> timedelta | None:
        """How long the result of a durable action can be read; None for the project's default."""
        return self.options.keep

    @cached_property
    def signature(self) -> MethodSignature:
        """Its parameters and its result. A parameter that is a record takes the record's primary key."""
        return signature_of_method(self.function, self.name)

    @cached_property
    def records(self) -> Mapping[str, Any]:
        """The models of its parameters that are records, by parameter."""
        return models_of(self.function)

    @cached_property
    def is_about_objects(self) -> bool:
        """Whether its permissions or its further rule are about a record that the caller names."""
        return bool(self.on) or (self.check is not None and bool(self.records))

    @cached_property
    def reports(self) -> bool:
        """Whether its code, or a method of the controller that it uses, names ``progress``: then it reports live."""
        seen: set[str] = set()
        waiting = [inspect.unwrap(self.function).__code__]
        while waiting:
            new = names_in(waiting.pop()) - seen
            seen |= new
            waiting += [code for name in new for code in self._codes_of(name)]
        return "progress" in seen

    def _codes_of(self, name: str) -> Iterator[CodeType]:
        for base in self.controller.__mro__:
            value = vars(base).get(name)
            function = inspect.unwrap(getattr(value, "__func__", value)) if callable(value) else None
            if inspect.isfunction(function):
                yield function.__code__

    @cached_property
    def check(self) -> Callable[[Controller, Any, Mapping[str, Any]], bool] | None:
        """Its further rule as ``check(controller, user, arguments)``; None if there is none."""
        rule = self._rule
        return None if rule is None else _adapted(rule, self.signature.defaults)

    @cached_property
    def check_asks_for(self) -> frozenset[str]:
        """The parameters that its further rule can't do without."""
        if self._rule is None:
            return frozenset()
        parameters = [one for one in inspect.signature(self._rule).parameters.values() if one.name != "self"]
        return frozenset(
            one.name
            for one in parameters[1:]  # the first is the user
            if one.default is one.empty and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
        )

    @property
    def _rule(self) -> Check | None:
        written: Any = self.options.check or inspect.getattr_static(self.controller, "check", None)
        rule: Check | None = (
            written.__get__(None, self.controller) if isinstance(written, staticmethod | classmethod) else written
        )
        return rule


def names_in(code: CodeType) -> set[str]:
    """Return the names of attributes and globals in a function's code, and in that of the functions inside it."""
    inner = (names_in(part) for part in code.co_consts if isinstance(part, CodeType))
    return set(code.co_names).union(*inner)


def _adapted(rule: Check, defaults: Mapping[str, Any]) -> Callable[[Controller, Any, Mapping[str, Any]], bool]:
    """Return a rule that gets what it asks for by name, as it may be written: with or without ``self``, or async."""
    parameters = list(inspect.signature(rule).parameters.values())
    with_self = bool(parameters) and parameters[0].name == "self"
    first = {parameter.name for parameter in parameters[: 2 if with_self else 1]}
    taken = {parameter.name for parameter in parameters} - first
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    fallback = {key: value for key, value in defaults.items() if value is not inspect.Parameter.empty}

    def is_asked_for(key: str) -> bool:
        return key in taken or (takes_all and key not in first)

    def check(controller: Controller, user: Any, arguments: Mapping[str, Any]) -> bool:
        given = {key: value for key, value in {**fallback, **arguments}.items() if is_asked_for(key)}
        found: Any = rule(controller, user, **given) if with_self else rule(user, **given)
        # What is to be awaited is true in itself: it must not let anybody in.
        return bool(async_to_sync(_awaited)(found) if inspect.isawaitable(found) else found)

    return check


async def _awaited(found: Awaitable[Any]) -> Any:
    return await found
