"""What a page sends: actions to the endpoint, and the same to the plain view they are compared with."""

from __future__ import annotations

from typing import Any

ENDPOINT = "/meanwhile/actions/"
PLAIN = "/echo/"
PLAIN_WITH_A_QUERY = "/ask/"
BATCH = 100
"""Actions in one request: as many as the queue sends at once."""

COMPARED_WITH = (
    "a plain Django view in the same site, behind the same middleware, for the same logged-in person, that reads the"
    " JSON of its body and answers with JSON"
)


def actions(n: int, name: str = "echo.echo") -> dict[str, Any]:
    """Return a request of so many small foreground actions."""
    found = [{"id": str(i), "action": name, "params": {"message": f"Hello {i}"}} for i in range(n)]
    return {"lane": "foreground", "actions": found}


def plain() -> dict[str, Any]:
    """Return a request to the plain view."""
    return {"message": "Hello 1"}
