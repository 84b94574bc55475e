"""The queue: how much waits and runs, who works, how it went lately, and for each waiting job why it waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meanwhile.operations import offered_for
from meanwhile.queue.models import Job
from meanwhile.queue.overview import overview
from meanwhile.queue.pause import pause, paused, resume
from meanwhile.queue.rates import rates
from meanwhile.queue.reasons import any_worker_alive, why_waiting
from meanwhile.studio.job_lists import LISTS, JobPage, Place, list_jobs
from meanwhile.studio.operations import operate
from meanwhile.studio.plots import throughput, waits
from meanwhile.studio.views.base import StudioView
from meanwhile.studio.views.live import LiveView
from meanwhile.studio.workers import workers
from meanwhile.trees.find import runs_of_jobs

TITLES = {
    "due": gettext_lazy("In line"),
    "later": gettext_lazy("Later"),
    "held": gettext_lazy("Held back"),
    "running": gettext_lazy("Running"),
    "failed": gettext_lazy("Failed"),
    "succeeded": gettext_lazy("Succeeded"),
    "cancelled": gettext_lazy("Cancelled"),
    "skipped": gettext_lazy("Skipped"),
}
COUNTED = ("due", "later", "held", "running", "failed")


class AllOfQueueView(StudioView):
    """A page about the whole queue: for those who may see all trees."""

    section = "queue"

    def may_enter(self) -> bool:
        """A person who may see some trees only has no business with the jobs of others."""
        return self.visible is None


class QueueView(AllOfQueueView, LiveView):
    """The queue, with one of the lists of its jobs."""

    template_name = "meanwhile/studio/queue.html"
    part_name = "meanwhile/studio/queue_part.html"
    every = 2.0

    def part(self) -> dict[str, Any]:
        """Return the queue as it is."""
        now = self.clock.now()
        counts = overview(now, using=self.using)
        shown = self._shown(bool(counts.due or counts.running), bool(counts.failed))
        page = list_jobs(shown, Place.read(self.request.GET.get("after", "")), now=now, using=self.using)
        return {
            "counts": counts,
            "workers": workers(now, using=self.using),
            "lists": [(name, TITLES[name], getattr(counts, name) if name in COUNTED else None) for name in LISTS],
            "shown": shown,
            "shown_title": TITLES[shown],
            "jobs": self._rows(page),
            "next": page.next,
            "operates": self.may_operate(),
            "paused": paused(using=self.using),
        }

    def said(self, context: dict[str, Any]) -> str:
        """Say which list is shown."""
        return str(context["shown_title"])

    def look_again(self) -> float:
        """Follow what happens, but for a page somewhere in the middle of a list."""
        return 0 if self.request.GET.get("after") else self.every

    def post(self, request: HttpRequest) -> HttpResponse:
        """Pause, resume, or do something to one job: ``operation:job``."""
        if not self.may_operate():
            raise PermissionDenied
        name, _colon, number = request.POST.get("do", "").partition(":")
        if name == "pause":
            pause(by=str(request.user), reason=request.POST.get("reason", "").replace("\0", ""), using=self.using)
            messages.success(request, _("The queue is paused. What runs goes on to its end."))
        elif name == "resume":
            resume(using=self.using)
            messages.success(request, _("The queue goes on."))
        elif number.isdecimal() and len(number) < 19 and (job := self._job(int(number))) is not None:
            operate(request, job, name, using=self.using)
        else:
            messages.error(request, _("This job is not there any more."))
        return self.done(request)

    def _shown(self, has_due: bool, has_failed: bool) -> str:
        asked = self.request.GET.get("list", "")
        if asked in LISTS:
            return asked
        return "failed" if has_failed and not has_due else "due"

    def _rows(self, page: JobPage) -> list[dict[str, Any]]:
        now = self.clock.now()
        alive, is_paused = any_worker_alive(now=now, using=self.using), paused(using=self.using) is not None
        runs = runs_of_jobs(page.jobs, using=self.using)
        return [
            {
                "job": job,
                "state": "retrying" if job.state == "ready" and job.attempts else job.state,
                "run": runs.get(job.group),
                "why": why_waiting(job, now=now, using=self.using, alive=alive, is_paused=is_paused).text,
                "operations": offered_for(job, now),
            }
            for job in page.jobs
        ]

    def _job(self, number: int) -> Job | None:
        return Job.objects.using(self.using).filter(pk=number).first()


class PlotsView(AllOfQueueView, LiveView):
    """What ended, and how long jobs waited, in the last hour and the last day. Asked for on its own, because it
    changes seldom."""

    template_name = "meanwhile/studio/plots.html"
    part_name = "meanwhile/studio/plots_part.html"
    live_id = "plots"
    every = 30.0

    def part(self) -> dict[str, Any]:
        """Return the plots."""
        now = self.clock.now()
        is_day = self.request.GET.get("span") == "day"
        slot, number = (timedelta(minutes=30), 48) if is_day else (timedelta(minutes=1), 60)
        slots = rates(now, slot=slot, number=number, using=self.using)
        return {
            "alone": not self.is_live or urlsplit(self.htmx.current_url or "").path == self.request.path,
            "span": "day" if is_day else "hour",
            "slots": slots,
            "throughput": throughput(slots),
            "waits": waits(slots),
            "succeeded": sum(one.succeeded for one in slots),
            "failed": sum(one.failed for one in slots),
            "longest": max((one.longest for one in slots if one.longest is not None), default=None),
            "about": any(one.about for one in slots),
        }
