"""The filters of the list of jobs. Their choices cost no query over the jobs.

Each state has an index with its jobs in one order, which the list then has (`order_of`). No index serves the kind, nor
the priority unless the jobs wait, nor a part of the name: with those only the latest jobs are looked at, the latest
first (`search.latest_numbers`).
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meanwhile.admin.search import is_part_of_name
from meanwhile.queue.claim import CLAIMABLE
from meanwhile.queue.models import Job
from meanwhile.queue.overview import HELD, RUNNING
from meanwhile.queue.states import ENDED, State

MOST_RUNNING = 5000
HELD_BACK = "held"

# Conditions of partial indexes, letter by letter (see `queue.sql`).
CONDITIONS: dict[str, str] = {
    State.READY: CLAIMABLE,
    HELD_BACK: HELD,
    **{state: f"state = '{state}' AND finished IS NOT NULL" for state in ENDED},
}


class StateFilter(admin.SimpleListFilter):
    """By state; of the waiting jobs those that an earlier one of their record holds back stand apart."""

    title = gettext_lazy("state")
    parameter_name = "state__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's signature
        """Return the states."""
        states = [(state.value, str(state.label)) for state in State]
        return [states[0], (HELD_BACK, _("held back")), *states[1:]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the jobs of the state, by its index unless only the latest ones are looked at."""
        state = self.value()
        if state == State.RUNNING:
            running = Job.objects.using(queryset.db).extra(where=[RUNNING]).order_by("lease_until")  # noqa: S610 - a constant
            return queryset.filter(pk__in=running.values("pk")[:MOST_RUNNING])
        if state not in {HELD_BACK, *State.values}:
            return queryset
        return _of_latest(queryset, state) if looks_at_latest(request) else queryset.extra(where=[CONDITIONS[state]])  # noqa: S610


class KindFilter(admin.SimpleListFilter):
    """By the kind of work: those kinds that something installed handles."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's signature
        """Return the kinds."""
        kinds = sorted(apps.get_app_config("meanwhile").handlers)  # type: ignore[attr-defined]
        return [(kind, kind) for kind in kinds] + [("other", _("not installed any more"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Return the jobs of the kind."""
        if self.value() == "other":
            return queryset.exclude(kind__in=[kind for kind, _title in self.lookup_choices])
        return queryset.filter(kind=self.value()) if self.value() else queryset


class PriorityFilter(admin.SimpleListFilter):
    """By priority: higher or lower than usual."""

    title = gettext_lazy("priority")
    parameter_name = "priority"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Return three ranges."""
        return [("high", _("above 0")), ("usual", "0"), ("low", _("below 0"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Return the jobs of the range."""
        match self.value():
            case "high":
                return queryset.filter(priority__gt=0)
            case "usual":
                return queryset.filter(priority=0)
            case "low":
                return queryset.filter(priority__lt=0)
        return queryset


def order_of(request: HttpRequest) -> list[str]:
    """Return the order of the list: waiting jobs as they will start, ended ones by their end, else the latest first."""
    state = request.GET.get(StateFilter.parameter_name)
    if looks_at_latest(request):
        return ["-pk"]
    if state == State.READY:
        return ["-priority", "due", "pk"]
    if state == HELD_BACK:
        return ["due", "pk"]
    return ["-finished", "-pk"] if state in ENDED else ["-pk"]


def looks_at_latest(request: HttpRequest) -> bool:
    """Say whether a filter is set that no index serves."""
    waiting = request.GET.get(StateFilter.parameter_name) == State.READY
    return bool(
        request.GET.get(KindFilter.parameter_name)
        or (request.GET.get(PriorityFilter.parameter_name) and not waiting)
        or is_part_of_name(request.GET.get(SEARCH_VAR, ""))
    )


def _of_latest(jobs: QuerySet[Any], state: str) -> QuerySet[Any]:
    # Held or not by a comparison that is no index's condition: that index would be read from end to end.
    if state == State.READY:
        return jobs.filter(state=state, held__lt=1)
    return jobs.filter(state=State.READY, held__gt=0) if state == HELD_BACK else jobs.filter(state=state)
