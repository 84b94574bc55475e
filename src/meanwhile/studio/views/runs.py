"""The list of runs, with filters, as fast at a million of them as at ten."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from meanwhile.studio.catalogue import all_trees, types_with
from meanwhile.studio.record_links import type_name
from meanwhile.studio.run_search import Filters, find_runs, read_cursor
from meanwhile.studio.standing import standings
from meanwhile.studio.views.live import LiveView
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

    def part(self) -> dict[str, Any]:
        """Return a page of runs."""
        before = read_cursor(self.request.GET.get("before", ""))
        found = find_runs(self.filters, before=before, now=self.clock.now(), using=self.using)
        return {"found": found, "rows": self._rows(found.runs), "filters": self.filters, "before": before}

    def page(self) -> dict[str, Any]:
        """Return what the filters offer."""
        return {
            "trees": self.trees,
            "types": [entry for entry in types_with(self.trees, all_open=False) if entry.label],
            "states": RunState.choices,
        }

    def look_again(self) -> float:
        """Follow only the first page: others lie in the past."""
        return 0 if self.request.GET.get("before") else self.every

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
