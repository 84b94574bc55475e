"""The rows of scheduled trees in Django's admin."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from meanwhile import EventTree, Scheduled
from meanwhile.models import Job, Schedule
from meanwhile.testing import clock_at, run_schedules, use_trees
from tests.integration.admin.pages import list_of, page_of, text_of

pytestmark = pytest.mark.django_db

SIX = datetime(2026, 3, 2, 6, tzinfo=ZoneInfo("Europe/Berlin"))
DAILY = EventTree("Daily", on=Scheduled(cron="0 7 * * mon-fri"), do=[])


def test_a_schedule_is_listed_with_its_times_and_its_last_job(admin_client: Client) -> None:
    with use_trees(DAILY), clock_at(SIX):
        run_schedules(until=SIX.replace(hour=8))
        assert "tree:daily" in text_of(admin_client.get(list_of("schedule")))
        address = page_of(Schedule.objects.get())
        page = text_of(admin_client.get(address))
    assert "every weekday at 7 a.m." in page
    assert f"Daily #{Job.objects.get().pk}" in page
    assert "Daily" in text_of(admin_client.get(page_of(Job.objects.get())))
    assert "Daily" in text_of(admin_client.get(list_of("job")))
    assert admin_client.post(address).status_code == 403
