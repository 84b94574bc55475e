"""The filters of the list of runs. Their choices come from the few tree versions, never from the many runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meanwhile import conf
from meanwhile.trees.models import TreeVersion
from meanwhile.trees.prune import first_id

SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}


class _ByTree(admin.SimpleListFilter):
    """A filter whose choices are a fact about trees; the index of runs by tree serves it."""

    def facts(self) -> set[tuple[str, str]]:
        """Return (key of the tree, its fact) of all versions."""
        versions = TreeVersion.objects.using(conf.get().database)
        return {(version.key, self.fact_of(version)) for version in versions.only("key", "document")}

    def fact_of(self, version: TreeVersion) -> str:
        """Return the fact about one version."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's signature
        """Return the facts that there are."""
        return [(fact, fact) for fact in sorted({fact for _key, fact in self.facts()}) if fact]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Return the runs of the trees with this fact."""
        if not self.value():
            return queryset
        return queryset.filter(tree__in=[key for key, fact in self.facts() if fact == self.value()])


class TreeFilter(_ByTree):
    """By tree."""

    title = gettext_lazy("tree")
    parameter_name = "tree"

    def fact_of(self, version: TreeVersion) -> str:
        """Return the key."""
        return version.key


class EventFilter(_ByTree):
    """By the event of the tree."""

    title = gettext_lazy("event")
    parameter_name = "event"

    def fact_of(self, version: TreeVersion) -> str:
        """Return the event."""
        return str(version.document.get("on", {}).get("event", ""))


class ModelFilter(_ByTree):
    """By the type of record that the tree is for."""

    title = gettext_lazy("record type")
    parameter_name = "model"

    def fact_of(self, version: TreeVersion) -> str:
        """Return the label of the model."""
        return str(version.document.get("on", {}).get("model") or "")


class StartedFilter(admin.SimpleListFilter):
    """By when they started: an id begins with the time, so this reads one end of the primary key."""

    title = gettext_lazy("started")
    parameter_name = "started"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Return four spans up to now."""
        return [
            ("hour", _("in the last hour")),
            ("day", _("in the last 24 hours")),
            ("week", _("in the last 7 days")),
            ("month", _("in the last 30 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Return the runs that started in the span."""
        span = SPANS.get(self.value() or "")
        return queryset.filter(pk__gte=first_id(timezone.now() - span)) if span else queryset
