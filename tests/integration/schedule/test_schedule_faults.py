"""Scheduled trees where something goes wrong: nothing is left out, nothing spins, nothing fires that should not."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from meanwhile import EventTree, Scheduled, UpdateField, action
from meanwhile.queue import schedule
from meanwhile.queue.models import Job
from meanwhile.queue.schedule_models import Schedule
from meanwhile.testing import advance_to, clock_at, run_background, run_schedules, use_trees
from meanwhile.trees.models import Run
from tests.shop.models import Booking

SIX = datetime(2026, 3, 2, 6, tzinfo=ZoneInfo("Europe/Berlin"))


@action
def break_commit_for_bob(record: Booking) -> None:
    record.notes += "done;"
    record.save(update_fields=["notes"])
    if record.name == "Bob":

        def refuse() -> None:
            raise IntegrityError("a constraint that is looked at when the transaction ends")

        connection = transaction.get_connection()
        connection.run_on_commit  # noqa: B018
        raise_at_commit(connection, refuse)


def raise_at_commit(connection, refuse):
    original = connection._commit

    def once():
        connection._commit = original
        refuse()

    connection._commit = once


@pytest.mark.django_db(transaction=True)
def test_a_record_whose_commit_fails_costs_no_other_one() -> None:
    for name in ("Ada", "Bob", "Cy", "Dee"):
        Booking.objects.create(name=name)
    tree = EventTree("Frail", on=Scheduled(Booking, cron="0 7 * * *"), do=[break_commit_for_bob()])
    with use_trees(tree), clock_at(SIX):
        run_schedules(until=SIX + timedelta(hours=20))
    print(Job.objects.get().steps)
    assert sorted(Booking.objects.filter(notes="done;").values_list("name", flat=True)) == ["Ada", "Cy", "Dee"]
