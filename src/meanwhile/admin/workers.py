"""Which workers are alive."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meanwhile import conf
from meanwhile.admin.display import badge
from meanwhile.admin.read_only import ReadOnlyAdmin
from meanwhile.queue import owner as owners
from meanwhile.queue.models import Job, WorkerProcess
from meanwhile.queue.states import State


@admin.register(WorkerProcess)
class WorkerProcessAdmin(ReadOnlyAdmin):
    """Workers."""

    detail_template = "admin/meanwhile/worker.html"
    list_display = ("process", "life", "threads", "running", "started", "seen")

    @admin.display(description=gettext_lazy("worker"))
    def process(self, worker: WorkerProcess) -> str:
        """Machine and process id."""
        return str(worker)

    @admin.display(description=gettext_lazy("state"))
    def life(self, worker: WorkerProcess) -> SafeString:
        """Whether it is alive."""
        return life_of(worker)

    def details(self, request: HttpRequest, found: WorkerProcess) -> dict[str, Any]:  # noqa: ARG002 - the same for all
        """Return the worker's state and the jobs that it leases."""
        jobs = Job.objects.using(conf.get().database).filter(state=State.RUNNING, lease_owner=found.owner)
        return {"state_badge": life_of(found), "jobs": jobs.order_by("pk")}


def life_of(worker: WorkerProcess) -> SafeString:
    """Return whether a worker is alive: a dead process of this machine is known, elsewhere only silence is."""
    if owners.is_dead(worker.owner):
        return badge("dead", _("gone"))
    if worker.seen < timezone.now() - timedelta(seconds=conf.get().lease * 2):
        return badge("silent", _("silent"))
    return badge("alive", _("alive"))
