"""Which controllers there are. The register belongs to the app config: there is one for each set of installed apps."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from meanwhile.remote.bound import BoundAction
from meanwhile.remote.controller import Controller, methods_of, name_of

if TYPE_CHECKING:
    from types import ModuleType

MODULE = "controllers"
"""The module of an app that is imported when the app is ready, or the package."""


class ControllerRegistry:
    """Controllers in the order in which they were found, and their actions by the name that pages call."""

    def __init__(self) -> None:
        self._controllers: list[type[Controller]] = []
        self._actions: dict[str, BoundAction] | None = None

    def add(self, controller: type[Controller]) -> None:
        """Register a controller; again is the same as once."""
        if controller not in self._controllers:
            self._controllers.append(controller)
            self._actions = None

    def remove(self, controller: type[Controller]) -> None:
        """Forget a controller, if it is there."""
        if controller in self._controllers:
            self._controllers.remove(controller)
            self._actions = None

    def controllers(self) -> list[type[Controller]]:
        """Return all controllers, also those whose name is taken by an earlier one (check E201)."""
        return list(self._controllers)

    def get(self, name: str) -> BoundAction | None:
        """Return the action of this name (``"echo.echo"``), None if pages can reach none."""
        return self.actions().get(name)

    def actions(self) -> dict[str, BoundAction]:
        """Return all actions by name, worked out once. Of two controllers of one name the first one counts."""
        if self._actions is None:
            found: dict[str, BoundAction] = {}
            names: set[str] = set()
            for controller in self._controllers:
                name = name_of(controller)
                if name in names:
                    continue
                names.add(name)
                bound = (BoundAction(controller, method) for method in methods_of(controller))
                found |= {action.name: action for action in bound}
            self._actions = found
        return self._actions


def current() -> ControllerRegistry:
    """Return the register of the installed apps."""
    from django.apps import apps

    controllers: ControllerRegistry = apps.get_app_config("meanwhile").controllers  # type: ignore[attr-defined]
    return controllers


@contextmanager
def registered(*controllers: type[Controller]) -> Iterator[None]:
    """Register controllers for the block alone; for tests."""
    registry = current()
    added = [one for one in controllers if one not in registry.controllers()]
    for one in added:
        registry.add(one)
    try:
        yield
    finally:
        for one in added:
            registry.remove(one)


def autodiscover() -> None:
    """Import ``controllers.py`` of each installed app and register the controllers that are made there."""
    registry = current()
    for module in _modules_of_apps():
        for controller in _controllers_of(module):
            registry.add(controller)


def _modules_of_apps() -> Iterator[ModuleType]:
    from django.apps import apps
    from django.utils.module_loading import module_has_submodule

    for config in apps.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, MODULE):
            yield importlib.import_module(f"{config.name}.{MODULE}")


def _controllers_of(module: ModuleType) -> Iterator[type[Controller]]:
    """Yield the controllers that a module makes, and not those that it only imports from another app."""
    for value in list(vars(module).values()):
        if not (isinstance(value, type) and issubclass(value, Controller)) or vars(value).get("abstract") is True:
            continue
        if f"{value.__module__}.".startswith(f"{module.__name__}."):
            yield value
