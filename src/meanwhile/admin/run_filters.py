"""The filters of the list of runs. Their choices come from the few tree versions, never from the many runs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meanwhile import conf
from meanwhile.queue.index_order import in_index_order
from meanwhile.studio.run_search import COMMON, LOOK
from meanwhile.studio.run_walks import EARLIEST, LATEST, RunList, walks_of
from meanwhile.studio.words import EVENTS
from meanwhile.trees.models import RunState, TreeVersion
from meanwhile.trees.prune import first_id

if TYPE_CHECKING:
    from uuid import UUID

SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}


class _ByTree(admin.SimpleListFilter):
    """A filter by a fact about trees, which is at ``path`` of a version; the index of runs by tree serves it."""

    path = ""

    @classmethod
    def facts(cls) -> set[tuple[str, str]]:
        """Return (key of the tree, its fact) of all versions."""
        versions = TreeVersion.objects.using(conf.get().database).order_by()
        return {(key, str(fact or "")) for key, fact in versions.values_list("key", cls.path).distinct()}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's signature
        """Return the facts that there are."""
        return [(fact, fact) for fact in sorted({fact for _key, fact in self.facts()}) if fact]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the runs of the trees that all filters of this kind mean: no database can tell that two of them have
        no tree in common, and would look through all runs of one."""
        if not self.value():
            return queryset
        return queryset.filter(tree__in=trees_asked_for(request))


class TreeFilter(_ByTree):
    """By tree."""

    title = gettext_lazy("tree")
    parameter_name = "tree"
    path = "key"


class EventFilter(_ByTree):
    """By the event of the tree."""

    title = gettext_lazy("event")
    parameter_name = "event"
    path = "document__on__event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the events that there are, in words."""
        return [(event, str(EVENTS.get(event, event))) for event, _same in super().lookups(request, model_admin)]


class ModelFilter(_ByTree):
    """By the type of record that the tree is for."""

    title = gettext_lazy("record type")
    parameter_name = "model"
    path = "document__on__model"


BY_TREE: tuple[type[_ByTree], ...] = (TreeFilter, EventFilter, ModelFilter)


def trees_asked_for(request: HttpRequest) -> list[str] | None:
    """Return the keys of the trees that all filters by a fact about trees mean, None if there is no such filter."""
    asked = [(one, value) for one in BY_TREE if (value := request.GET.get(str(one.parameter_name)))]
    if not asked:
        return None
    return sorted(set.intersection(*({key for key, fact in one.facts() if fact == value} for one, value in asked)))


class StateFilter(admin.SimpleListFilter):
    """By state. Together with a tree it shows those among the latest runs: no index has both, and no database knows
    which trees fail how often. ``looked`` is True if there are runs behind them."""

    title = gettext_lazy("state")
    parameter_name = "state__exact"
    looked = False

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Return the states."""
        return [(state.value, str(state.label)) for state in RunState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the runs of the state."""
        state = self.value()
        if state not in RunState.values:
            return queryset
        trees = trees_asked_for(request)
        return (
            queryset.filter(state=state) if trees is None else queryset.filter(pk__in=self._of(trees, state, request))
        )

    def _of(self, trees: list[str], state: str, request: HttpRequest) -> list[UUID]:
        using, span = conf.get().database, SPANS.get(request.GET.get(str(StartedFilter.parameter_name), ""))
        since = first_id(timezone.now() - span) if span else EARLIEST
        by_tree = [RunList(("tree",), (tree,)) for tree in trees]
        lists = by_tree if state in COMMON else [RunList(("state",), (state,))]
        walks = walks_of(lists, since, LATEST, using=using, look=LOOK)
        wanted = set(trees)
        with in_index_order(using):
            found = [row[0] for walk in walks for row in walk if row[1] in wanted and row[2] == state]
        self.looked = any(walk.ended_early for walk in walks)
        return found


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
