"""A change of the editor on a draft that others may have changed since: done, done besides theirs, or left to a person.

The page says on what it was made: a revision, and the changes of its own that it had shown by then. Each change has an
id of its own, so that one whose answer got lost is not done twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from meanwhile.studio import drafts
from meanwhile.studio.bounds import check_document
from meanwhile.studio.errors import EditConflict
from meanwhile.studio.models import StudioDraft, StudioEdit, StudioTree
from meanwhile.studio.rebase import document_at, rebase, seen


@dataclass(frozen=True, slots=True)
class MadeOn:
    """What the page showed: the draft at a ``revision`` with operations ``before`` done.

    ``view`` is that draft as the page knows it; it is asked for where the server does not know it any more.
    """

    revision: int
    before: Sequence[Any] = ()
    view: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change.

    ``done``: it alone was done, or had been. ``beside``: it was there already, and so are changes of others.
    ``merged``: it was done besides ``theirs``, the draft before. ``conflict``: nothing was done; ``again`` is the
    operation that would do it now, None where what it is about is gone. ``wanted``: nothing was done, and the page is
    to say what it showed.
    """

    kind: Literal["done", "beside", "merged", "conflict", "wanted"]
    draft: StudioDraft
    theirs: StudioDraft
    select: str = ""
    label: str = ""
    again: dict[str, Any] | None = None


def make(tree: StudioTree, operation: Mapping[str, Any], on: MadeOn, *, by: Any, id: str = "") -> Outcome:  # noqa: A002
    """Do an operation, if it can be done without overwriting anything. Raises as `drafts.edit_draft` does."""
    draft = drafts.draft_of(tree)
    about = f"id:{id}"[:200] if id else ""
    if not on.before and draft.revision == on.revision:
        try:
            return _done("done", draft, drafts.edit_draft(tree, operation, revision=on.revision, by=by, about=about))
        except EditConflict:
            draft = drafts.draft_of(tree)
    if about and StudioEdit.objects.using(draft._state.db).filter(draft=draft, about=about).exists():
        exact = not on.before and draft.revision == on.revision + 1
        return Outcome("done" if exact else "beside", draft, draft, _place(operation))
    return _on_theirs(tree, draft, operation, on, by, about)


def _on_theirs(
    tree: StudioTree, draft: StudioDraft, operation: Mapping[str, Any], on: MadeOn, by: Any, about: str
) -> Outcome:
    base = document_at(tree, on.revision) or on.view
    if base is None:
        return Outcome("wanted", draft, draft)
    check_document(base)
    is_next = not on.before and draft.revision == on.revision + 1
    rebased = rebase(operation, seen(base, on.before), draft.document, is_next=is_next)
    if rebased.done:
        kind: Literal["done", "beside"] = "done" if rebased.exact else "beside"
        return Outcome(kind, draft, draft, _place(rebased.operation or operation))
    if not rebased.safe or rebased.operation is None:
        return Outcome("conflict", draft, draft, again=rebased.operation)
    try:
        change = drafts.edit_draft(tree, rebased.operation, revision=draft.revision, by=by, about=about)
    except EditConflict:  # once more somebody was faster
        return _on_theirs(tree, drafts.draft_of(tree), operation, on, by, about)
    return _done("merged", draft, change)


def _done(kind: Literal["done", "merged"], theirs: StudioDraft, change: drafts.Change) -> Outcome:
    return Outcome(kind, change.draft, theirs, change.select, change.label)


def _place(operation: Mapping[str, Any]) -> str:
    return str(operation.get("path") or operation.get("at") or "")
