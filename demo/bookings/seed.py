"""What is there on the first start: flights with seats, and accounts to try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from demo.bookings.models import Flight, Seat

ROWS = 10
LETTERS = "ABCDEF"


@dataclass(frozen=True)
class Route:
    number: str
    origin: str
    destination: str
    days: int
    time: str
    price: int
    sold_out: bool = False


ROUTES = [
    Route("MW 101", "Berlin", "Lisbon", days=9, time="09:40", price=129),
    Route("MW 204", "Berlin", "Reykjavík", days=16, time="13:15", price=189),
    Route("MW 317", "Berlin", "Nairobi", days=44, time="22:05", price=489),
    Route("MW 404", "Berlin", "Atlantis", days=12, time="06:30", price=99, sold_out=True),
]


@dataclass(frozen=True)
class Account:
    username: str
    password: str
    says: str
    is_admin: bool = False
    studio: tuple[str, ...] = ()
    """What they may do in the Studio."""


ACCOUNTS = [
    Account("passenger", "passenger", _("books and sees their own bookings")),
    Account(
        "admin", "admin", _("sees all bookings, may do everything in the Studio and in Django’s admin"), is_admin=True
    ),
    Account("viewer", "viewer", _("looks at all of the Studio, and changes nothing"), studio=("view",)),
    Account(
        "editor", "editor", _("changes drafts of trees in the Studio, and can’t publish them"), studio=("view", "edit")
    ),
    Account(
        "publisher",
        "publisher",
        _("changes trees in the Studio and publishes them"),
        studio=("view", "edit", "publish"),
    ),
    Account("operator", "operator", _("watches runs and the queue, retries and cancels"), studio=("view", "operate")),
]


def seed(now: datetime) -> None:
    """Make the flights and accounts that are missing, and put flights that have left on a later day."""
    for route in ROUTES:
        _flight(route, now)
    users = get_user_model().objects
    for account in ACCOUNTS:
        if not users.filter(username=account.username).exists():
            make = users.create_superuser if account.is_admin else users.create_user
            user = make(account.username, f"{account.username}@example.com", account.password)
            if account.studio:
                _open_studio(user, account)


def _open_studio(user: Any, account: Account) -> None:
    """Let an account into the Studio, and let it see the records that the runs are about."""
    names = [f"{what}_studio" for what in account.studio]
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.user_permissions.set(
        Permission.objects.filter(codename__in=[*names, "view_booking", "view_allatoncebooking", "view_flight"])
    )


def _flight(route: Route, now: datetime) -> None:
    hour, minute = map(int, route.time.split(":"))
    day = timezone.localtime(now) + timedelta(days=route.days)
    starts = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
    flight, is_new = Flight.objects.get_or_create(
        number=route.number,
        defaults={
            "origin": route.origin,
            "destination": route.destination,
            "starts": starts,
            "places": 0,
        },
    )
    if is_new:
        seats = [
            Seat(flight=flight, row=row, letter=letter, price=_price(route, row), free=_is_free(route, row, letter))
            for row in range(1, ROWS + 1)
            for letter in LETTERS
        ]
        Seat.objects.bulk_create(seats)
        Flight.objects.filter(pk=flight.pk).update(places=sum(seat.free for seat in seats))
    elif flight.starts <= now:
        Flight.objects.filter(pk=flight.pk).update(starts=starts)


def _is_free(route: Route, row: int, letter: str) -> bool:
    """Say whether a seat is free at first: about half are taken, the same ones on every start."""
    return not route.sold_out and (row * 5 + LETTERS.index(letter) * 3 + route.days) % 7 > 3


def _price(route: Route, row: int) -> Decimal:
    """Return the price of a seat: the first rows cost more."""
    return Decimal(route.price) + (Decimal(40) if row <= 2 else Decimal(0))
