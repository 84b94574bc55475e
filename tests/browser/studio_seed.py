"""Fill a demo's database with a tree of every kind of node and a run in every state; say where each is, as JSON.

Run as a process of its own, with the environment of `site.environment`, before the demo starts on the same folder.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from typing import Any

import django

PYTHON_TREE = "booking-received"


def literal(value: Any) -> dict[str, Any]:
    """A fixed value."""
    return {"value": "literal", "literal": value}


def first(label: str) -> dict[str, Any]:
    """An Update Field."""
    return {"kind": "update_field", "label": label, "set": {"status": literal("seen")}}


def mail(label: str, address: str = "{{ record.email }}") -> dict[str, Any]:
    """A Send Email to one address."""
    to = [{"recipients": "addresses", "addresses": address}]
    return {"kind": "send_email", "label": label, "to": to, "subject": "Hello {{ record.name }}", "body": "Hello"}


def webhook(label: str) -> dict[str, Any]:
    """A Call Webhook with a value and a header."""
    return {
        "kind": "call_webhook",
        "label": label,
        "url": "https://crm.example/bookings/{{ record.pk }}?from={{ record.status }}",
        "headers": {"X-Source": "{{ record.reference }}"},
        "body": {
            "price": {"value": "field", "field": "price"},
            "customer.name": {"value": "template", "template": "{{ record.name }}"},
        },
    }


def every_kind() -> dict[str, Any]:
    """A tree with every kind of node, value, recipient, moment and condition that the editor has a form for."""
    values = {
        "status": literal("new"),
        "ticket": {"value": "template", "template": "{{ record.name }}"},
        "price": {"value": "field", "field": "seat.price"},
        "starts": {"value": "now"},
        "booked_by": {"value": "actor"},
    }
    condition = {
        "test": "any",
        "of": [
            {"test": "is", "field": "status", "op": "in", "to": literal(["a", "b"])},
            {"test": "was", "field": "status", "op": "==", "to": literal("draft")},
            {"test": "not", "of": {"test": "changed", "fields": ["price"]}},
            {"test": "changed_to", "field": "ready", "to": literal(True)},
            {"test": "all", "of": [{"test": "is_new"}]},
            {"test": "is", "field": "price", "op": "between", "to": literal([1, 2])},
        ],
    }
    moment = {"at": "before", "base": {"at": "field", "field": "starts"}, "days": 2}
    new = {"number": literal("MW 9"), "places": literal(1), "starts": {"value": "now"}}
    ways = {"then": [first("Then")], "otherwise": [first("Else")]}
    function = {"kind": "call", "label": "A function", "function": "bookings.hold_place"}
    call = {"kind": "call_tree", "label": "Call another", "tree": "by-name", "params": {"text": literal("x")}}
    many = {"test": "count", "of": "bookings.Seat", "op": ">", "number": 1, "where": {}}
    return {
        "name": "Every kind of node",
        "key": "every-kind",
        "on": {"event": "saved", "model": "bookings.Booking"},
        "do": [
            {"kind": "update_field", "label": "Values", "set": values},
            {"kind": "update_field", "label": "Related", "of": "seat", "set": {"free": literal(False)}},
            {"kind": "create_record", "label": "Make a flight", "model": "bookings.Flight", "name": "made", "set": new},
            {"kind": "delete_record", "label": "Take away", "of": "made"},
            mail("In the foreground"),
            {"kind": "if", "label": "Decide", "condition": condition, **ways},
            {"kind": "if", "label": "Count", "condition": many, "then": [{**first("Off"), "disabled": True}]},
            {"kind": "background", "label": "Behind", "serial": True, "do": [mail("Write"), function, webhook("Tell")]},
            {"kind": "delay", "label": "Later", "moment": moment, "do": [first("Much later"), call]},
        ],
    }


def wrong() -> dict[str, Any]:
    """A tree that can't be published."""
    return {
        "name": "With errors",
        "key": "with-errors",
        "on": {"event": "updated", "model": "bookings.Booking", "fields": ["status"]},
        "do": [
            {"kind": "update_field", "set": {"nothing": literal(1)}},
            {"kind": "send_email", "to": [], "subject": "{{ record.password }}", "body": "{% for %}"},
            {"kind": "call_tree", "tree": "not-there"},
        ],
    }


def called() -> dict[str, Any]:
    """A tree without a record, with a parameter."""
    on = {"event": "called", "parameters": {"text": "str"}}
    return {"name": "By name", "key": "by-name", "on": on, "do": [{"kind": "background", "do": []}]}


def scheduled() -> dict[str, Any]:
    """A tree that runs by itself, for the records that fit two rules."""
    where = {"status": literal("confirmed"), "starts__lt": {"value": "now", "days": 2}}
    on = {"event": "scheduled", "model": "bookings.Booking", "every": {"days": 1, "hours": 2}, "where": where}
    return {"name": "Reminders", "key": "reminders", "on": on, "do": [first("Reminded")]}


def main() -> dict[str, str]:
    """Make all of it and return the pages by name."""
    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from demo.bookings.seed import seed

    call_command("migrate", verbosity=0, interactive=False)
    seed(timezone.now())
    trees = _trees()
    return {**trees, **_runs(timezone.now()), **_jobs(timezone.now())}


def _trees() -> dict[str, str]:
    from meanwhile.studio import drafts, publish

    by_name = drafts.make(called(), by=None)
    publish.publish(by_name, revision=drafts.draft_of(by_name).revision, by=None)
    by_itself = drafts.make(scheduled(), by=None)
    publish.publish(by_itself, revision=drafts.draft_of(by_itself).revision, by=None)
    every = drafts.make(every_kind(), by=None)
    publish.publish(every, revision=drafts.draft_of(every).revision, by=None, comment="The first")
    for operation in (
        {"op": "insert", "at": "0", "node": first("First")},
        {"op": "rename", "path": "1", "label": "Other"},
    ):
        drafts.edit_draft(every, operation, revision=drafts.draft_of(every).revision, by=None)
    publish.publish(every, revision=drafts.draft_of(every).revision, by=None, comment="The second")
    drafts.edit_draft(every, {"op": "remove", "path": "0"}, revision=drafts.draft_of(every).revision, by=None)
    publish.set_enabled(every, False, by=None)
    drafts.make(wrong(), by=None)
    gone = drafts.make({**called(), "name": "Retired", "key": "gone"}, by=None)
    publish.retire(gone, by=None)
    return {"copy": drafts.copy_tree(PYTHON_TREE, by=None).key}


def _runs(now: datetime) -> dict[str, str]:
    from demo.bookings.models import Booking, Flight
    from meanwhile.exceptions import ActionFailed
    from meanwhile.queue.drain import drain
    from meanwhile.queue.models import Job
    from meanwhile.trees.models import Run

    flights = {flight.destination: flight for flight in Flight.objects.all()}

    def book(to: str, email: str = "ada@example.com") -> Run:
        booking = Booking.objects.create(flight=flights[to], name="Ada Lovelace", email=email)
        return Run.objects.get(tree=PYTHON_TREE, record_pk=str(booking.pk), page_at__isnull=False)

    runs = {"succeeded": book("Lisbon"), "failed": book("Lisbon", "bob@refused.example"), "skipped": book("Lisbon")}
    Booking.objects.filter(pk=runs["skipped"].record_pk).delete()
    try:
        book("Atlantis")
    except ActionFailed:
        runs["sold out"] = Run.objects.get(page_at__isnull=True)
    for _ in range(3):
        drain()
    runs["running"], runs["waiting"] = book("Nairobi"), book("Nairobi")
    # Elsewhere, and for as long as this demo lives: no worker of it takes the job over.
    running = Job.objects.filter(group=str(runs["running"].pk)).order_by("pk")[:1].get()
    steps = {"done": {"1.0": {"label": "Find the best seat", "at": now.isoformat(), "ms": 12}}}
    Job.objects.filter(pk=running.pk).update(
        state="running", lease_owner="elsewhere", lease_until=now + timedelta(days=1), started=now, steps=steps,
        progress=0.4, progress_text="Asking the seat plan",
    )  # fmt: skip
    Job.objects.filter(group=str(runs["waiting"].pk)).update(due=now + timedelta(days=9))
    return {f"run {name}": f"/studio/runs/{run.pk}/" for name, run in runs.items()}


def _jobs(now: datetime) -> dict[str, str]:
    from meanwhile.queue.models import Job

    found = {}
    for state, more in (("failed", {"error": "ValueError: no", "attempts": 3}), ("cancelled", {})):
        job = Job.objects.create(
            kind="tree.branch", name="Of a run long gone", state=state, due=now, created=now, started=now, finished=now,
            payload={"tree": "x", "text": "words " * 60, "password": "hidden"}, **more,
        )  # fmt: skip
        found[f"job {state}"] = f"/studio/jobs/{job.pk}/"
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
