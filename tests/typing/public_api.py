"""Only type-checked, never run: the public names as a project that uses them writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import assert_type

from meanwhile import (
    ActionFailed,
    AnyOf,
    Background,
    Called,
    CallTree,
    CallWebhook,
    Changed,
    Count,
    Created,
    CreateRecord,
    Delay,
    DeleteRecord,
    EventTree,
    Field,
    FixedClock,
    If,
    Is,
    IsNew,
    Not,
    Now,
    Received,
    Retry,
    Scheduled,
    SendEmail,
    Span,
    Step,
    TreeDocumentError,
    Updated,
    UpdateField,
    UserError,
    action,
    after,
    before,
    now,
    start_of_next,
)
from tests.shop.models import Booking, Ticket


@action
def assign_seat(record: Booking, step: Step, cabin: str = "economy") -> str:
    if step.attempt > 3:
        raise UserError("No seat is free.")
    return f"{record.pk}-{cabin}"


@action(label="Charge the card", outside=True, timeout=20.0)
async def charge(record: Booking, amount: Decimal) -> None: ...


tree = EventTree(
    "Booking received",
    on=Created(Booking),
    do=[
        UpdateField(status="received", price=Field("seat.price")),
        If(
            Is("price", ">", 100) & Not(IsNew()) | AnyOf(Changed("status"), Count("tickets", ">=", 2)),
            UpdateField(notes="{{ record.name }}", set={"label": "x"}),
            otherwise=[DeleteRecord(of="seat"), CallTree("Clean up", of="seat", params={"days": 2})],
        ),
        CreateRecord(Ticket, passenger="A", name="ticket"),
        Background(
            assign_seat(cabin="first"),
            SendEmail(to=["a@example.com"], subject="Hello", body="…", retry=Retry(max_attempts=3)),
            CallWebhook("https://crm.example/hooks", body={"customer.email": Field("email")}, sign_with="crm"),
            serial=True,
            priority=5,
        ),
        Delay(before("starts", days=2), UpdateField(ready=True)),
        Delay(after(start_of_next("month"), hours=8), UpdateField(day=Now(days=1))),
        Delay(now(), UpdateField(ready=True)),
    ],
)

EventTree(
    "From outside",
    on=Received("shop.Order", match=["number"], fields=["note"], parameters={"amount": int}, paths={"amount": "sum"}),
)
EventTree("By name", on=Called("shop.Booking", parameters={"amount": int, "day": date}), do=[])
EventTree("Updated", on=Updated("shop.Booking", "status", "price"), do=[])
EventTree("Daily", on=Scheduled("shop.Booking", cron="0 7 * * *", where={"day__lt": Now(days=2)}), do=[])
EventTree("Often", on=Scheduled(every=Span(hours=2), starting=datetime(2026, 3, 1, tzinfo=UTC)), do=[])

assert_type(tree.to_json(), str)
assert_type(tree.content_hash, str)
assert_type(EventTree.from_json(tree.to_json()), EventTree)
assert_type(FixedClock(datetime(2026, 3, 1, tzinfo=UTC)).now(), datetime)


def what_errors_carry(refused: TreeDocumentError, failed: ActionFailed) -> None:
    for path, message in refused.problems:
        assert_type(path, str)
        assert_type(message, str)
    assert_type(failed.user_message, str)


# A wrong use is an error for the type checker: each `ignore` below fails the check once its line is accepted.
EventTree("No event", do=[])  # type: ignore[call-arg]
UpdateField("status")  # type: ignore[call-arg]
FixedClock("2026-03-01")  # type: ignore[arg-type]
