"""What happens when somebody books: the same work twice, once mostly in the background and once in the foreground.

The labels are in the catalogues, and the demo's pages say them in the language of whoever reads.
"""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from demo.bookings.models import AllAtOnceBooking, AnyBooking, Booking, Flight, Seat
from demo.bookings.seed import LETTERS, ROWS
from demo.pace import take_time
from meanwhile import (
    Background,
    Created,
    Delay,
    EventTree,
    Field,
    Now,
    Received,
    Retry,
    Scheduled,
    SendEmail,
    Step,
    Template,
    UpdateField,
    UserError,
    action,
    before,
)

PRICE = Decimal(149)
"""Of a seat on a flight that another system told of, which tells no price."""


@action(label=_("Hold a place"))
def hold_place(record: AnyBooking) -> None:
    """Take one place of the flight, or say that it is sold out: nothing of the booking is saved then."""
    taken = Flight.objects.filter(pk=record.flight_id, places__gt=0).update(places=F("places") - 1)
    if not taken:
        raise UserError(
            gettext("Flight %(number)s is sold out. Please choose another one.") % {"number": record.flight.number}
        )


@action(label=_("Find the best seat"), atomic=False)
def assign_seat(record: AnyBooking, step: Step) -> str:
    """Ask the (slow) seat plan for the first free seat and give it to the booking."""
    take_time(1.6)
    with step.commit():
        seat = Seat.objects.filter(flight=record.flight_id, free=True).first()
        if seat is None:
            raise UserError(gettext("Flight %(number)s has no free seat left.") % {"number": record.flight.number})
        Seat.objects.filter(pk=seat.pk).update(free=False)
        record.seat = seat
        record.save(update_fields=["seat"])
    return str(seat)


@action(label=_("Issue the ticket"), atomic=False)
def issue_ticket(record: AnyBooking, step: Step) -> str:
    """Ask the (slow) ticket office for a ticket number."""
    take_time(1.6)
    with step.commit():
        record.ticket = f"220-{7_000_000 + record.pk}"
        record.save(update_fields=["ticket"])
    return record.ticket


@action(label=_("Create the seats"))
def put_in_seats(record: Flight) -> None:
    """Give a flight that another system told of its cabin, and no more free places than it has free seats."""
    if not record.seats.exists():
        names = [(row, letter) for row in range(1, ROWS + 1) for letter in LETTERS]
        Seat.objects.bulk_create(
            Seat(flight=record, row=row, letter=letter, price=PRICE, free=number < record.places)
            for number, (row, letter) in enumerate(names)
        )
    free = record.seats.filter(free=True).count()
    if record.places > free:
        record.places = free
        record.save(update_fields=["places"])


def confirmation() -> SendEmail:
    return SendEmail(
        to="{{ record.email }}",
        subject="Your booking {{ record.reference }}",
        body=(
            "Dear {{ record.name }},\n\n"
            "your ticket {{ record.ticket }} costs € {{ record.price }}.\n"
            "Departure: {{ record.starts|date:'l, j F Y, H:i' }}.\n\n"
            "Meanwhile Air"
        ),
        label=_("Send the confirmation"),
        retry=Retry(max_attempts=3, first=3 * settings.DEMO_PACE, factor=2, jitter=0),
    )


EventTree(
    _("Booking received"),
    key="booking-received",
    on=Created(Booking),
    description=_("Answers at once: the seat, the price, the ticket and the mails come meanwhile."),
    do=[
        UpdateField(status="received", starts=Field("flight.starts"), label=_("Status is “received”")),
        Background(
            assign_seat(),
            UpdateField(price=Field("seat.price"), label=_("Price of the seat")),
            issue_ticket(),
            confirmation(),
            UpdateField(ready=True, status="confirmed", label=_("Ready")),
            label=_("As soon as possible"),
        ),
        Delay(
            before("starts", days=2),
            SendEmail(
                to="{{ record.email }}",
                subject="See you soon, {{ record.name }}",
                body="{{ record.flight }} leaves on {{ record.starts|date:'l, j F, H:i' }}.\n\nMeanwhile Air",
                label=_("Send “See you soon”"),
            ),
            label=_("Two days before departure"),
        ),
        hold_place(),
        UpdateField(reference=Template("MW{{ record.id|stringformat:'04d' }}"), label=_("Reference")),
    ],
)

EventTree(
    _("Booking, all at once"),
    key="booking-all-at-once",
    on=Created(AllAtOnceBooking),
    description=_("The same work, all of it before the next page: the person waits for every action."),
    do=[
        UpdateField(status="received", starts=Field("flight.starts"), label=_("Status is “received”")),
        hold_place(),
        UpdateField(reference=Template("AA{{ record.id|stringformat:'04d' }}"), label=_("Reference")),
        assign_seat(),
        UpdateField(price=Field("seat.price"), label=_("Price of the seat")),
        issue_ticket(),
        confirmation(),
        UpdateField(ready=True, status="confirmed", label=_("Ready")),
    ],
)

EventTree(
    _("Flight received"),
    key="flight-received",
    on=Received(
        Flight,
        match=["number"],
        fields={
            "number": "flight.number",
            "origin": "flight.from",
            "destination": "flight.to",
            "starts": "flight.departure",
            "places": "flight.places",
        },
    ),
    description=_(
        "Another system sends its flights as JSON to this tree’s own address. The Studio shows the address with a"
        " command to try it, and makes an API key."
    ),
    do=[
        put_in_seats(),
        Background(
            SendEmail(
                to="operations@example.com",
                subject="Flight {{ record.number }}",
                body="{{ record.number }} leaves {{ record.origin }} on {{ record.starts|date:'l, j F Y, H:i' }}.",
                label=_("Tell the operations desk"),
            ),
            label=_("As soon as possible"),
        ),
    ],
)

EventTree(
    _("The next flights"),
    key="next-flights",
    on=Scheduled(Flight, cron="0 5 * * *", where={"starts__gte": Now(), "starts__lt": Now(weeks=2)}),
    description=_(
        "Every morning the operations desk learns how many places are left on each flight of the next two weeks. The"
        " Studio shows the next time, and runs it now."
    ),
    do=[
        Background(
            SendEmail(
                to="operations@example.com",
                subject="{{ record.number }}: {{ record.places }} places left",
                body="{{ record.number }} leaves {{ record.origin }} on {{ record.starts|date:'l, j F Y, H:i' }}.",
                label=_("Tell the operations desk"),
            ),
            label=_("As soon as possible"),
        ),
    ],
)
