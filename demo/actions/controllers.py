"""What the demo's pages can call. Every annotation is checked at run time, and is a type in the page's JavaScript."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from django.utils import timezone

from demo.actions.airports import Airport, matching
from demo.bookings.models import Flight, Seat
from demo.pace import take_time
from meanwhile.remote import Controller, action, background_action


class EchoController(Controller):
    """Says what it is told."""

    public = True

    @action
    def echo(self, message: str) -> str:
        """Return the message, after a second."""
        take_time(1)
        return message


class AirportController(Controller):
    """Finds airports."""

    public = True

    @action
    def search(self, text: str, most: int = 8) -> list[Airport]:
        """Return the airports that fit what is typed so far, the best first, after a moment of thinking."""
        take_time(0.3)
        return matching(text)[: max(0, min(most, 20))]


@dataclass
class FlightLoad:
    """How full a flight is, and what its taken seats cost."""

    flight: str
    seats: int
    taken: int
    value: Decimal


@dataclass
class LoadReport:
    built: datetime
    flights: list[FlightLoad]


class ReportController(Controller):
    """Reports that take longer than anybody waits in front of a page. They are for people who are logged in."""

    # Not in a transaction: it only reads, and need not see all flights as they were at one moment.
    @background_action(durable=True, atomic=False)
    def build(self, by: Literal["row", "flight"] = "row") -> LoadReport:
        """Count the seats of every flight, row by row (slow) or flight by flight (quick)."""
        parts = list(Seat.objects.order_by("flight", "row").values_list("flight__number", "row").distinct())
        if by == "flight":
            parts = [(number, None) for number in dict.fromkeys(number for number, _row in parts)]
        loads = {flight.number: FlightLoad(str(flight), 0, 0, Decimal(0)) for flight in Flight.objects.all()}
        for done, (number, row) in enumerate(parts):
            self.progress(done / len(parts), number if row is None else f"{number}, row {row}")
            take_time(0.4)
            seats = Seat.objects.filter(flight__number=number)
            _count(loads[number], list(seats if row is None else seats.filter(row=row)))
        return LoadReport(timezone.now(), list(loads.values()))


def _count(load: FlightLoad, seats: list[Seat]) -> None:
    taken = [seat for seat in seats if not seat.free]
    load.seats += len(seats)
    load.taken += len(taken)
    load.value += sum((seat.price for seat in taken), Decimal(0))
