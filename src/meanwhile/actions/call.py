"""Call: the node that calls an ``@action`` function."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated, Any, cast
from typing import Literal as OneOf

from pydantic import StringConstraints

from meanwhile.actions.base import Action, Problem, Step, TreeInfo
from meanwhile.actions.registry import actions
from meanwhile.actions.values import Name, Value, to_values
from meanwhile.exceptions import MeanwhileError, StepTimeout
from meanwhile.parts import python_only
from meanwhile.queue.backoff import RetryPolicy
from meanwhile.texts import gettext as _

if TYPE_CHECKING:
    from meanwhile.actions.function import FunctionAction


class Call(Action):
    """Call a registered function by name: ``Call("bookings.assign_seat", params={"cabin": "first"})``.

    Calling the decorated function makes the same node and checks the arguments at once. ``result`` is a field of the
    record that the function's result is put into.
    """

    kind: OneOf["call"] = "call"
    function: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    params: dict[Name, Value] = {}
    result: Name | OneOf[""] = ""

    @python_only
    def __init__(self, function: str = "", /, **options: Any) -> None:
        options.setdefault("function", function)
        params = to_values(options.pop("params", {}), "Call.params")
        self._fill({**options, "params": params})

    @property
    def outside(self) -> bool:
        """Whether the function said that it has an effect outside the database."""
        known = self._known()
        return known is not None and known.outside

    @property
    def atomic(self) -> bool:
        """Whether the function runs inside the transaction that marks it as done."""
        known = self._known()
        return known is None or known.atomic

    @property
    def retry_policy(self) -> RetryPolicy | None:
        """The node's own, else the function's."""
        known = self._known()
        return self.retry or (known.retry if known else None)

    @property
    def time_limit(self) -> float | None:
        """The node's own, else the function's, in seconds."""
        known = self._known()
        return self.timeout or (known.timeout if known else None)

    def describe(self) -> str:
        """Return the function's label, or its name in words."""
        known = self._known()
        return str(known.label if known else "") or self.function.rpartition(".")[2].replace("_", " ").capitalize()

    def check(self, info: TreeInfo) -> Iterable[Problem]:
        """Look for an unknown function, wrong parameters, and a result without a place."""
        known = self._known()
        if known is None:
            yield info.problem(
                "meanwhile.E110",
                "function",
                _("There is no @action function “%(name)s”.") % {"name": self.function},
                _("Import the module that defines it from the app's actions.py or trees.py, or correct the name."),
            )
            return
        for name, text in known.literal_problems(self.params).items():
            yield info.problem(
                "meanwhile.E111",
                f"params.{name}",
                f"{name}: {text}.",
                _("Give %(function)s the parameters of its signature.") % {"function": self.function},
            )
        for name, value in self.params.items():
            yield from info.check_value(value, f"params.{name}")
        if self.result:
            yield from self._check_result(info, known)

    def _check_result(self, info: TreeInfo, known: FunctionAction[Any]) -> Iterable[Problem]:
        facts = info.field(self.result) if info.model else None
        if facts is None or not facts.settable:
            yield info.problem(
                "meanwhile.E102",
                "result",
                _("The record has no field “%(field)s” for the result.") % {"field": self.result},
                _("Name a field of the record that can be set."),
            )
        elif not known.atomic:
            yield info.problem(
                "meanwhile.E111",
                "result",
                _("A function with atomic=False sets its fields itself."),
                _("Set the field inside “with step.commit():” and remove “result”."),
            )

    def execute(self, step: Step) -> Any:
        """Call it. Raises `UnknownAction`, `ParameterError`, `ResultNotStorable`, and what the function raises."""
        called = actions.get(self.function)
        arguments = called.signature.validate({name: step.resolve(value) for name, value in self.params.items()})
        handed = {"record": step.record, "step": step}
        arguments |= {name: handed[name] for name in called.signature.injected}
        result = _run(called.function, arguments, self._seconds(step))
        dumped = called.signature.dump_result(result)
        if self.result:
            self._keep(step, called, result, dumped)
        return dumped

    def _seconds(self, step: Step) -> float | None:
        """Return how long a coroutine may take: unlike a thread it can be ended. In the foreground a person waits."""
        from meanwhile import conf

        return self.time_limit or (conf.get().step_timeout if step.background else None)

    def _keep(self, step: Step, called: FunctionAction[Any], result: Any, dumped: Any) -> None:
        from meanwhile.actions.assignment import assign
        from meanwhile.actions.base import existing_target

        if not called.atomic:
            msg = f"{self.function} has atomic=False and sets its fields itself; remove result={self.result!r}."
            raise MeanwhileError(msg)
        if not (called.outside and step.background):
            assign(existing_target(step, ""), {self.result: result}, step.save_fields)
            return
        # It ran in no transaction; the field, the mark and the fence are one.
        with cast("AbstractContextManager[Any]", step.commit()) as mark:
            assign(existing_target(step, ""), {self.result: result}, step.save_fields)
            mark(dumped)

    def _known(self) -> FunctionAction[Any] | None:
        return actions.find(self.function)


def _run(function: Any, arguments: dict[str, Any], seconds: float | None) -> Any:
    if not inspect.iscoroutinefunction(function):
        return function(**arguments)
    from asgiref.sync import async_to_sync

    async def limited() -> Any:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await function(**arguments)
        except TimeoutError:
            if seconds is not None and limit.expired():
                raise StepTimeout(seconds) from None
            raise

    return async_to_sync(limited)()
