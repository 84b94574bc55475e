"""A failed run that waits for the end of a transaction is written in its own test, never in a later one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from django.apps import apps
from django.db import transaction

from meanwhile import ActionFailed, Created, EventTree, UpdateField
from meanwhile.testing import use_trees
from meanwhile.trees.failed_runs import FailedRuns
from meanwhile.trees.models import Run
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db

BROKEN = EventTree("Broken", on=Created(Booking), do=[UpdateField(price="no number")])


@pytest.fixture
def kept() -> FailedRuns:
    """The failed runs, one of them waiting for the end of a transaction that was rolled back."""
    with use_trees(BROKEN), suppress(ActionFailed), transaction.atomic():
        Booking.objects.create(name="Ann")
    runs: FailedRuns = apps.get_app_config("meanwhile").failed_runs
    assert len(runs._waiting) == 1
    return runs


def test_it_is_written_at_the_next_occasion_of_its_own_test(kept):
    kept.write()
    assert Run.objects.get().state == "failed"


def test_it_is_dropped_when_its_test_is_over(kept):
    kept._waiting = [replace(failed, test=object()) for failed in kept._waiting]
    kept.write()
    assert not Run.objects.exists()
    assert kept._waiting == []


def test_a_failure_outside_a_transaction_is_in_the_history_at_once():
    with use_trees(BROKEN), pytest.raises(ActionFailed):
        Booking.objects.create(name="Ann")
    assert Run.objects.get().state == "failed"
