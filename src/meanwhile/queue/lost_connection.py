"""Whether a try failed because its connection to the database broke, which is no fault of the step's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import InterfaceError, OperationalError, connections

DatabaseAway = (OperationalError, InterfaceError)
LONGEST_CHAIN = 50


def broke(using: str, began_with: Any, error: BaseException) -> bool:
    """Say whether a try failed because its connection broke; Django may have a new one by now.

    ``began_with`` is the driver's connection that the try began with. One that is not usable any more is closed.
    """
    connection = connections[using]
    if connection.connection is not None and not connection.in_atomic_block and not connection.is_usable():
        connection.close()
    is_another = connection.connection is not began_with
    return is_another and any(isinstance(one, DatabaseAway) for one in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    for _ in range(LONGEST_CHAIN):
        if found is None:
            return
        yield found
        found = found.__cause__ or found.__context__
