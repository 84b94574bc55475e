"""The trees that the pictures show, as documents: what somebody has made by the end of each chapter of the guide."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

BODY = "Dear {{ record.name }},\n\nwelcome aboard. You fly to {{ record.flight.destination }}.\n\nMeanwhile Air"
BAGS = "Dear {{ record.name }},\n\nyour flight is a long one: two bags are free.\n\nMeanwhile Air"


def fixed(value: Any) -> Json:
    return {"value": "literal", "literal": value}


def text(template: str) -> Json:
    return {"value": "template", "template": template}


def update(**values: Json) -> Json:
    return {"kind": "update_field", "set": values}


def mail(subject: str, body: str) -> Json:
    to = [{"recipients": "addresses", "addresses": "{{ record.email }}"}]
    return {"kind": "send_email", "to": to, "subject": subject, "body": body}


def tree(name: str, event: str, *nodes: Json) -> Json:
    return {"meanwhile": 1, "name": name, "on": {"event": event, "model": "bookings.Booking"}, "do": list(nodes)}


FAR = {
    "test": "any",
    "of": [
        {"test": "is", "field": "flight.destination", "op": "==", "to": fixed("Nairobi")},
        {"test": "is", "field": "price", "op": ">", "to": fixed("300")},
    ],
}

WELCOME = tree(
    "Welcome aboard",
    "created",
    update(status=fixed("received")),
    {
        "kind": "background",
        "do": [
            update(ticket=text("220-{{ record.id }}")),
            mail("Welcome aboard, {{ record.name }}", BODY),
            {"kind": "if", "label": "A long flight", "condition": FAR, "then": [mail("Two bags are free", BAGS)]},
            update(ready=fixed(True)),
        ],
    },
    {
        "kind": "delay",
        "moment": {"at": "before", "days": 2, "base": {"at": "field", "field": "flight.starts"}},
        "do": [mail("See you soon, {{ record.name }}", BODY)],
    },
    update(reference=text("MW-{{ record.id }}")),
)
"""The tree of the guide."""

SCHEDULED: Json = {
    "meanwhile": 1,
    "name": "Ask who is missing",
    "on": {
        "event": "scheduled",
        "model": "bookings.Booking",
        "cron": "30 7 * * mon-fri",
        "where": {"status": fixed("received"), "flight__starts__lt": {"value": "now", "days": 2}},
    },
    "do": [{"kind": "background", "do": [mail("Do you come, {{ record.name }}?", BODY)]}],
}
"""A tree that begins by itself."""

LOUNGE: Json = {
    "kind": "call_webhook",
    "url": "https://lounge.example/flights/{{ record.flight.number }}/guests",
    "body": {
        "reference": {"value": "field", "field": "reference"},
        "passenger.name": {"value": "field", "field": "name"},
        "passenger.seat": {"value": "field", "field": "seat"},
    },
    "sign_with": "airport",
}
TELLS = tree("Tell the lounge", "created", {"kind": "background", "do": [LOUNGE]})
"""A tree that tells another system."""

TOO_EARLY = tree(
    "Say thank you",
    "created",
    mail("Thank you, {{ record.name }}", BODY),
    {
        "kind": "background",
        "do": [{"kind": "send_email", "to": [], "subject": "Your seat", "body": "{{ record.seat }}"}],
    },
)
"""A tree with a warning that one click mends, and an error that a person has to mend."""
