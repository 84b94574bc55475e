"""The list of runs, with filters, as fast at a million of them as at ten."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django_htmx.http import push_url

from meanwhile.studio.catalogue import all_trees, types_with
from meanwhile.studio.record_links import type_name
from meanwhile.studio.run_search import Filters, find_runs, read_cursor
from meanwhile.studio.standing import standings
from meanwhile.studio.views.live import Besides, LiveView
from meanwhile.trees.models import Run, RunState


class RunsView(LiveView):
    """A page of runs, the latest first. The first page follows what happens."""

    template_name = "meanwhile/studio/runs.html"
    part_name = "meanwhile/studio/runs_part.html"
    section = "runs"
    every = 5.0

    @cached_property
    def filters(self) -> Filters:
        """What the address asks for."""
        return Filters.from_query(self.request.GET, self.visible)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer; the filters' form learns the address of what it chose, unless the page is there already."""
        response = super().get(request, *args, **kwargs)
        if self.is_live and self.htmx.source == "form#filters":
            push_url(response, self.address() if self.address() != self.htmx.current_url_abs_path else False)
        return response

    def address(self) -> str:
        """Return the address without filters that are empty."""
        query = urlencode([(name, value) for name, value in self.request.GET.items() if value])
        return f"{self.request.path}?{query}" if query else self.request.path

    def part(self) -> dict[str, Any]:
        """Return a page of runs."""
        before = read_cursor(self.request.GET.get("before", ""))
        found = find_runs(self.filters, before=before, now=self.clock.now(), using=self.using)
        return {"found": found, "rows": self._rows(found.runs), "filters": self.filters, "before": before}

    def page(self) -> dict[str, Any]:
        """Return what the filters offer."""
        return {
            "trees": self._choices([(tree.key, tree.name) for tree in self.trees], self.filters.tree),
            "types": self._choices(
                [(entry.label, entry.name) for entry in types_with(self.trees, all_open=False) if entry.label],
                self.filters.model,
            ),
            "states": RunState.choices,
        }

    def besides(self, context: dict[str, Any]) -> list[Besides]:
        """Return the link that clears the filters, too."""
        clear = render_to_string("meanwhile/studio/_clear.html", context, self.request)
        return [*super().besides(context), Besides("filters-clear", "innerHTML", clear)]

    def said(self, context: dict[str, Any]) -> str:
        """Say whether there are runs."""
        return _("Runs, the latest first") if context["rows"] else _("No run fits these filters")

    def look_again(self) -> float:
        """Follow only the first page: others lie in the past."""
        return 0 if self.request.GET.get("before") else self.every

    def _choices(self, known: list[tuple[str, Any]], chosen: str) -> list[tuple[str, Any]]:
        """Return what a filter offers, and what is chosen: its tree may be gone, and its runs still be there."""
        return known if not chosen or chosen in dict(known) else [*known, (chosen, type_name(chosen))]

    def _rows(self, runs: list[Run]) -> list[dict[str, Any]]:
        names = {tree.key: tree.name for tree in self.trees}
        known = standings(runs, now=self.clock.now(), using=self.using)
        return [
            {
                "run": run,
                "tree": names.get(run.tree, run.tree),
                "standing": known[str(run.pk)],
                "type": type_name(run.model) if run.model else "",
                "ms": (run.page_at - run.created).total_seconds() * 1000 if run.page_at else None,
            }
            for run in runs
        ]

    @cached_property
    def trees(self) -> Any:
        """The trees that the person may see."""
        return all_trees(self.visible, using=self.using)
