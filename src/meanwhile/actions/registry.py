"""Which functions trees can call, by name.

The register is a plain object of this module, unlike the trees' one on the app config: decorators run while modules are
imported, which may be before Django's app registry is ready and must work without it. It only ever holds what the
project's own modules define, as Django's template and admin registers do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meanwhile.exceptions import DuplicateAction, UnknownAction

if TYPE_CHECKING:
    from meanwhile.actions.function import FunctionAction


class ActionRegistry:
    """Functions by name."""

    def __init__(self) -> None:
        self._actions: dict[str, FunctionAction[Any]] = {}

    def add(self, action: FunctionAction[Any]) -> None:
        """Register a function. Raises `DuplicateAction` if another function has its name.

        The same function defined again (its module was loaded anew) takes the place of the older one.
        """
        known = self._actions.get(action.name)
        if known is not None and known.place != action.place:
            raise DuplicateAction(action.name, known.place, action.place)
        self._actions[action.name] = action

    def get(self, name: str) -> FunctionAction[Any]:
        """Return the function of this name. Raises `UnknownAction`."""
        try:
            return self._actions[name]
        except KeyError:
            raise UnknownAction(name, sorted(self._actions)) from None

    def find(self, name: str) -> FunctionAction[Any] | None:
        """Return the function of this name, or None."""
        return self._actions.get(name)

    def remove(self, name: str) -> None:
        """Forget a function; for tests that define their own."""
        self._actions.pop(name, None)

    def all(self) -> list[FunctionAction[Any]]:
        """Return all functions, by name."""
        return [self._actions[name] for name in sorted(self._actions)]


actions = ActionRegistry()
