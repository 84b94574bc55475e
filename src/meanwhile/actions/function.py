"""Any Python function as an action: the ``@action`` decorator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from meanwhile.actions.call import Call
from meanwhile.actions.parameters import Signature, signature_of
from meanwhile.actions.registry import actions
from meanwhile.actions.values import AnyValue, Literal
from meanwhile.exceptions import ParameterError
from meanwhile.queue.backoff import RetryPolicy
from meanwhile.texts import gettext as _

if TYPE_CHECKING:
    from django.utils.functional import Promise

INJECTED = frozenset({"record", "step"})

Function = TypeVar("Function", bound=Callable[..., Any])


class FunctionAction(Generic[Function]):
    """A function that trees can call. Calling it makes the node; ``.function`` is the function itself."""

    def __init__(
        self,
        function: Function,
        *,
        name: str,
        label: str | Promise = "",
        atomic: bool = True,
        outside: bool = False,
        retry: RetryPolicy | None = None,
        timeout: float | None = None,
    ) -> None:
        self.function = function
        self.name = name
        self.label = label
        self.atomic = atomic
        self.outside = outside
        self.retry = retry
        self.timeout = timeout
        self.place = f"{function.__module__}.{function.__qualname__}"
        self.signature: Signature = signature_of(function, inject=INJECTED, name=name)
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self.__module__ = function.__module__

    def __repr__(self) -> str:
        return f"<action {self.name}: {self.place}>"

    def __call__(self, /, *args: Any, **arguments: Any) -> Call:
        """Return the node that calls the function with these arguments, which may be values such as `Field`.

        Raises `ParameterError` that names every missing, unknown and wrong argument. Options of the node are set
        on what is returned: ``assign_seat(cabin="first").options(on_error="continue")``.
        """
        given = {**self._by_position(args), **arguments}
        problems = self.signature.misnamed(given)
        problems |= {key: _("is missing") for key in self.signature.required if key not in given}
        params: dict[str, AnyValue] = {}
        for name, value in given.items():
            if name in problems:
                continue
            try:
                params[name] = self._as_value(name, value)
            except ParameterError as error:
                problems |= error.fields
        if problems:
            raise ParameterError(problems, of=self.name)
        return Call(self.name, params=params)

    def literal_problems(self, params: Mapping[str, AnyValue]) -> dict[str, str]:
        """Return a text for each missing or unknown parameter and for each literal of the wrong type."""
        problems = self.signature.misnamed(params)
        problems |= {key: _("is missing") for key in self.signature.required if key not in params}
        for name, value in params.items():
            if isinstance(value, Literal) and name not in problems:
                try:
                    self.signature.jsonable(name, value.literal)
                except ParameterError as error:
                    problems |= error.fields
        return problems

    def _as_value(self, name: str, value: Any) -> AnyValue:
        if isinstance(value, Literal):
            value = value.literal
        return value if isinstance(value, AnyValue) else Literal(self.signature.jsonable(name, value))

    def _by_position(self, args: tuple[Any, ...]) -> dict[str, Any]:
        names = self.signature.positional
        if len(args) > len(names):
            text = _("takes %(n)s arguments by position: %(names)s") % {"n": len(names), "names": ", ".join(names)}
            raise ParameterError({"*": text}, of=self.name)
        return dict(zip(names, args, strict=False))


@overload
def action(function: Function, /) -> FunctionAction[Function]: ...
@overload
def action(
    *,
    name: str = "",
    label: str | Promise = "",
    atomic: bool = True,
    outside: bool = False,
    retry: RetryPolicy | None = None,
    timeout: float | None = None,
) -> Callable[[Function], FunctionAction[Function]]: ...
def action(function: Function | None = None, /, **options: Any) -> Any:
    """Make a function an action that trees can call, with its annotations as typed parameters.

    Parameters called ``record`` and ``step`` are handed in: the record, and the `Step`. ``atomic=False`` lets the
    function run outside any transaction (a slow call to another system); it then commits its database effect with
    ``with step.commit():``. ``outside=True`` says that it has an effect outside the database: in a job it
    runs outside any transaction too, so its own writes to the database are not taken back when it fails later or its
    job was taken over (a node's ``result`` is kept with the mark). ``retry`` and ``timeout`` (seconds) hold for every
    call that sets none. ``label`` is what people read for it, and may be a lazy translation. See “Nodes” in the event
    tree rules.

        @action
        def assign_seat(record: Booking, cabin: str = "economy") -> str: …

        EventTree("Booking received", on=Created(Booking), do=[assign_seat(cabin="first")])

    Raises `DuplicateAction` for a name that is taken, and `TypeError` for ``*args``.
    """

    def register(function: Function) -> FunctionAction[Function]:
        made = FunctionAction(function, **{**options, "name": options.get("name") or default_name(function)})
        actions.add(made)
        return made

    return register if function is None else register(function)


def default_name(function: Callable[..., Any]) -> str:
    """Return ``bookings.assign_seat`` for a function of ``bookings/trees.py``, ``bookings/actions.py`` and the like."""
    package = function.__module__.split(".")
    for home in ("actions", "trees"):
        if home in package[1:]:
            package = package[: package.index(home, 1)]
            break
    else:
        package = package[:-1] or package
    return f"{package[-1]}.{function.__name__}"
