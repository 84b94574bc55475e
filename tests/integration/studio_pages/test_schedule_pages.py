"""When scheduled trees come, on the pages, in the admin and in the terminal; and how they are run now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from meanwhile import EventTree, Scheduled, UpdateField
from meanwhile.queue import schedule
from meanwhile.queue.models import Job, WorkerProcess
from meanwhile.queue.owner import new_owner
from meanwhile.queue.schedule_models import Schedule
from meanwhile.studio import drafts, publish
from meanwhile.studio.models import StudioTree
from meanwhile.studio.views.base import StudioView
from meanwhile.testing import clock_at, run_background, run_schedules, use_trees
from meanwhile.trees.models import Run
from tests.integration.studio_pages.pages import text_of, url
from tests.shop.models import Booking

pytestmark = pytest.mark.django_db

SIX = datetime(2026, 3, 2, 6, tzinfo=ZoneInfo("Europe/Berlin"))
DAILY = EventTree("Daily", on=Scheduled(Booking, cron="0 7 * * mon-fri"), do=[UpdateField(ready=True)])
RUN_NOW = {"do": "run-now"}


@pytest.fixture
def daily() -> Iterator[Booking]:
    with use_trees(DAILY):
        yield Booking.objects.create(name="Ada")


def test_the_page_of_a_tree_in_python_tells_its_times(viewer: Client, daily: Booking) -> None:
    before = text_of(viewer.get(url("python-tree", "daily")))
    assert "Every weekday at 7 a.m., for each booking" in before
    assert "The next time is known as soon as a worker runs." in before
    with clock_at(SIX):
        run_schedules(until=SIX.replace(hour=8))
    after = text_of(viewer.get(url("python-tree", "daily")))
    assert "Next: 03/03/2026 07:00:00" in after
    assert "Last: 03/02/2026 07:00:00" in after
    assert "Run now" not in after


def test_the_page_of_the_record_type_tells_them_too(viewer: Client, daily: Booking) -> None:
    schedule.ensure(schedule.periodics(), now=SIX, using="default")
    text = text_of(viewer.get(url("record-type", "shop.Booking")))
    assert "Scheduled" in text
    assert "Every weekday at 7 a.m. · next 03/02/2026 07:00:00" in text


def test_an_operator_runs_it_now_and_its_times_stay(operator: Client, daily: Booking) -> None:
    schedule.ensure(schedule.periodics(), now=SIX, using="default")
    assert "Run now" in text_of(operator.get(url("python-tree", "daily")))
    answer = operator.post(url("python-tree", "daily"), RUN_NOW, follow=True)
    [job] = Job.objects.all()
    assert f"as job #{job.pk}" in text_of(answer)
    run_background()
    daily.refresh_from_db()
    assert daily.ready
    assert Run.objects.get().actor_pk == ""
    assert Schedule.objects.get().next_at == SIX.replace(hour=7)
    assert "Daily" in text_of(operator.get(url("job", job.pk)))
    assert "Daily" in text_of(operator.get(url("queue") + "?list=succeeded"))
    assert "All records" in text_of(operator.get(url("job", job.pk)))


def test_who_only_looks_can_not_run_it(viewer: Client, daily: Booking) -> None:
    assert viewer.post(url("python-tree", "daily"), RUN_NOW).status_code == 403
    assert not Job.objects.exists()


def test_a_tree_of_the_studio_is_run_by_the_same_button_once_it_is_published(operator: Client) -> None:
    with use_trees():
        made = drafts.create_tree("Mine", {"event": "scheduled", "cron": "0 7 * * *"}, by=None)
        address = url("tree", made.key)
        assert "Run now" not in text_of(operator.get(address))
        assert "not scheduled" in text_of(operator.post(address, RUN_NOW, follow=True))
        publish.publish(made, revision=1, by=None)
        with use_trees(EventTree("Mine", key=made.key, on=Scheduled(cron="0 7 * * *"), do=[])):
            assert "every day at 7 a.m." in text_of(operator.get(address))
            operator.post(address, RUN_NOW)
            run_background()
    assert [(run.event, run.state) for run in Run.objects.all()] == [("scheduled", "succeeded")]


def test_the_last_job_is_linked_while_it_is_kept_for_who_may_see_it(
    viewer: Client, daily: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock_at(SIX):
        run_schedules(until=SIX.replace(hour=8))
    link = f'href="{url("job", Job.objects.get().pk)}"'
    assert link in viewer.get(url("python-tree", "daily")).text
    made = drafts.create_tree("Daily", {"event": "scheduled", "cron": "0 7 * * *"}, by=None)
    StudioTree.objects.filter(pk=made.pk).update(key="daily")
    assert link in viewer.get(url("tree", "daily")).text
    monkeypatch.setattr(StudioView, "visible", frozenset({"daily"}))
    assert "Last: " in text_of(guests := viewer.get(url("tree", "daily")))
    assert link not in guests.text
    monkeypatch.undo()
    StudioTree.objects.all().delete()
    Job.objects.all().delete()
    page = viewer.get(url("python-tree", "daily"))
    assert link not in page.text
    assert "Last: 03/02/2026 07:00:00" in text_of(page)


def test_where_no_worker_runs_a_time_that_passed_says_so(viewer: Client, daily: Booking) -> None:
    schedule.ensure(schedule.periodics(), now=timezone.now(), using="default")
    assert "No worker is alive." not in text_of(viewer.get(url("python-tree", "daily")))
    Schedule.objects.update(next_at=SIX)
    assert "No worker is alive." in text_of(viewer.get(url("python-tree", "daily")))
    WorkerProcess.objects.create(
        owner=new_owner(), host="here", pid=1, started=timezone.now(), seen=timezone.now(), threads=1
    )
    assert "No worker is alive." not in text_of(viewer.get(url("python-tree", "daily")))


def test_a_time_that_fell_out_is_told(viewer: Client, daily: Booking) -> None:
    with clock_at(SIX) as clock:
        schedule.ensure(schedule.periodics(), now=SIX, using="default")
        for _day in range(2):
            clock.advance(days=1)
            schedule.take_due(schedule.periodics(), clock=clock, using="default")
    text = text_of(viewer.get(url("python-tree", "daily")))
    assert "Skipped, because the run before had not begun yet: 03/03/2026 07:00:00" in text


def run_command(*options: str) -> str:
    out = StringIO()
    call_command("meanwhile_schedules", *options, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_lists_them_and_runs_one(daily: Booking) -> None:
    assert "next: not known before a worker runs" in run_command()
    with clock_at(SIX):
        run_schedules(until=SIX.replace(hour=8))
    assert "next: 2026-03-03T07:00:00+01:00  last: 2026-03-02T07:00:00+01:00" in run_command()
    [facts] = json.loads(run_command("--json"))
    assert (facts["key"], facts["when"], facts["model"]) == ("daily", "every weekday at 7 a.m.", "shop.Booking")
    assert f"job {Job.objects.count() + 1}" not in run_command()
    assert "Queued as job" in run_command("--run", "Daily")
    assert run_background() == 1
    with pytest.raises(CommandError, match="nightly"):
        run_command("--run", "nightly")


def test_draining_takes_what_is_due(daily: Booking) -> None:
    schedule.ensure(schedule.periodics(), now=SIX, using="default")
    call_command("meanwhile_worker", "--drain", stdout=StringIO())
    daily.refresh_from_db()
    assert daily.ready
