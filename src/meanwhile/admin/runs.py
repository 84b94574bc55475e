"""The history in the admin: each run with its steps in time, before and after the next page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meanwhile import conf
from meanwhile.admin.display import admin_url, badge, brief, link, seconds_between
from meanwhile.admin.read_only import ReadOnlyAdmin
from meanwhile.admin.run_filters import EventFilter, ModelFilter, StartedFilter, StateFilter, TreeFilter
from meanwhile.admin.search import search_runs
from meanwhile.admin.steps import StepRow, rows_of_foreground, rows_of_job
from meanwhile.operations import BY_NAME, TO_WHOLE_RUNS, operate_each
from meanwhile.queue.models import Job
from meanwhile.queue.reasons import Reason, why_waiting
from meanwhile.queue.states import State
from meanwhile.studio.words import EVENTS
from meanwhile.trees.find import jobs_of_run
from meanwhile.trees.models import Run, RunState

if TYPE_CHECKING:
    from django.db.models import QuerySet

UNREAD = ("changes", "foreground", "error")
CHILDREN_SHOWN = 50


@dataclass(frozen=True, slots=True)
class JobPart:
    """One job in the timeline of its run."""

    job: Job
    url: str
    state: SafeString
    reason: Reason
    steps: list[StepRow]

    @property
    def why(self) -> str:
        """Why it waits."""
        return self.reason.text

    @property
    def told(self) -> bool:
        """Whether why it waits says when it is due."""
        return self.reason.code in {"not_due", "retry"}


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One field that the event changed."""

    field: str
    old: str
    new: str


class RunList(ChangeList):
    """One page of runs, without the columns that the list does not show. ``looked`` is True if only the latest ones
    were looked at."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Return the chosen runs."""
        runs = super().get_queryset(request, exclude_parameters).defer(*UNREAD)
        self.looked = any(getattr(filter_spec, "looked", False) for filter_spec in self.filter_specs)
        return runs

    def get_results(self, request: HttpRequest) -> None:
        """Read the page; each run gets the address of its record."""
        super().get_results(request)
        runs: list[Any] = list(self.result_list)
        for run in runs:
            run.mw_record_url = admin_url(self.model_admin.admin_site, request, run.model, run.record_pk)
        self.result_list = runs


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Runs: read-only but for what can be done to their jobs."""

    detail_template = "admin/meanwhile/run.html"
    list_display = ("tree", "event_name", "record", "person", "state_badge", "created", "foreground_time", "open_jobs")
    list_filter = (StartedFilter, StateFilter, TreeFilter, EventFilter, ModelFilter)
    search_fields = ("record_pk",)
    search_help_text = gettext_lazy("Key of a record (or app.Model:key), name of a person, or id of a run.")
    actions = ("retry", "cancel")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002 - Django's signature
        """Return the list with links to the records."""
        return RunList

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002 - Django's signature
        queryset: QuerySet[Any],
        search_term: str,
    ) -> tuple[Any, bool]:
        """Search by the indexes of the history."""
        return search_runs(queryset, search_term), False

    @admin.display(description=gettext_lazy("event"))
    def event_name(self, run: Run) -> str:
        """The event, in words."""
        return str(EVENTS.get(run.event, run.event))

    @admin.display(description=gettext_lazy("record"))
    def record(self, run: Any) -> str:
        """The record, with a link to its own page in the admin."""
        return link(run.mw_record_url, f"{run.model} {run.record_pk}") if run.model else "–"

    @admin.display(description=gettext_lazy("person"))
    def person(self, run: Run) -> str:
        """Who it was done for."""
        return run.actor_name or "–"

    @admin.display(description=gettext_lazy("state"))
    def state_badge(self, run: Run) -> SafeString:
        """The state."""
        return badge(run.state, RunState(run.state).label)

    @admin.display(description=gettext_lazy("foreground"))
    def foreground_time(self, run: Run) -> str:
        """How long the person waited for it."""
        return seconds_between(run.created, run.page_at) or "–"

    @admin.action(description=gettext_lazy("Retry the failed jobs"), permissions=["operate"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Retry the failed jobs of the chosen runs."""
        self._operate(request, queryset, "retry")

    @admin.action(description=gettext_lazy("Cancel all jobs that are not done"), permissions=["operate"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Cancel the open and failed jobs of the chosen runs."""
        self._operate(request, queryset, "cancel")

    def details(self, request: HttpRequest, found: Run) -> dict[str, Any]:
        """Return the run's timeline, its changes, its relatives and what can be done."""
        using, url = conf.get().database, partial(admin_url, self.admin_site, request)
        jobs = list(jobs_of_run(found, using=using))
        runs = Run.objects.using(using)
        parent = runs.filter(pk=found.parent_id).first() if found.parent_id else None
        children = runs.filter(parent_id=found.pk).defer(*UNREAD).order_by("pk")[:CHILDREN_SHOWN]
        states = {job.state for job in jobs}
        may_operate = self.has_operate_permission(request)
        return {
            "state_badge": badge(found.state, RunState(found.state).label),
            "event": self.event_name(found),
            "record_url": url(found.model, found.record_pk),
            "version_url": url("meanwhile.TreeVersion", found.version_id),
            "foreground": rows_of_foreground(found),
            "foreground_time": seconds_between(found.created, found.page_at),
            "jobs": [self._part(job, url("meanwhile.Job", job.pk), using) for job in jobs],
            "changes": rows_of_changes(found),
            "parent": parent,
            "parent_url": url("meanwhile.Run", parent.pk) if parent else "",
            "children": [(child, url("meanwhile.Run", child.pk)) for child in children],
            "may_retry": may_operate and not states.isdisjoint(TO_WHOLE_RUNS["retry"]),
            "may_cancel": may_operate and not states.isdisjoint(TO_WHOLE_RUNS["cancel"]),
        }

    def operate(self, request: HttpRequest, found: Run) -> HttpResponse:
        """Do what a button of the run's page says."""
        if not self.has_operate_permission(request):
            raise PermissionDenied
        name = request.POST.get("operation", "")
        if name in TO_WHOLE_RUNS:
            self._operate(request, [found], name)
        return HttpResponseRedirect(request.path)

    def _part(self, job: Job, url: str, using: str) -> JobPart:
        reason = why_waiting(job, now=timezone.now(), using=using)
        return JobPart(job, url, badge(job.state, State(job.state).label), reason, rows_of_job(job, using))

    def _operate(self, request: HttpRequest, runs: Any, name: str) -> None:
        using = conf.get().database
        groups = [str(run.pk) for run in runs]
        jobs = Job.objects.using(using).filter(group__in=groups, state__in=TO_WHOLE_RUNS[name]).order_by("pk")
        ids = list(jobs.values_list("pk", flat=True))

        def log(request: HttpRequest, job: Job) -> None:
            self.log_change(request, job, [{"changed": {"object": name}}])

        operate_each(request, ids, BY_NAME[name].do, using=using, log=log)


def rows_of_changes(run: Run) -> list[ChangeRow]:
    """Return what the event changed, by field; a value that was too long for the history is said to be."""
    old, new = run.changes.get("old", {}), run.changes.get("new", {})
    names = {name for side in (old, new) for part in ("values", "cut") for name in side.get(part, ())}
    return [ChangeRow(name, _value(old, name), _value(new, name)) for name in sorted(names)]


def _value(side: dict[str, Any], name: str) -> str:
    if name in side.get("cut", ()):
        return _("(too long to be kept)")
    if name not in side.get("values", {}):
        return "–"
    value = side["values"][name]
    return _("(empty)") if value in (None, "") else brief(value, 500)
