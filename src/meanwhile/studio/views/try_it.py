"""Try it: run the draft on a chosen record without keeping anything, step by step."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from meanwhile.exceptions import MeanwhileError
from meanwhile.received.sample import sample_body
from meanwhile.studio import access, drafts, find_records
from meanwhile.studio.awaited import awaited
from meanwhile.studio.errors import EditProblem
from meanwhile.studio.fields import DATE, MOMENT, TIME, YES_NO, FieldChoice, fields_of
from meanwhile.studio.models import StudioTree
from meanwhile.studio.permissions import EDIT
from meanwhile.studio.problems import readable_or_none
from meanwhile.studio.tried import TryOut
from meanwhile.studio.tryout import try_out
from meanwhile.studio.views.tree import OneTreeView
from meanwhile.trees.document import FORMAT
from meanwhile.trees.received_event import Received

CHANGE, PARAMETER = "set-", "param-"
"""What the names of the form's controls begin with."""

MOST_FIELDS = 60

INPUTS = {DATE: "date", MOMENT: "datetime-local", TIME: "time"}
"""The types of inputs that are no text."""


class TryView(OneTreeView):
    """A form with the record and what is typed into it, and what the tree would do then."""

    template_name = "meanwhile/studio/try.html"
    needs = EDIT

    def get(self, request: HttpRequest, key: str) -> HttpResponseBase:  # noqa: ARG002 - Django's signature
        """Show the form."""
        return self._page(request, self.tree())

    def post(self, request: HttpRequest, key: str) -> HttpResponseBase:  # noqa: ARG002 - Django's signature
        """Try it and show the form with what happened."""
        tree = self.tree()
        draft = drafts.draft_of(tree)
        try:
            body = request.POST.get("body") if "send" in request.POST else None
            record = self._record(tree, request.POST.get("record", "")) if body is None else None
            result = try_out(
                draft.document,
                record,
                by=request.user,
                tree=tree,
                changes=_typed(request, CHANGE),
                params=_typed(request, PARAMETER),
                body=body,
            )
        except MeanwhileError as error:
            return self._page(request, tree, problem=str(error))
        return self._page(request, tree, result=result)

    def _record(self, tree: StudioTree, key: str) -> Any:
        if not tree.model:
            return None
        if not key:
            raise EditProblem(_("Choose a record to try it on."))
        return find_records.record(tree.model, key, by=self.request.user)

    def _page(
        self, request: HttpRequest, tree: StudioTree, *, problem: str = "", result: TryOut | None = None
    ) -> HttpResponseBase:
        given = request.POST or request.GET
        search = given.get("search", "")
        offer, refusal = self._records(tree, search)
        records = offer.found
        options = [one for one in fields_of(tree.model) if one.settable and not one.many][:MOST_FIELDS]
        event: Any = drafts.draft_of(tree).document.get("on") or {}
        parameters = event.get("parameters") if isinstance(event, dict) else None
        context = {
            "records": records,
            "note": offer.note,
            "refusal": refusal,
            "search": search,
            "chosen": given.get("record") or (records[0][0] if records else ""),
            "fields": [(_as_control(one), given.get(f"{CHANGE}{one.name}", "")) for one in options],
            "typed": any(given.get(f"{CHANGE}{one.name}") for one in options),
            "parameters": [
                (name, kind, given.get(f"{PARAMETER}{name}", ""))
                for name, kind in (parameters if isinstance(parameters, dict) else {}).items()
            ],
            "body": self._body(event, given.get("body")),
            "awaited": awaited(str(event.get("event", "")) if isinstance(event, dict) else ""),
            "problem": problem,
            "result": result,
        }
        return self.render({**self.about(tree), **context}, status=422 if problem else 200)

    def _body(self, event: Any, given: str | None) -> str | None:
        """Return the body to try: what was typed, else a sample; None for a tree that receives none."""
        read = readable_or_none({"meanwhile": FORMAT, "name": "-", "key": "0", "on": event})
        if read is None or not isinstance(read.on, Received):
            return None
        sample = sample_body(read.on, now=self.clock.now())
        return given if given is not None else json.dumps(sample, ensure_ascii=False, indent=2)

    def _records(self, tree: StudioTree, search: str) -> tuple[find_records.Offer, str]:
        if access.find_model(tree.model) is None:
            return find_records.Offer([]), ""
        try:
            return find_records.records(tree.model, search, by=self.request.user), ""
        except (PermissionDenied, EditProblem) as error:
            return find_records.Offer([]), str(error)


def _as_control(field: FieldChoice) -> dict[str, Any]:
    """Return what the control for a field needs; a moment is typed in the project's time zone."""
    choices = field.choices
    if field.type == YES_NO and not choices:
        choices = ((True, _("yes")), (False, _("no")))
    return {
        "name": field.name,
        "label": field.label,
        "choices": choices,
        "input": INPUTS.get(field.type, "text"),
        "takes_key": bool(field.relation),
    }


def _typed(request: HttpRequest, prefix: str) -> dict[str, Any]:
    """Return what was typed; an empty control says nothing."""
    return {
        name.removeprefix(prefix): value for name, value in request.POST.items() if name.startswith(prefix) and value
    }
