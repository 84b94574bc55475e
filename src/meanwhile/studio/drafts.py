"""Drafts: made, changed by operations, saved as they are typed, undone and redone. Two people never overwrite another.

Every change says which ``revision`` it was made on. If the draft has moved on since, nothing is changed and
`EditConflict` tells who was faster, and what the draft says now.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from meanwhile import conf
from meanwhile.exceptions import UnknownTree
from meanwhile.studio import access, loading
from meanwhile.studio.bounds import check_depth, check_document
from meanwhile.studio.edit import Edited, Operation, perform
from meanwhile.studio.errors import EditConflict, EditProblem
from meanwhile.studio.models import StudioDraft, StudioEdit, StudioTree
from meanwhile.studio.naming import InWords, naming_of
from meanwhile.studio.permissions import EDIT, VIEW, require
from meanwhile.studio.problems import readable_or_none
from meanwhile.trees import registry
from meanwhile.trees.document import FORMAT, key_of
from meanwhile.trees.runner import current_clock

MOST_EDITS = 200
FEWEST_EDITS = 20
BYTES_OF_EDITS = 5_000_000
"""How many states are kept for undo, and how much they may take together: of large documents there are fewer."""

MERGED_WITHIN = timedelta(seconds=10)
"""Edits of one place by one person that follow one another so soon are one for undo: somebody is typing."""


@dataclass(frozen=True, slots=True)
class Change:
    """A draft after a change: the path of the node to select ("" for the tree), and what was done in words."""

    draft: StudioDraft
    select: str = ""
    label: str = ""


def create_tree(name: str, event: Mapping[str, Any], *, by: Any, key: str = "", description: str = "") -> StudioTree:
    """Make a tree with an empty draft. ``event`` is its JSON: ``{"event": "saved", "model": "shop.Booking"}``.

    Without a ``key`` one is made of the name. Raises `EditProblem` for a name or key that can't be used and for a
    record type that is closed, `PermissionDenied`.
    """
    require(by, EDIT)
    document: dict[str, Any] = {"meanwhile": FORMAT, "name": name.strip(), "key": key, "on": dict(event), "do": []}
    if description:
        document["description"] = description
    return make(document, by=by)


def copy_tree(key: str, *, by: Any) -> StudioTree:
    """Make a tree that is a copy of another one, in Python or of the Studio, with a name and a key of its own.

    Both run. Raises `UnknownTree`, `PermissionDenied`.
    """
    require(by, EDIT)
    document, in_python = _document_of(key, by)
    name = _("%(name)s (copy)") % {"name": document.get("name", key)}
    return make({**document, "name": name[:200], "key": ""}, by=by, copied_from=key if in_python else "")


def delete_tree(tree: StudioTree, *, by: Any) -> None:
    """Delete a tree that was never published. Raises `EditProblem` for any other: that one is retired."""
    require(by, EDIT, tree)
    if tree.versions.exists():
        raise EditProblem(_("A tree that was published is not deleted, because its runs refer to it: retire it."))
    tree.delete()


def draft_of(tree: StudioTree) -> StudioDraft:
    """Return the draft of a tree as it is stored now, with who edited it."""
    return StudioDraft.objects.using(_using()).select_related("edited_by", "tree").get(tree=tree)


def edit_draft(tree: StudioTree, operation: Operation, *, revision: int, by: Any, about: str = "") -> Change:
    """Do an operation of the editor (`edit`) to a draft. ``about`` is kept with the edit where it has none of its own.

    Raises `EditConflict`, `EditProblem`, `PermissionDenied`.
    """
    require(by, EDIT, tree)
    check_depth(operation)
    with transaction.atomic(using=_using()):
        draft = locked(tree, revision)
        edited = perform(draft.document, operation, InWords(naming_of(draft.document)))
        return keep(draft, replace(edited, about=edited.about or about), by)


def save_document(
    tree: StudioTree, document: Any, *, revision: int, by: Any, label: str = "", select: str = ""
) -> Change:
    """Save a whole document, which may be half done or wrong, but not too large. Raises as `edit_draft` does."""
    require(by, EDIT, tree)
    check_document(document)
    with transaction.atomic(using=_using()):
        draft = locked(tree, revision)
        return keep(draft, Edited(document, select, label or _("Change the tree")), by)


def undo(tree: StudioTree, *, revision: int, by: Any) -> Change:
    """Take the last edit of a draft back, whoever made it. Raises `EditProblem` if there is none, and as above."""
    return _travel(tree, -1, revision, by)


def redo(tree: StudioTree, *, revision: int, by: Any) -> Change:
    """Do the edit again that was undone last. Raises `EditProblem` if there is none, and as above."""
    return _travel(tree, 1, revision, by)


def undo_labels(draft: StudioDraft) -> tuple[str, str]:
    """Return what undo would take back and what redo would do again, each empty if there is nothing."""
    edits = dict(
        draft.edits.filter(position__in=(draft.position - 1, draft.position, draft.position + 1)).values_list(
            "position", "label"
        )
    )
    undone = edits.get(draft.position, "") if draft.position - 1 in edits else ""
    return undone, edits.get(draft.position + 1, "")


def discard_draft(tree: StudioTree, *, revision: int, by: Any) -> Change:
    """Make the draft what is published; it can be undone. Raises as `edit_draft` does."""
    require(by, EDIT, tree)
    published = tree.published
    if published is None:
        raise EditProblem(_("Nothing of this tree is published yet."))
    label = _("Back to version %(number)s") % {"number": published.number}
    return save_document(tree, published.document, revision=revision, by=by, label=label)


def has_changes(tree: StudioTree) -> bool:
    """Say whether the draft says anything else than what is published."""
    published = tree.published
    return published is None or canonical(draft_of(tree).document) != published.document


def canonical(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document as it is written by Python; one that is half done as it is."""
    tree = readable_or_none(document)
    return document if tree is None else tree.as_json()


def make(document: dict[str, Any], *, by: Any, copied_from: str = "") -> StudioTree:
    """Make a tree of a document, whose key is made of its name if it has none. Raises `EditProblem`."""
    name = document.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > 200:
        raise EditProblem(_("A tree needs a name of at most %(n)s characters.") % {"n": 200})
    model, event = _about(document)
    if model and (closed := access.closed_type(model)):
        raise EditProblem(closed.message)
    now, using = current_clock().now(), _using()
    with transaction.atomic(using=using):
        document = {**document, "meanwhile": FORMAT, "key": _free_key(document.get("key"), name)}
        check_document(document)
        tree = StudioTree.objects.using(using).create(
            key=document["key"],
            name=name,
            model=model,
            event=event,
            created=now,
            created_by=by,
            copied_from=copied_from,
        )
        draft = StudioDraft.objects.using(using).create(tree=tree, document=document, edited=now, edited_by=by)
        _remember(draft, Edited(document, "", ""), by)
    return tree


def is_taken(key: str) -> bool:
    """Say whether any tree, in Python or of the Studio, has this key."""
    return (
        any(tree.key == key for tree in registry.current().all())
        or StudioTree.objects.using(_using()).filter(key=key).exists()
    )


def locked(tree: StudioTree, revision: int) -> StudioDraft:
    """Return the draft of a tree, locked until the transaction ends. Raises `EditConflict`, `EditProblem`."""
    drafts = StudioDraft.objects.using(_using()).select_related("tree").select_for_update(of=("self",))
    draft = drafts.get(tree_id=tree.pk)
    if draft.revision != revision:
        raise _conflict(draft)
    if draft.tree.retired:
        raise EditProblem(_("The tree is retired. Bring it back to change it."))
    return draft


def keep(draft: StudioDraft, edited: Edited, by: Any) -> Change:
    """Store a locked draft after an edit, and remember the edit for undo. Raises `EditProblem`, `EditConflict`."""
    document = {**edited.document, "meanwhile": FORMAT, "key": draft.tree.key}
    if document == draft.document and list(document) == list(draft.document):
        return Change(draft, edited.select, edited.label)
    check_document(document)
    before = draft.position
    draft.edits.filter(position__gt=before).delete()
    last = draft.edits.filter(position=before).first()
    now = current_clock().now()
    merged = (
        last is not None
        and edited.about
        and last.about == edited.about
        and last.by_id == getattr(by, "pk", None)
        and now - last.at <= MERGED_WITHIN
    )
    position = before if merged else before + 1
    _store(draft, document, position, by)
    if merged:
        draft.edits.filter(position=position).update(document=document, revision=draft.revision, at=now)
    else:
        _remember(draft, edited, by)
    return Change(draft, edited.select, edited.label)


def _travel(tree: StudioTree, way: int, revision: int, by: Any) -> Change:
    require(by, EDIT, tree)
    with transaction.atomic(using=_using()):
        draft = locked(tree, revision)
        edits = {
            edit.position: edit for edit in draft.edits.filter(position__in=(draft.position, draft.position + way))
        }
        there = edits.get(draft.position + way)
        if there is None:
            raise EditProblem(_("There is nothing to undo.") if way < 0 else _("There is nothing to redo."))
        label = edits[draft.position].label if way < 0 else there.label
        _store(draft, there.document, there.position, by)
        return Change(draft, "", label)


def _store(draft: StudioDraft, document: dict[str, Any], position: int, by: Any) -> None:
    """Write a draft if it still is at its revision; the tree's name and event follow. Raises `EditConflict`."""
    drafts, now = StudioDraft.objects.using(_using()), current_clock().now()
    written = drafts.filter(pk=draft.pk, revision=draft.revision).update(
        document=document, revision=draft.revision + 1, position=position, edited=now, edited_by=by
    )
    if not written:
        raise _conflict(drafts.get(pk=draft.pk))
    draft.document, draft.revision, draft.position = document, draft.revision + 1, position
    draft.edited, draft.edited_by = now, by
    name, (model, event) = document.get("name"), _about(document)
    tree = draft.tree
    fitting = name if isinstance(name, str) and name.strip() and len(name) <= 200 else tree.name
    if (tree.name, tree.model, tree.event) != (fitting, model, event):
        tree.name, tree.model, tree.event = fitting, model, event
        tree.save(update_fields=["name", "model", "event"])


def _remember(draft: StudioDraft, edited: Edited, by: Any) -> None:
    StudioEdit.objects.using(_using()).create(
        draft=draft,
        position=draft.position,
        revision=draft.revision,
        document=draft.document,
        label=edited.label[:200],
        about=edited.about,
        by=by,
        at=draft.edited,
    )
    size = len(json.dumps(draft.document))
    kept = max(FEWEST_EDITS, min(MOST_EDITS, BYTES_OF_EDITS // size))
    draft.edits.filter(position__lte=draft.position - kept).delete()


def _conflict(draft: StudioDraft) -> EditConflict:
    by = draft.edited_by
    return EditConflict("" if by is None else str(by), draft.edited, draft.revision, draft.document)


def _document_of(key: str, by: Any) -> tuple[dict[str, Any], bool]:
    stored = StudioTree.objects.using(_using()).filter(key=key).first()
    if stored is not None:
        require(by, VIEW, stored)
        return dict(draft_of(stored).document), False
    tree = loading.python_tree(key)
    if tree is None:
        raise UnknownTree(key, [one.key for one in registry.current().all()])
    return tree.as_json(), True


def _about(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return the record type and the event that a document is about, as far as it says."""
    on = document.get("on")
    model, event = (on.get("model"), on.get("event")) if isinstance(on, Mapping) else ("", "")
    return (model[:200] if isinstance(model, str) else ""), (event[:20] if isinstance(event, str) else "")


def _free_key(wanted: Any, name: str) -> str:
    """Return a key that no other tree has. Raises `EditProblem` if one is asked for that is taken or no key."""
    if wanted:
        if not isinstance(wanted, str) or len(wanted) > 100 or not _is_key(wanted):
            raise EditProblem(_("A key has small letters, digits, “-” and “_”, such as “booking-received”."))
        if is_taken(wanted):
            raise EditProblem(_("Another tree has the key “%(key)s”.") % {"key": wanted})
        return wanted
    first = key_of(name)[:90].rstrip("-") or "tree"
    number, key = 1, first
    while is_taken(key):
        number += 1
        key = f"{first}-{number}"
    return key


def _is_key(text: str) -> bool:
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789")
    return set(text) <= allowed | set("-_") and text[0] in allowed


def _using() -> str:
    return conf.get().database
