"""The cabin as rows of seats, for the booking page."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from demo.bookings.models import Flight, Seat


@dataclass(frozen=True)
class Place:
    name: str
    state: str
    """"free", "taken" or "yours"."""


def seat_map(flight: Flight, own: Seat | None) -> list[tuple[int, list[Place]]]:
    """Return the rows of the cabin, each with its number and its seats from A to F."""
    rows = groupby(flight.seats.all(), key=lambda seat: seat.row)
    return [(row, [Place(str(seat), _state(seat, own)) for seat in seats]) for row, seats in rows]


def _state(seat: Seat, own: Seat | None) -> str:
    if own is not None and seat.pk == own.pk:
        return "yours"
    return "free" if seat.free else "taken"
