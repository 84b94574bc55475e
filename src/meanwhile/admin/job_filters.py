"""The filters of the list of jobs. Their choices cost no query over the jobs."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


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
