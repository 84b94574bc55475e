"""Make a tree: on an event of a record type, or as a copy of another one."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from meanwhile.exceptions import MeanwhileError, UnknownTree
from meanwhile.studio import access, drafts, kinds
from meanwhile.studio.catalogue import NO_RECORD
from meanwhile.studio.edit import EVERY_MORNING
from meanwhile.studio.errors import EditProblem
from meanwhile.studio.permissions import EDIT, require
from meanwhile.studio.record_links import type_name
from meanwhile.studio.views.base import StudioView
from meanwhile.trees import registry

FIRST_EVENT = "saved"
WITHOUT_RECORD = ("called", "scheduled")
"""The events that may come without a record; all others are something that happens to one."""


class TreeNewView(StudioView):
    """A form with the name, the record type and the event; ``?from=`` names a tree to copy instead."""

    template_name = "meanwhile/studio/tree_new.html"
    section = "record-types"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Show the form."""
        require(request.user, EDIT)
        return self._page(request.GET)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Make the tree and open it in the editor."""
        require(request.user, EDIT)
        try:
            tree = self._copy(request) if request.POST.get("from") else self._make(request)
        except MeanwhileError as error:
            return self._page(request.POST, str(error), status=422)
        return HttpResponseRedirect(reverse(f"{self.space}:tree", args=[tree.key]))

    def _make(self, request: HttpRequest) -> Any:
        given = request.POST
        event = _event(given.get("event", ""), given.get("model", ""))
        return drafts.create_tree(
            given.get("name", ""), event, by=request.user, description=given.get("description", "")
        )

    def _copy(self, request: HttpRequest) -> Any:
        return drafts.copy_tree(request.POST["from"], by=request.user)

    def _page(self, given: Any, problem: str = "", status: int = 200) -> HttpResponseBase:
        label, source = given.get("model", ""), given.get("from", "")
        context = {
            "given": given,
            "problem": problem,
            "label": label,
            "type_name": type_name(label) if label and label != NO_RECORD else "",
            "no_record": NO_RECORD,
            "without_record": WITHOUT_RECORD,
            "events": kinds.events(),
            "event": given.get("event") or (WITHOUT_RECORD[0] if label == NO_RECORD else FIRST_EVENT),
            "types": [(one._meta.label, str(capfirst(one._meta.verbose_name))) for one in access.record_types()],
            "source": self._source(source) if source else None,
            "from": source,
        }
        return self.render(context, status=status)

    def _source(self, key: str) -> Any:
        stored = self.studio_tree(key)
        if stored is not None:
            if not self.may_see(key):
                raise Http404(_("There is no such tree."))
            return stored
        try:
            return registry.current().get(key)
        except UnknownTree as error:
            raise Http404(_("There is no such tree.")) from error


def _event(kind: str, model: str) -> dict[str, Any]:
    """Return the JSON of an event. Raises `EditProblem` for one that there can't be."""
    if not model:
        raise EditProblem(_("Choose a record type."))
    usual = {"cron": EVERY_MORNING} if kind == "scheduled" else {}
    if model != NO_RECORD:
        return {"event": kind, "model": model, **usual}
    if kind not in WITHOUT_RECORD:
        text = _("Without a record there are only the events “Called” and “Scheduled”. Choose one, or a record type.")
        raise EditProblem(text)
    return {"event": kind, **usual}
