"""Client actions: methods of Python controllers that a page calls through its queue.

An app's controllers stand in its ``controllers.py``:

    from meanwhile.remote import Controller, UserError, action, background_action

    class EchoController(Controller):
        @action
        def echo(self, message: str) -> str:
            return message

A page then calls ``server.echo.echo({message: "hi"})``. Names are loaded when they are first used, so that importing
this package loads no models.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meanwhile.exceptions import UserError
    from meanwhile.remote.controller import Controller, action, background_action
    from meanwhile.remote.import_map import import_map_hash

__all__ = ["Controller", "UserError", "action", "background_action", "import_map_hash"]

_HOMES = {
    "Controller": "meanwhile.remote.controller",
    "UserError": "meanwhile.exceptions",
    "action": "meanwhile.remote.controller",
    "background_action": "meanwhile.remote.controller",
    "import_map_hash": "meanwhile.remote.import_map",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module on first use (PEP 562)."""
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
