"""How long to wait before the next try. Pure: the random number is passed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from meanwhile.exceptions import TreeDocumentError
from meanwhile.parts import problems_of, python_only


class RetryPolicy(BaseModel):
    """How often a failed step is tried, and how long is waited between tries.

    The waits grow exponentially: ``first`` seconds, then ``factor`` times as long each time, at most ``longest``
    seconds. ``jitter`` is the share of each wait, 0 to 1, that is random, so that jobs which failed together don't
    come back together. See “Background jobs” in the event tree rules.

    Example: ``SendEmail(…, retry=Retry(max_attempts=8, first=30))``. Raises `TreeDocumentError` naming each field that
    is out of its range.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    max_attempts: int = Field(default=5, ge=1, le=1000)
    first: float = Field(default=2.0, ge=0)
    factor: float = Field(default=3.0, ge=1)
    longest: float = Field(default=3600.0, ge=0)
    jitter: float = Field(default=0.25, ge=0, le=1)

    if not TYPE_CHECKING:  # a type checker makes the constructor from the fields

        @python_only
        def __init__(self, /, **data: Any) -> None:
            try:
                super().__init__(**data)
            except ValidationError as error:
                raise TreeDocumentError(problems_of(error, data, "Retry")) from None


def delay(attempt: int, policy: RetryPolicy, random: float) -> float:
    """Return the seconds to wait after the ``attempt``-th try (1, 2, …) failed.

    ``random`` is in [0, 1); 0.5 gives the wait without jitter, and no wait is ever longer than ``policy.longest``.
    Raises `ValueError` for an attempt below 1.
    """
    if attempt < 1:
        raise ValueError(f"attempt counts from 1, not from {attempt}")
    spread = 1 + policy.jitter * (2 * random - 1)
    return min(policy.longest, _grown(attempt - 1, policy) * spread)


def _grown(steps: int, policy: RetryPolicy) -> float:
    try:
        return min(policy.longest, policy.first * policy.factor**steps)
    except OverflowError:
        return policy.longest if policy.first else 0.0
