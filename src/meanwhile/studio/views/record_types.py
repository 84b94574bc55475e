"""The first page: the types of record, with how many trees each has and how they did lately."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from meanwhile.studio.catalogue import TypeEntry, all_trees, types_with
from meanwhile.studio.lately import lately, summed
from meanwhile.studio.views.live import LiveView


class RecordTypesView(LiveView):
    """The types of record that have trees, and those that may have some."""

    template_name = "meanwhile/studio/record_types.html"
    part_name = "meanwhile/studio/record_types_part.html"
    section = "record-types"
    every = 10.0

    def part(self) -> dict[str, Any]:
        """Return the types of record."""
        types = self.types()
        return {
            "types": [entry for entry in types if entry.trees],
            "others": [entry for entry in types if not entry.trees],
            "together": summed(entry.lately for entry in types),
        }

    def types(self) -> list[TypeEntry]:
        """Return all types of record, their trees with how they did."""
        trees = all_trees(self.visible, using=self.using)
        known = lately([tree.key for tree in trees], now=self.clock.now(), using=self.using)
        with_numbers = [replace(tree, lately=known[tree.key]) for tree in trees]
        return types_with(with_numbers, all_open=self.visible is None)
