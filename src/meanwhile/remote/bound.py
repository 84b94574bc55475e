"""One method of a controller as pages call it: its name, its parameters and its rules, worked out once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from types import CodeType
from typing import Any

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
        self.public = controller.public if self.options.public is None else self.options.public
        self.permissions: tuple[str, ...] = (
            as_names(controller.permissions) if self.options.permissions is None else self.options.permissions
        )
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
        """Whether its own code calls ``self.progress``, which then reaches the page while it runs."""
        return _names(inspect.unwrap(self.function).__code__, "progress")

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
        return written.__func__ if isinstance(written, staticmethod) else written


def _names(code: CodeType, name: str) -> bool:
    return name in code.co_names or any(_names(inner, name) for inner in code.co_consts if isinstance(inner, CodeType))


def _adapted(rule: Check, defaults: Mapping[str, Any]) -> Callable[[Controller, Any, Mapping[str, Any]], bool]:
    """Return a rule that gets what it asks for by name, as it may be written: with or without ``self``."""
    parameters = list(inspect.signature(rule).parameters.values())
    with_self = bool(parameters) and parameters[0].name == "self"
    taken = {parameter.name for parameter in parameters}
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    fallback = {key: value for key, value in defaults.items() if value is not inspect.Parameter.empty}

    def check(controller: Controller, user: Any, arguments: Mapping[str, Any]) -> bool:
        given = {key: value for key, value in {**fallback, **arguments}.items() if takes_all or key in taken}
        return bool(rule(controller, user, **given) if with_self else rule(user, **given))

    return check
