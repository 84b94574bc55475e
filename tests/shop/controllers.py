"""What pages of the booking office can call, and what they can't."""

from __future__ import annotations

import time
from decimal import Decimal

from meanwhile.remote import Controller, UserError, action, background_action
from tests.shop.models import Booking, Seat


class EchoController(Controller):
    """The example of the rules: it sleeps and returns its message."""

    @action
    def echo(self, message: str, seconds: float = 0) -> str:
        time.sleep(min(seconds, 5))
        return message

    @action(atomic=False)
    async def later(self, message: str) -> str:
        return message

    @background_action
    def slow(self, message: str, seconds: float = 0) -> str:
        time.sleep(min(seconds, 5))
        return message

    @action
    def counted(self, to: int = 3, seconds: float = 0) -> int:
        for number in range(1, min(to, 100) + 1):
            time.sleep(min(seconds, 5))
            self.progress(number / to, f"{number} of {to}")
        return to

    def not_decorated(self) -> str:
        return "nobody gets this"

    def _private(self) -> str:
        return "nor this"


class PublicController(Controller):
    public = True

    @action
    def echo(self, message: str) -> str:
        return message

    @action
    def prices(self) -> dict[str, Decimal]:
        return {seat.number: seat.price for seat in Seat.objects.order_by("number")}

    @action(public=False)
    def members(self) -> str:
        return "only for members"


class InheritingController(EchoController):
    """Its own action can be reached, and none of those that it inherits."""

    @action
    def own(self) -> str:
        return self.not_decorated()

    def slow(self, message: str, seconds: float = 0) -> str:
        return message


class Naming(Controller):
    abstract = True

    @action(permissions=())
    def rename(self, booking: Booking, name: str) -> str:
        booking.name = name
        booking.save(update_fields=["name"])
        return name


class BookingController(Naming):
    """Bookings: one may be seen by everybody, and be confirmed by who may change it."""

    @action(permissions=())
    def show(self, booking: Booking) -> str:
        return booking.name

    @action(permissions=())
    def show_any(self, booking: Booking | None = None) -> str:
        return "none" if booking is None else booking.name

    @action(permissions="shop.change_booking", on="booking")
    def confirm(self, booking: Booking, seat: int = 0) -> str:
        booking.status = "confirmed"
        booking.save()
        return booking.status

    @action(permissions=["shop.view_booking", "shop.add_booking"])
    def add(self, name: str) -> int:
        return Booking.objects.create(name=name).pk

    @action(check=lambda user, booking: booking.email == user.email)
    def cancel(self, booking: Booking, reason: str = "") -> str:
        booking.delete()
        return reason

    @action(check=lambda user, name: name != "nobody")
    def check_name(self, name: str) -> str:
        return name

    @action
    def write(self, name: str, then: str = "") -> int:
        """Write a booking and then go wrong in the way that is asked for."""
        made = Booking.objects.create(name=name)
        match then:
            case "error":
                raise RuntimeError("a secret of the server")
            case "user_error":
                raise UserError("The office is closed.")
            case "database":
                Booking.objects.create(pk=made.pk, name="again")
            case "unstorable":
                return object()  # type: ignore[return-value]
        return made.pk

    @background_action(durable=True)
    def report(self, of: str) -> str:
        return f"a report of {of}"
