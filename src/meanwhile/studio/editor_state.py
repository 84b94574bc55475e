"""What the tree editor shows, as JSON: the rows of the tree, its problems, the form of the selected node."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from meanwhile.studio import drafts, fields, lookups, places
from meanwhile.studio.describe import menu, naming_of, rows, title_of
from meanwhile.studio.errors import EditProblem
from meanwhile.studio.forms import NodeForm, form_of, model_of, value_kinds
from meanwhile.studio.models import StudioDraft, StudioEdit, StudioTree
from meanwhile.studio.problems import Found, problems_of
from meanwhile.studio.wording import event_in_words
from meanwhile.trees.scheduled_event import Scheduled

FIELD_TYPES = (
    fields.TEXT, fields.NUMBER, fields.FLOAT, fields.YES_NO, fields.DATE, fields.MOMENT, fields.TIME, fields.DURATION,
    fields.RELATION, fields.JSON, fields.OTHER,
)  # fmt: skip
MOST_NEWS = 5


def state_of(tree: StudioTree, draft: StudioDraft, *, select: str = "", label: str = "") -> dict[str, Any]:
    """Return all that the editor shows of a draft. ``select`` is the path of the node whose form is wanted."""
    problems = problems_of(draft.document, tree)
    undo, redo = drafts.undo_labels(draft)
    form = form_json(draft.document, select)
    return {
        "revision": draft.revision,
        "select": form["path"],
        "label": label,
        "name": str(draft.document.get("name") or tree.name),
        "event": event_in_words(draft.document.get("on")),
        "eventKind": _event_kind(draft.document),
        "model": model_of(draft.document),
        "parameters": _parameters(draft.document),
        "kinds": value_kinds(draft.document),
        "document": draft.document,
        "rows": [compact(row) for row in rows(draft.document, problems)],
        "problems": [_problem(found) for found in problems],
        "undo": undo,
        "redo": redo,
        "form": form,
        "standing": standing(tree, draft),
        "edited": edited(draft),
    }


def form_json(document: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return the form of the node at a path as JSON, of the tree itself if there is no such node."""
    try:
        form = form_of(document, path)
    except EditProblem:
        form = form_of(document, "")
    return _form(form, document)


def standing(tree: StudioTree, draft: StudioDraft) -> dict[str, Any]:
    """Return what is published of a tree, and whether the draft says anything else."""
    published = tree.published
    return {
        "number": published.number if published else 0,
        "changed": published is None or drafts.canonical(draft.document) != published.document,
        "enabled": tree.enabled,
        "retired": tree.retired,
    }


def edited(draft: StudioDraft) -> dict[str, str]:
    """Return who edited a draft last, and when."""
    moment = timezone.localtime(draft.edited)
    return {
        "by": str(draft.edited_by or ""),
        "at": moment.isoformat(),
        "text": date_format(moment, "SHORT_DATETIME_FORMAT"),
    }


def news(draft: StudioDraft, since: int) -> list[str]:
    """Return what was done to a draft after a revision and until it was as it is given, the latest last."""
    edits = StudioEdit.objects.using(draft._state.db).filter(draft=draft, revision__gt=since)
    edits = edits.filter(revision__lte=draft.revision).order_by("-revision")
    return [edit.label for edit in reversed(edits[:MOST_NEWS]) if edit.label]


def choices() -> dict[str, Any]:
    """Return what does not depend on the tree: the menu New, and what can be asked of each type of field."""
    return {
        "menu": [compact(group) for group in menu()],
        "operators": {kind: fields.operators_for(kind) for kind in FIELD_TYPES},
        "lookups": {kind: [dataclasses.asdict(one) for one in lookups.lookups_for(kind)] for kind in FIELD_TYPES},
        "people": settings.AUTH_USER_MODEL,
    }


def field_choices(label: str) -> list[dict[str, Any]]:
    """Return the fields of a record type, for pickers."""
    return [compact(choice) for choice in fields.fields_of(label)]


def compact(part: Any) -> Any:
    """Return a dataclass as JSON, without what is empty: pages are told of hundreds of these."""
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        values = ((field.name, getattr(part, field.name)) for field in dataclasses.fields(part))
        return {name: compact(value) for name, value in values if value not in ("", None, (), [], False, {})}
    if isinstance(part, list | tuple):
        return [compact(item) for item in part]
    if isinstance(part, Promise):
        return str(part)
    return dict(part) if isinstance(part, Mapping) else part


def _form(form: NodeForm, document: Mapping[str, Any]) -> dict[str, Any]:
    written = compact(form)
    for shown, field in zip(written["fields"], form.fields, strict=True):
        _keep_value(shown, field.value)
        for inner, row in zip(shown.get("rows", ()), field.rows, strict=True):
            _keep_value(inner, row.value)
    return {**written, "path": form.path, "names": fields.names_before(document, form.path) if form.path else {}}


def _keep_value(shown: dict[str, Any], value: Any) -> None:
    """Leave a value as it is in the draft: an empty one is one, too."""
    if value is not None:
        shown["value"] = value


def _problem(found: Found) -> dict[str, Any]:
    return {**compact(found), "path": found.path, "fix": found.fix}


def _parameters(document: Mapping[str, Any]) -> dict[str, str]:
    on = document.get("on")
    if _event_kind(document) == "scheduled":
        return dict(Scheduled.parameters)
    declared = on.get("parameters") if isinstance(on, Mapping) else None
    return {str(name): str(kind) for name, kind in declared.items()} if isinstance(declared, Mapping) else {}


def _event_kind(document: Mapping[str, Any]) -> str:
    on = document.get("on")
    kind = on.get("event") if isinstance(on, Mapping) else ""
    return kind if isinstance(kind, str) else ""


def title_at(document: Mapping[str, Any], path: str) -> str:
    """Return what people read for the node at a path."""
    if not path:
        return _("the tree")
    try:
        return title_of(places.node_at(document, path), naming_of(document))
    except EditProblem:
        return path
