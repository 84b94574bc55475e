"""A tree that is written in Python: to read, and to copy into one that can be changed in the browser."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from meanwhile.exceptions import UnknownTree
from meanwhile.studio.lately import lately
from meanwhile.studio.outline import outline
from meanwhile.studio.record_links import type_name
from meanwhile.studio.schedules import schedules_of
from meanwhile.studio.views.schedule import RunsNow
from meanwhile.studio.wording import event_in_words
from meanwhile.trees import registry
from meanwhile.trees.document import EventTree
from meanwhile.trees.scheduled_event import Scheduled


class PythonTreeView(RunsNow):
    """A tree in Python."""

    template_name = "meanwhile/studio/python_tree.html"
    section = "record-types"

    def may_enter(self) -> bool:
        """Whoever may see all trees may see those in Python, which no object-level backend knows."""
        return self.visible is None

    def get(self, request: HttpRequest, key: str) -> HttpResponseBase:  # noqa: ARG002 - Django's signature
        """Show it."""
        tree: Any = self._tree(key)
        return self.render(
            {
                "tree": tree,
                "module": registry.current().module_of(key) or "Python",
                "type_name": type_name(tree.on.model) if tree.on.model else "",
                "event": tree.on.event,
                "words": capfirst(event_in_words(tree.on.as_json())) if tree.on.event == "scheduled" else "",
                "schedule": schedules_of([key], using=self.using).get(key),
                "lines": outline(tree),
                "lately": lately([key], now=self.clock.now(), using=self.using)[key],
            }
        )

    def post(self, request: HttpRequest, key: str) -> HttpResponseBase:
        """Have a scheduled tree run now; any other takes nothing."""
        if not isinstance(self._tree(key).on, Scheduled):
            return HttpResponseNotAllowed(["GET", "HEAD", "OPTIONS"])
        return self.run_now(request, key)

    def _tree(self, key: str) -> EventTree:
        try:
            tree = registry.current().get(key)
        except UnknownTree as error:
            raise Http404(_("There is no such tree.")) from error
        if self.studio_tree(key) is not None:
            raise Http404(_("This tree is in the Studio."))
        return tree
