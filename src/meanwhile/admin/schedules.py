"""What is scheduled: when it comes next, and when it came last."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from meanwhile import conf
from meanwhile.admin.read_only import ReadOnlyAdmin
from meanwhile.queue.models import Job
from meanwhile.queue.schedule_models import Schedule
from meanwhile.trees.scheduled import scheduled_trees
from meanwhile.trees.scheduled_wording import schedule_in_words


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    """Schedules."""

    detail_template = "admin/meanwhile/schedule.html"
    list_display = ("key", "next_at", "last_at", "skipped_at")
    search_fields = ("key",)

    def details(self, request: HttpRequest, found: Schedule) -> dict[str, Any]:  # noqa: ARG002 - the same for all
        """Return the times in words, and the job of the last one while it is kept."""
        tree = next((one for one in scheduled_trees() if one.key == found.key), None)
        jobs = Job.objects.using(conf.get().database)
        return {
            "words": schedule_in_words(tree.on.as_json()) if tree is not None else "",
            "job": jobs.filter(pk=found.last_job).first() if found.last_job else None,
        }
