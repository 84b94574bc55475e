"""One job: that of a tree is shown in its run, any other here."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from meanwhile.queue.models import Job
from meanwhile.queue.states import OPEN
from meanwhile.studio.job_input import input_of
from meanwhile.studio.operations import operate
from meanwhile.studio.timeline import job_view
from meanwhile.studio.views.live import LiveView
from meanwhile.studio.workers import tree_of_job
from meanwhile.trees.find import runs_of_jobs
from meanwhile.trees.models import Run


class JobView(LiveView):
    """A job that belongs to no run that is still kept: its facts, steps, and what can be done."""

    template_name = "meanwhile/studio/job.html"
    part_name = "meanwhile/studio/job_part.html"
    section = "queue"

    def may_enter(self) -> bool:
        """Whoever may see its run, or the whole queue."""
        if self.run is not None:
            return self.may_see(self.run.tree)
        return self.visible is None

    @cached_property
    def job(self) -> Job:
        """The job of the address."""
        found = Job.objects.using(self.using).filter(pk=self.kwargs["job"]).first()
        if found is None:
            raise Http404(_("There is no such job; jobs are deleted some days after they ended."))
        return found

    @cached_property
    def run(self) -> Run | None:
        """The run that it belongs to."""
        return runs_of_jobs([self.job], using=self.using).get(self.job.group)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Go to the job's place in its run, or show the job."""
        if self.run is not None:
            address = reverse(f"{request.resolver_match.namespace}:run", args=[self.run.pk])  # type: ignore[union-attr]
            return HttpResponseRedirect(f"{address}#job-{self.job.pk}")
        return super().get(request, *args, **kwargs)

    def part(self) -> dict[str, Any]:
        """Return the job."""
        tree = tree_of_job(self.job, self.using)
        return {
            "branch": job_view(self.job, tree, now=self.clock.now(), using=self.using),
            "operates": self.may_operate(),
            "payload": _json(input_of(self.job)),
            "result": "" if self.job.result is None else _json(self.job.result),
        }

    def look_again(self) -> float:
        """Follow it while it is open."""
        return self.every if self.job.state in OPEN else 0

    def post(self, request: HttpRequest, job: int) -> HttpResponse:  # noqa: ARG002 - the address names it
        """Do what a button says: ``operation:job`` or ``retry_from:job:path``."""
        if not self.may_operate():
            raise PermissionDenied
        name, _number, path = [*request.POST.get("do", "").split(":", 2), "", ""][:3]
        operate(request, self.job, name, using=self.using, path=path)
        del self.job
        return self.done(request)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)
