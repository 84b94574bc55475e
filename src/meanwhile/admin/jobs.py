"""The queue in the admin: which jobs there are, why each waits, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meanwhile import conf
from meanwhile.admin.display import admin_url, badge, brief, link, pretty_json
from meanwhile.admin.job_filters import KindFilter, PriorityFilter, StateFilter, looks_at_latest, order_of
from meanwhile.admin.read_only import ReadOnlyAdmin
from meanwhile.admin.search import latest_numbers, search_jobs
from meanwhile.admin.steps import rows_of_job, steps_to_go_on_from
from meanwhile.operations import BY_NAME, RETRY_FROM, offered_for, operate_each
from meanwhile.queue import control
from meanwhile.queue.index_order import in_index_order
from meanwhile.queue.models import Job
from meanwhile.queue.pause import paused
from meanwhile.queue.reasons import any_worker_alive, why_waiting
from meanwhile.queue.states import State
from meanwhile.sensitive import without_sensitive
from meanwhile.trees.find import runs_of_jobs

if TYPE_CHECKING:
    from django.db.models import QuerySet

UNREAD = ("payload", "steps", "result")
"""Columns that the list does not show; they are most of a row."""


class JobList(ChangeList):
    """One page of jobs with what is worked out for all of them together.

    ``looked_from`` is the number of the first job that was looked at, if only the latest ones were.
    """

    looked_from = 1

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Return the chosen jobs without the columns that the list does not show."""
        jobs = super().get_queryset(request, exclude_parameters).defer(*UNREAD)
        if not looks_at_latest(request):
            return jobs
        self.looked_from, last = latest_numbers(jobs.db)
        # A search has chosen from them already, and has added those of a serial key.
        return jobs if request.GET.get(SEARCH_VAR) else jobs.filter(pk__range=(self.looked_from, last))

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:  # noqa: ARG002 - Django's signature
        """Return the order of the index that serves the list."""
        return list(order_of(request))

    def get_results(self, request: HttpRequest) -> None:
        """Read the page; each job gets a ``mw_run`` and a ``mw_why``."""
        using, now = conf.get().database, timezone.now()
        with in_index_order(using):
            super().get_results(request)
            jobs: list[Any] = list(self.result_list)
        runs = runs_of_jobs(jobs, using=using)
        alive, is_paused = any_worker_alive(now=now, using=using), paused(using=using) is not None
        for job in jobs:
            job.mw_run = runs.get(job.group)
            job.mw_run_url = admin_url(self.model_admin.admin_site, request, "meanwhile.Run", job.group)
            job.mw_why = why_waiting(job, now=now, using=using, alive=alive, is_paused=is_paused).text
        self.result_list = jobs


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Jobs: read-only but for the operations."""

    detail_template = "admin/meanwhile/job.html"
    list_display = ("named", "state_badge", "why", "due", "run", "failed_tries")
    list_filter = (StateFilter, KindFilter, PriorityFilter)
    search_fields = ("name",)
    search_help_text = gettext_lazy("Number, part of the name, serial key, or id of the run.")
    actions = ("retry", "retry_from_step", "run_now", "skip", "cancel")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002 - Django's signature
        """Return the list with reasons and runs."""
        return JobList

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002 - Django's signature
        queryset: QuerySet[Any],
        search_term: str,
    ) -> tuple[Any, bool]:
        """Search by index where what is typed looks like a number or an id."""
        return search_jobs(queryset, search_term), False

    @admin.display(description=gettext_lazy("job"))
    def named(self, job: Job) -> str:
        """The job's number and name."""
        return str(job)

    @admin.display(description=gettext_lazy("state"))
    def state_badge(self, job: Job) -> SafeString:
        """The state."""
        return badge(job.state, State(job.state).label)

    @admin.display(description=gettext_lazy("failed tries"))
    def failed_tries(self, job: Job) -> str:
        """How often the current step failed."""
        return str(job.attempts or "")

    @admin.display(description=gettext_lazy("why it waits, or failed"))
    def why(self, job: Any) -> str:
        """Why it waits, and the error of its last try, on one line."""
        if not job.error:
            return str(job.mw_why)
        return format_html('{} <span class="mw-error">{}</span>', job.mw_why, brief(job.error))

    @admin.display(description=gettext_lazy("run"))
    def run(self, job: Any) -> str:
        """What the job belongs to."""
        return link(job.mw_run_url, str(job.mw_run)) if job.mw_run else job.group

    @admin.action(description=gettext_lazy("Retry: go on at the step that failed"), permissions=["operate"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Retry the chosen jobs."""
        self._operate(request, queryset.values_list("pk", flat=True), "retry")

    @admin.action(description=gettext_lazy("Run now"), permissions=["operate"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Make the chosen jobs due."""
        self._operate(request, queryset.values_list("pk", flat=True), "run_now")

    @admin.action(description=gettext_lazy("Skip: end without doing the rest"), permissions=["operate"])
    def skip(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Skip the chosen jobs."""
        self._operate(request, queryset.values_list("pk", flat=True), "skip")

    @admin.action(description=gettext_lazy("Cancel"), permissions=["operate"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Cancel the chosen jobs."""
        self._operate(request, queryset.values_list("pk", flat=True), "cancel")

    @admin.action(description=gettext_lazy("Retry from a step …"), permissions=["operate"])
    def retry_from_step(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Ask from which step of each chosen job, then retry them."""
        jobs = list(queryset.order_by("pk"))
        choices = [(job, steps) for job in jobs if (steps := steps_to_go_on_from(job))]
        if "apply" in request.POST:
            chosen = {job.pk: request.POST.get(f"step_{job.pk}", "") for job, _steps in choices}
            self._operate(
                request, [pk for pk, path in chosen.items() if path], RETRY_FROM, partial(_retry_from, chosen)
            )
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Retry from a step"),
            "opts": self.opts,
            "media": self.media,
            "choices": choices,
            "others": [job for job in jobs if job not in {job for job, _steps in choices}],
        }
        return TemplateResponse(request, "admin/meanwhile/retry_from_step.html", context)

    def details(self, request: HttpRequest, found: Job) -> dict[str, Any]:
        """Return the job's steps, reason, run and what can be done to it."""
        using = conf.get().database
        run = runs_of_jobs([found], using=using).get(found.group)
        return {
            "state_badge": badge(found.state, State(found.state).label),
            "why": why_waiting(found, now=timezone.now(), using=using).text,
            "steps": rows_of_job(found, using),
            "payload": pretty_json(without_sensitive(found.payload)),
            "result": "" if found.result is None else pretty_json(found.result),
            "run": run,
            "run_url": admin_url(self.admin_site, request, "meanwhile.Run", found.group) if run else "",
            "operations": offered_for(found, timezone.now()) if self.has_operate_permission(request) else [],
            "steps_to_go_on_from": steps_to_go_on_from(found) if self.has_operate_permission(request) else [],
        }

    def operate(self, request: HttpRequest, found: Job) -> HttpResponse:
        """Do what a button of the job's page says."""
        if not self.has_operate_permission(request):
            raise PermissionDenied
        name = request.POST.get("operation", "")
        if name == RETRY_FROM:
            chosen = {found.pk: request.POST.get("step", "")}
            self._operate(request, [found.pk], name, partial(_retry_from, chosen))
        elif name in BY_NAME:
            self._operate(request, [found.pk], name)
        return HttpResponseRedirect(request.path)

    def _operate(
        self, request: HttpRequest, ids: Iterable[int], name: str, do: Callable[..., Job] | None = None
    ) -> None:
        def log(request: HttpRequest, job: Job) -> None:
            self.log_change(request, job, [{"changed": {"object": name}}])

        operate_each(request, list(ids), do or BY_NAME[name].do, using=conf.get().database, log=log)


def _retry_from(chosen: dict[int, str], job_id: int, *, using: str) -> Job:
    return control.retry_from(job_id, chosen[job_id], using=using)
