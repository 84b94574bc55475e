"""One type of record: its events, the trees on each, and how they did lately."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _

from meanwhile.studio.catalogue import NO_RECORD, TypeEntry, all_trees, by_event, types_with
from meanwhile.studio.lately import lately
from meanwhile.studio.schedules import schedules_of
from meanwhile.studio.views.live import LiveView


class RecordTypeView(LiveView):
    """The trees of one type of record, by event."""

    template_name = "meanwhile/studio/record_type.html"
    part_name = "meanwhile/studio/record_type_part.html"
    section = "record-types"
    every = 10.0

    def part(self) -> dict[str, Any]:
        """Return the type with its events and trees."""
        entry = self.entry()
        known = lately([tree.key for tree in entry.trees], now=self.clock.now(), using=self.using)
        times = schedules_of([tree.key for tree in entry.trees], using=self.using)
        trees = [replace(tree, lately=known[tree.key], schedule=times.get(tree.key)) for tree in entry.trees]
        return {"type": entry, "events": by_event(trees)}

    def entry(self) -> TypeEntry:
        """Return the type of the address, if there is such a one for this person."""
        label = "" if self.kwargs["label"] == NO_RECORD else self.kwargs["label"]
        types = types_with(all_trees(self.visible, using=self.using), all_open=self.visible is None)
        found = next((entry for entry in types if entry.label.lower() == label.lower()), None)
        if found is None:
            raise Http404(_("There is no such type of record in the Studio."))
        return found
